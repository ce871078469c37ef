"""The rate that a plan counts on: a SKU's own, unless it dies out, is new, or has a season.

Series are daily units of closed days, oldest first; rates are units a day.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from statistics import fmean, median

import numpy as np

from tasks.rules.classes import Abc
from tasks.rules.columns import Columns, Flags, Floats, Ints, Objects, Series, objects, ratio
from tasks.rules.demand import tsb, velocity
from tasks.rules.skus import Skus

# A run of days without a sale says that demand dies out where it is two whole weeks at least, so
# that no weekday is to blame, and where it would come by chance less often than once in a hundred.
QUIET_DAYS = 14
QUIET_CHANCE = 0.01
YEAR = 12
SEASONAL_UNITS = 10  # a month; fewer are chance and no season


@dataclass(frozen=True)
class Rate(Columns):
    """Units a day, NaN where unknown, and why they are not simply what the SKU sold a day.

    `is_own`: how the SKU sold from day to day says how it will; else nothing but the rate does.
    """

    per_day: Floats
    is_own: Flags
    why: Objects


def rate_of(skus: Skus, series: Series, own: Floats) -> Rate:
    """Return the rate of SKUs that sold `series` on the days that count, `own` a day."""
    per_day, why = own.copy(), objects([""] * len(skus))
    is_stated, quiet = ~np.isnan(skus.stated_rate), dying_days(series)
    is_new = ~np.isnan(skus.peer_rate) & ~is_stated
    per_day[is_stated] = skus.stated_rate[is_stated]
    why[is_stated] = "A person states the rate."
    per_day[is_new] = skus.peer_rate[is_new]
    why[is_new] = [f"It is new: {peer} counts." for peer in skus.peer[is_new]]
    dies = (quiet > 0) & ~is_new & ~is_stated
    per_day[dies] = tsb(series[dies])
    why[dies] = [
        f"No sale on the last {days} days in stock, too many to be chance: its demand dies out (TSB)."
        for days in quiet[dies].tolist()
    ]
    return Rate(per_day, ~(is_stated | is_new | dies), why)


def dying_days(series: Series) -> Ints:
    """Return the days without a sale at the end, where they show that demand dies out; else 0.

    With the share p of the days before them that sold, such a run comes by chance (1 − p)^days.
    """
    places = np.arange(1, series.units.shape[1] + 1)
    before = np.where(series.units > 0, places, 0).max(axis=1, initial=0)
    quiet = series.days - before
    chance = (1 - ratio(series.selling_days, before)) ** quiet
    return np.where((quiet >= QUIET_DAYS) & (chance < QUIET_CHANCE), quiet, 0)


def with_peers(skus: Skus, siblings: Mapping[str, str]) -> Skus:
    """Return the SKUs; a new one with the rate of its sibling, or else the middle rate of its class.

    `siblings` names for a SKU one like it; each is looked up in the pool it is in. What sold before
    its stock was known is not new, nor is anything in a shop whose stock is not known for long.
    """
    names = set(skus.sku[is_new(skus)].tolist())
    if not names:
        return skus
    new = np.array([sku in names for sku in skus.sku], dtype=bool)
    rates: dict[tuple[str, str], float] = {}
    by_class: dict[tuple[Abc, str], list[float]] = {}
    velocities = velocity(skus.daily, skus.in_stock)
    for row in np.flatnonzero(~new & ~np.isnan(velocities)).tolist():
        rates[skus.sku[row], skus.pool[row]] = velocities[row]
        by_class.setdefault((skus.abc[row] or Abc.C, skus.pool[row]), []).append(velocities[row])
    rate, peer, named = skus.peer_rate.copy(), skus.peer.copy(), skus.is_peer_named.copy()
    for row in np.flatnonzero(new).tolist():
        like, abc, pool = siblings.get(skus.sku[row], ""), skus.abc[row] or Abc.C, skus.pool[row]
        if (like, pool) in rates:
            rate[row], peer[row], named[row] = rates[like, pool], f"the rate of {like}", True
        elif (abc, pool) in by_class:
            rate[row] = median(by_class[abc, pool])
            peer[row] = f"the middle rate of class {abc}"
    return replace(skus, peer_rate=rate, peer=peer, is_peer_named=named)


def is_new(skus: Skus) -> Flags:
    """Return which SKUs have fewer days than a rate needs, though the shop's stock is known for more."""
    least, known_days = skus.thresholds.min_in_stock_days, skus.since(skus.known_since)
    if not len(skus) or not np.nanmax(known_days, initial=0) >= least:
        return np.zeros(len(skus), dtype=bool)
    is_short = known_days < least
    before = np.maximum(skus.daily.days - np.where(is_short, known_days, 0), 0).astype(np.int64)
    sold_before = np.take_along_axis(skus.daily.running, before[:, None], axis=1)[:, 0]
    return np.asarray(is_short & (sold_before == 0))


