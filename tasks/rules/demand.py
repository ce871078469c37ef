"""What a SKU sells: the rate on days it could sell, its pattern, and rates for rare demand.

Series are daily units of closed days, oldest first: today is never in them.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import accumulate, compress
from statistics import fmean, median, pvariance

import numpy as np

# Cut-offs of Syntetos, Boylan & Croston, "On the categorization of demand patterns", Journal of
# the Operational Research Society 56 (2005), 495-503.
ADI_CUTOFF = 1.32
CV2_CUTOFF = 0.49


class Pattern(StrEnum):
    """How demand comes: often or seldom, in like or unlike amounts."""

    SMOOTH = "smooth"
    ERRATIC = "erratic"
    INTERMITTENT = "intermittent"
    LUMPY = "lumpy"


@dataclass(frozen=True)
class Spike:
    """A day whose units are no guide to the next: `units` were sold, `counted` are counted."""

    day: int
    units: int
    counted: int


def velocity(daily: Sequence[int], in_stock: Sequence[bool | None]) -> float | None:
    """Return units of the known days ÷ known in-stock days; None without an in-stock day.

    A day whose stock is unknown (None) is on neither side. What sold on a day that closed without
    stock counts: the last unit was sold that day, and the truth of the real shop counts it too.
    """
    days = in_stock.count(True)
    units = sum(compress(daily, (stocked is not None for stocked in in_stock)))
    return units / days if days else None


def in_stock_series(daily: Sequence[int], in_stock: Sequence[bool | None]) -> tuple[int, ...]:
    """Return the units of the days on which the SKU is known to have been in stock."""
    return tuple(compress(daily, in_stock))


def cap_spikes(
    daily: Sequence[int], sds: float, share: float, multiple: float = 5.0
) -> tuple[tuple[int, ...], tuple[Spike, ...]]:
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
    selling = sorted((units for units in daily if units > 0), reverse=True)
    remaining, limits = sum(selling), dict[int, int]()
    for units in selling:
        limit = _spike_limit(selling, units, sds, multiple)
        if limit is None or units <= limit or units <= share * remaining:
            break
        limits[units] = limit
        remaining -= units
    if not limits:
        return tuple(daily), ()
    spikes = tuple(
        Spike(day, units, limits[units]) for day, units in enumerate(daily) if units in limits
    )
    if len(spikes) > max(2, len(selling) / 10):
        return tuple(daily), ()
    counted = {spike.day: spike.counted for spike in spikes}
    return tuple(counted.get(day, units) for day, units in enumerate(daily)), spikes


def _spike_limit(selling: Sequence[int], units: int, sds: float, multiple: float) -> int | None:
    """Return what the days that sold, but for one of `units`, allow; None with fewer than two."""
    others = list(selling)
    others.remove(units)
    if len(others) < 2:
        return None
    middle = median(others)
    deviation = 1.4826 * median(abs(other - middle) for other in others)
    return math.ceil(max(multiple * middle, middle + sds * deviation))


def deviation(values: Sequence[int], given_up: int = 0) -> float:
    """Return the standard deviation of whole numbers; `given_up` degrees of freedom, 1 of a sample.

    In whole numbers up to the last division, as exact as `statistics.stdev` and many times as fast.
    """
    n, total = len(values), sum(values)
    squares = n * sum(value * value for value in values) - total * total
    return math.sqrt(squares / (n * (n - given_up)))


def average_interval(daily: Sequence[int]) -> float | None:
    """Return ADI, days per day with demand; None without demand."""
    selling = sum(units > 0 for units in daily)
    return len(daily) / selling if selling else None


def squared_cv(daily: Sequence[int]) -> float | None:
    """Return CV², population variance ÷ mean² of the demand that came; None without demand."""
    selling = [units for units in daily if units > 0]
    return pvariance(selling) / fmean(selling) ** 2 if selling else None


def pattern(daily: Sequence[int]) -> Pattern | None:
    """Return the class of a series by ADI 1.32 and CV² 0.49; None without demand."""
    interval, spread = average_interval(daily), squared_cv(daily)
    if interval is None or spread is None:
        return None
    if interval > ADI_CUTOFF:
        return Pattern.LUMPY if spread > CV2_CUTOFF else Pattern.INTERMITTENT
    return Pattern.ERRATIC if spread > CV2_CUTOFF else Pattern.SMOOTH


def smoothed(values: Sequence[float], alpha: float) -> float:
    """Return simple exponential smoothing of `values` after the last, started at the first."""
    level = values[0]
    for value in values:
        level += alpha * (value - level)
    return level


def croston(daily: Sequence[int], alpha: float = 0.1) -> float | None:
    """Return Croston's rate, smoothed size ÷ smoothed interval, units per day; None without a sale.

    Source: J. D. Croston, "Forecasting and stock control for intermittent demands",
    Operational Research Quarterly 23 (1972), 289-303.
    """
    selling = [day for day, units in enumerate(daily) if units > 0]
    if not selling:
        return None
    intervals = [day - before for before, day in zip([-1, *selling], selling, strict=False)]
    return smoothed([daily[day] for day in selling], alpha) / smoothed(intervals, alpha)


def sba(daily: Sequence[int], alpha: float = 0.1) -> float | None:
    """Return the Syntetos-Boylan rate, units per day: Croston's × (1 − α/2), without its bias.

    Source: A. A. Syntetos, J. E. Boylan, "The accuracy of intermittent demand estimates",
    International Journal of Forecasting 21 (2005), 303-314.
    """
    rate = croston(daily, alpha)
    return None if rate is None else rate * (1 - alpha / 2)


def tsb(daily: Sequence[int], alpha: float = 0.1, beta: float = 0.1) -> float | None:
    """Return the Teunter-Syntetos-Babai rate, units per day; it falls while nothing sells.

    Smoothed size (α, updated by sales) × smoothed probability of a sale (β, every day).
    Source: R. H. Teunter, A. A. Syntetos, M. Z. Babai, "Intermittent demand: linking forecasting
    to inventory obsolescence", European Journal of Operational Research 214 (2011), 606-615.
    """
    sizes = [units for units in daily if units > 0]
    if not sizes:
        return None
    return smoothed(sizes, alpha) * smoothed([float(units > 0) for units in daily], beta)


def rolling_quantile(daily: Sequence[int], window_days: int, level: float) -> int | None:
    """Return the smallest observed sum of `window_days` days that covers `level` of all of them.

    The inverse of the empirical distribution, so always a demand that happened and never one
    between two; None where the series is shorter than the window.
    """
    run = [0, *accumulate(daily)]
    sums = sorted(after - before for before, after in zip(run, run[window_days:], strict=False))
    return sums[max(math.ceil(level * len(sums)) - 1, 0)] if sums else None


def demand_quantile(daily: Sequence[int], spans: Sequence[int], level: float) -> int | None:
    """Return the fewest units that cover the demand of a period with probability `level`.

    The period is as long as one of `spans` (days), each as likely; its days are drawn from `daily`
    with replacement. That is the bootstrap over receipts and demand, taken to its limit: the
    distribution itself and no draws, so that the same data give the same figure without a seed.
    None without a day. Source of the method: S. Bookbinder, A. Lordahl, "Estimation of inventory
    re-order levels using the bootstrap statistical procedure", IIE Transactions 21 (1989), 302-312.
    """
    if not daily or not spans:
        return None
    chances = np.bincount(np.asarray(daily, dtype=np.int64)) / len(daily)
    size = max(spans) * max(len(chances) - 1, 0) + 1
    wave = np.fft.rfft(chances, 1 << (size - 1).bit_length())  # a power of two is fast
    mixed = sum(wave**span * count for span, count in Counter(spans).items()) / len(spans)
    covered = np.cumsum(np.fft.irfft(mixed)) if size > 1 else np.ones(1)
    return int(np.searchsorted(covered, min(level, 1.0) - 1e-9))
