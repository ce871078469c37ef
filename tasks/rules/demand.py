"""What a SKU sells: the rate on days it could sell, its pattern, and rates for rare demand.

Each function takes the series of many SKUs, daily units of closed days, oldest first: today is never
in them. What cannot be said of a series is NaN.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from tasks.rules.columns import Columns, Flags, Floats, Ints, Objects, Series, objects, ratio

# Cut-offs of Syntetos, Boylan & Croston, "On the categorization of demand patterns", Journal of
# the Operational Research Society 56 (2005), 495-503.
ADI_CUTOFF = 1.32
CV2_CUTOFF = 0.49
AT_ONCE = 1 << 19  # numbers that are transformed at once: a few MB
Waves: TypeAlias = NDArray[np.complex128]


class Pattern(StrEnum):
    """How demand comes: often or seldom, in like or unlike amounts."""

    SMOOTH = "smooth"
    ERRATIC = "erratic"
    INTERMITTENT = "intermittent"
    LUMPY = "lumpy"


@dataclass(frozen=True)
class Spikes(Columns):
    """Days whose units are no guide to the next: of which row, `units` were sold, `counted` are counted."""

    row: Ints
    day: Ints
    units: Ints
    counted: Ints


def velocity(daily: Series, in_stock: Ints) -> Floats:
    """Return units of the known days ÷ known in-stock days; NaN without an in-stock day.

    `in_stock` says of each day whether it could sell: 1, 0, or −1 where its stock is unknown; such a
    day is on neither side. What sold on a day that closed without stock counts: the last unit was
    sold that day, and the truth of the real shop counts it too.
    """
    units = daily.units.sum(axis=1, where=in_stock >= 0)
    return ratio(units, np.count_nonzero(in_stock == 1, axis=1))


def cap_spikes(
    daily: Series, sds: float, share: float, multiple: float = 5.0
) -> tuple[Series, Spikes]:
    """Return the series with one-off bulk orders capped, and what was capped.

    Each day that sold is held to the other days that sold, so that a spike cannot hide in its own
    mean: it is one above `multiple` × their median, above their median + `sds` robust deviations
    (1.4826 × the median absolute deviation), and above `share` of what it and all smaller days
    sold; at one half that is more than all of them together. It counts as the larger of the first
    two limits, rounded up. Two other days are enough; what comes on more than a tenth of the days
    that sold, and more than twice, is no one-off. Source of the robust deviation: P. J. Rousseeuw,
    C. Croux, "Alternatives to the median absolute deviation", Journal of the American Statistical
    Association 88 (1993), 1273-1283.
    """
    counted, selling = daily.units.copy(), daily.selling_days
    remaining = daily.totals
    rows = np.flatnonzero(
        (selling > 2) & (daily.units.max(axis=1, initial=0) > share * remaining)
    )  # else the largest day is no spike, and so none is
    sorted_days = -np.sort(-daily.units[rows], axis=1)
    left = remaining[rows]
    for place in range(daily.units.shape[1]):
        units = sorted_days[:, place]
        limit = _spike_limits(sorted_days, selling[rows], place, sds, multiple)
        found = (units > limit) & (units > share * left) & (place < selling[rows])
        if not found.any():
            break
        rows, sorted_days, units, limit = (
            rows[found],
            sorted_days[found],
            units[found],
            limit[found],
        )
        left = left[found] - units
        counted[rows] = np.where(daily.units[rows] == units[:, None], limit[:, None], counted[rows])
    row, day = np.nonzero(counted != daily.units)
    is_usual = np.bincount(row, minlength=len(daily)) > np.maximum(2, selling / 10)
    counted[is_usual] = daily.units[is_usual]
    row, day = row[~is_usual[row]], day[~is_usual[row]]
    spikes = Spikes(row, day, daily.units[row, day], counted[row, day])
    return Series(counted, daily.days), spikes


def _spike_limits(
    sorted_days: Ints, selling: Ints, place: int, sds: float, multiple: float
) -> Ints:
    """Return what the days that sold, but for the one at `place` of the largest, allow."""
    others = np.delete(sorted_days, place, axis=1).astype(np.float64)
    others[np.arange(others.shape[1]) >= selling[:, None] - 1] = np.nan
    middle = _medians(others, selling - 1)
    deviation = 1.4826 * _medians(np.sort(np.abs(others - middle[:, None]), axis=1), selling - 1)
    return np.ceil(np.maximum(multiple * middle, middle + sds * deviation)).astype(np.int64)


def _medians(ordered: Floats, count: Ints) -> Floats:
    """Return the median of the first `count` of each row, which is in order."""
    low, high = (
        np.take_along_axis(ordered, at[:, None], 1) for at in ((count - 1) // 2, count // 2)
    )
    return np.asarray(((low + high) / 2)[:, 0])


def deviation(values: Series, given_up: int = 0) -> Floats:
    """Return the standard deviation of whole numbers; `given_up` degrees of freedom, 1 of a sample.

    In whole numbers up to the last division, so exact. NaN without a degree left.
    """
    n, total = values.days, values.totals
    squares = n * np.einsum("ij,ij->i", values.units, values.units) - total * total
    return np.sqrt(ratio(squares, np.maximum(n * (n - given_up), 0)))


def average_interval(daily: Series) -> Floats:
    """Return ADI, days per day with demand; NaN without demand."""
    return ratio(daily.days, daily.selling_days)


def squared_cv(daily: Series) -> Floats:
    """Return CV², population variance ÷ mean² of the demand that came; NaN without demand."""
    selling = daily.kept(daily.units > 0)
    return deviation(selling) ** 2 / ratio(selling.totals, selling.days) ** 2


def pattern(daily: Series) -> Objects:
    """Return the class of each series by ADI 1.32 and CV² 0.49; None without demand."""
    seldom, uneven = average_interval(daily) > ADI_CUTOFF, squared_cv(daily) > CV2_CUTOFF
    kinds = objects([Pattern.SMOOTH, Pattern.ERRATIC, Pattern.INTERMITTENT, Pattern.LUMPY, None])
    return np.asarray(kinds[np.where(daily.selling_days > 0, 2 * seldom + uneven, 4)])


def smoothed(values: Floats, counts: Flags, alpha: float) -> Floats:
    """Return simple exponential smoothing of the values that count, started at the first of each row."""
    level = np.full(len(values), np.nan)
    for value, does_count in zip(
        np.ascontiguousarray(values.T), np.ascontiguousarray(counts.T), strict=True
    ):
        risen = np.where(np.isnan(level), value, level + alpha * (value - level))
        level = np.where(does_count, risen, level)
    return level


def croston(daily: Series, alpha: float = 0.1) -> Floats:
    """Return Croston's rate, smoothed size ÷ smoothed interval, units per day; NaN without a sale.

    Source: J. D. Croston, "Forecasting and stock control for intermittent demands",
    Operational Research Quarterly 23 (1972), 289-303.
    """
    sold = daily.units > 0
    place = np.arange(1, daily.units.shape[1] + 1)
    last = np.maximum.accumulate(np.where(sold, place, 0), axis=1)
    before = np.zeros_like(last)
    before[:, 1:] = last[:, :-1]
    sizes = smoothed(daily.units.astype(np.float64), sold, alpha)
    return sizes / smoothed((place - before).astype(np.float64), sold, alpha)


def sba(daily: Series, alpha: float = 0.1) -> Floats:
    """Return the Syntetos-Boylan rate, units per day: Croston's × (1 − α/2), without its bias.

    Source: A. A. Syntetos, J. E. Boylan, "The accuracy of intermittent demand estimates",
    International Journal of Forecasting 21 (2005), 303-314.
    """
    return croston(daily, alpha) * (1 - alpha / 2)


def tsb(daily: Series, alpha: float = 0.1, beta: float = 0.1) -> Floats:
    """Return the Teunter-Syntetos-Babai rate, units per day; it falls while nothing sells.

    Smoothed size (α, updated by sales) × smoothed probability of a sale (β, every day).
    Source: R. H. Teunter, A. A. Syntetos, M. Z. Babai, "Intermittent demand: linking forecasting
    to inventory obsolescence", European Journal of Operational Research 214 (2011), 606-615.
    """
    sold = daily.units > 0
    is_day = np.arange(daily.units.shape[1]) < daily.days[:, None]
    sizes = smoothed(daily.units.astype(np.float64), sold, alpha)
    return sizes * smoothed(sold.astype(np.float64), is_day, beta)


def rolling_quantile(daily: Series, window_days: Ints, level: Floats) -> Floats:
    """Return the smallest observed sum of `window_days` days that covers `level` of all of them.

    The inverse of the empirical distribution, so always a demand that happened and never one
    between two; NaN where the series is shorter than the window.
    """
    found, running = np.full(len(daily), np.nan), daily.running
    for window in np.unique(window_days[window_days <= daily.days]).tolist():
        rows = np.flatnonzero((window_days == window) & (window <= daily.days))
        count = daily.days[rows] - window + 1
        sums = running[rows, window:] - running[rows, : running.shape[1] - window]
        sums[np.arange(sums.shape[1]) >= count[:, None]] = np.iinfo(np.int64).max
        sums.sort(axis=1)
        at = np.maximum(np.ceil(level[rows] * count).astype(np.int64) - 1, 0)
        found[rows] = np.take_along_axis(sums, at[:, None], axis=1)[:, 0]
    return found


def demand_quantile(daily: Series, spans: Objects, level: Floats) -> Floats:
    """Return the fewest units that cover the demand of a period with probability `level`.

    The period is as long as one of a row's `spans` (days), each as likely; its days are drawn from
    `daily` with replacement. That is the bootstrap over receipts and demand, taken to its limit: the
    distribution itself and no draws, so that the same data give the same figure without a seed.
    NaN without a day. Source of the method: S. Bookbinder, A. Lordahl, "Estimation of inventory
    re-order levels using the bootstrap statistical procedure", IIE Transactions 21 (1989), 302-312.
    """
    found = np.where(daily.days > 0, 0.0, np.nan)
    largest = daily.units.max(axis=1, initial=0)
    longest = np.array([max(each) for each in spans.tolist()], dtype=np.int64)
    sizes = 1 << np.ceil(np.log2(longest * largest + 1)).astype(np.int64)  # a power of two is fast
    groups: dict[tuple[tuple[int, ...], int], list[int]] = {}
    for row in np.flatnonzero(longest * largest > 0).tolist():
        groups.setdefault((spans[row], int(sizes[row])), []).append(row)
    for (those, size), listed in groups.items():
        at_once = max(AT_ONCE // size, 1)
        for start in range(0, len(listed), at_once):
            rows = np.array(listed[start : start + at_once])
            found[rows] = _drawn(daily[rows], those, size, level[rows])
    return found


def _drawn(daily: Series, spans: Sequence[int], size: int, level: Floats) -> Floats:
    """Return the quantiles of rows with the same spans, whose sums are all below `size` units."""
    is_day = np.arange(daily.units.shape[1]) < daily.days[:, None]
    place = (daily.units + size * np.arange(len(daily))[:, None])[is_day]
    chances = np.bincount(place, minlength=size * len(daily)).reshape(len(daily), size)
    wave = np.fft.rfft(chances / daily.days[:, None], axis=1)
    mixed = sum(_power(wave, span) * count for span, count in Counter(spans).items()) / len(spans)
    covered = np.cumsum(np.fft.irfft(mixed, size, axis=1), axis=1)
    found: Floats = np.argmax(covered >= np.minimum(level, 1.0)[:, None] - 1e-9, axis=1).astype(
        np.float64
    )
    return found


def _power(base: Waves, exponent: int) -> Waves:
    """Return base to a whole power, by squaring."""
    result = np.ones_like(base)
    while exponent:
        if exponent & 1:
            result = result * base
        base, exponent = base * base, exponent >> 1
    return result