def with_seasons(skus: Skus, months: Mapping[str, Sequence[int]]) -> Skus:
    """Return the SKUs with what the coming days sell ÷ what the window sold, by the time of the year.

    `months` are the units of a SKU's complete months, oldest first, to the one before `as_of`. What
    is ordered now is for lead time, review period and cover: these days are the coming ones. The rate
    that a person states is of these days already.
    """
    factor = skus.season_factor.copy()
    coming = np.nan_to_num(skus.lead_time_days) + skus.review_days + skus.cover_days
    first_day = skus.first_day
    has_months = np.array([sku in months for sku in skus.sku], dtype=bool)
    for row in np.flatnonzero(has_months & np.isnan(skus.stated_rate)).tolist():
        as_of = skus.as_of[row]
        if index := month_index(months[skus.sku[row]], as_of.item()):
            ahead = _months(as_of, max(round(coming[row]), 1))
            factor[row] = season(index, ahead, _months(first_day[row], skus.daily.days[row]))
    return replace(skus, season_factor=factor)


def season(index: Mapping[int, float], coming: Ints, known: Ints) -> float:
    """Return the mean index of the days that an order of today is for ÷ that of the window's days.

    Of each of these days its month, 1 to 12.
    """
    by_month = np.array([index[month] for month in range(1, YEAR + 1)])
    window = by_month[known - 1].sum()
    return float(by_month[coming - 1].mean() / (window / len(known))) if window else 1.0


def _months(first: np.datetime64, days: int) -> Ints:
    """Return the month of each of so many days from `first` on."""
    months = (first + np.arange(days)).astype("datetime64[M]").astype(np.int64)
    return np.asarray(months % YEAR + 1)


def month_index(months: Sequence[int], as_of: date) -> dict[int, float] | None:
    """Return the index of each month of the year, 1 on average; None without two whole years.

    `months` end with the one before that of `as_of`. Each ÷ the centred average of the twelve about
    it, the mean over its years, scaled to a mean of 1. None too where such an average is below ten
    units a month: chance, no season. Source: the ratio-to-moving-average method, as in
    S. Makridakis, S. Wheelwright, R. Hyndman, "Forecasting: Methods and Applications", chapter
    "Time series decomposition".
    """
    if len(months) < 2 * YEAR:
        return None
    ratios: dict[int, list[float]] = {}
    for at in range(YEAR // 2, len(months) - YEAR // 2):
        ends = (months[at - YEAR // 2] + months[at + YEAR // 2]) / 2
        around = (ends + sum(months[at - YEAR // 2 + 1 : at + YEAR // 2])) / YEAR
        if around < SEASONAL_UNITS:
            return None
        month = (as_of.month - 1 - (len(months) - at)) % YEAR + 1
        ratios.setdefault(month, []).append(months[at] / around)
    means = {month: fmean(those) for month, those in ratios.items()}
    scale = fmean(means.values())
    return {month: mean / scale for month, mean in means.items()}
