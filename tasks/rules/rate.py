"""The rate that a plan counts on: a SKU's own, unless it dies out, is new, or has a season.

Series are daily units of closed days, oldest first; rates are units a day.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import takewhile
from statistics import fmean, median

from tasks.rules.classes import Abc
from tasks.rules.demand import tsb, velocity
from tasks.rules.reorder_action import ReorderInput

# A run of days without a sale says that demand dies out where it is two whole weeks at least, so
# that no weekday is to blame, and where it would come by chance less often than once in a hundred.
QUIET_DAYS = 14
QUIET_CHANCE = 0.01
YEAR = 12
SEASONAL_UNITS = 10  # a month; fewer are chance and no season


@dataclass(frozen=True)
class Rate:
    """Units a day, and why they are not simply what the SKU sold a day.

    `is_own`: how the SKU sold from day to day says how it will; else nothing but the rate does.
    """

    per_day: float | None
    is_own: bool = True
    why: str = ""


def rate_of(sku: ReorderInput, series: Sequence[int], own: float | None) -> Rate:
    """Return the rate of a SKU that sold `series` on the days that count, `own` a day."""
    if sku.stated_rate is not None:
        return Rate(sku.stated_rate, is_own=False, why="A person states the rate.")
    if sku.peer_rate is not None:
        return Rate(sku.peer_rate, is_own=False, why=f"It is new: {sku.peer} counts.")
    if quiet := dying_days(series):
        dying = tsb(series) or 0.0
        why = (
            f"No sale on the last {quiet} days in stock, too many to be chance: its demand dies out"
            " (TSB)."
        )
        return Rate(dying, is_own=False, why=why)
    return Rate(own)


def dying_days(series: Sequence[int]) -> int:
    """Return the days without a sale at the end, where they show that demand dies out; else 0.

    With the share p of the days before them that sold, such a run comes by chance (1 − p)^days.
    """
    quiet = sum(1 for _ in takewhile(lambda units: not units, reversed(series)))
    before = len(series) - quiet
    if quiet < QUIET_DAYS or not before:
        return 0
    selling = sum(units > 0 for units in series[:before]) / before
    return quiet if (1 - selling) ** quiet < QUIET_CHANCE else 0


def with_peers(inputs: Sequence[ReorderInput], siblings: Mapping[str, str]) -> list[ReorderInput]:
    """Return the SKUs; a new one with the rate of its sibling, or else the middle rate of its class.

    `siblings` names for a SKU one like it; each is looked up in the pool it is in. What sold before
    its stock was known is not new, nor is anything in a shop whose stock is not known for long.
    """
    since = min((sku.known_since for sku in inputs if sku.known_since), default=None)
    new = {sku.sku for sku in inputs if since and is_new(sku, since)}
    if not new:
        return list(inputs)
    rates: dict[tuple[str, str], float] = {}
    by_class: dict[tuple[Abc, str], list[float]] = {}
    for sku in inputs:
        rate = velocity(sku.daily, sku.in_stock)
        if sku.sku not in new and rate is not None:
            rates[sku.sku, sku.pool] = rate
            by_class.setdefault((sku.abc or Abc.C, sku.pool), []).append(rate)
    found = []
    for sku in inputs:
        like, abc = siblings.get(sku.sku, ""), sku.abc or Abc.C
        if sku.sku in new and (like, sku.pool) in rates:
            rate = rates[like, sku.pool]
            sku = replace(sku, peer_rate=rate, peer=f"the rate of {like}", is_peer_named=True)
        elif sku.sku in new and (abc, sku.pool) in by_class:
            middle = median(by_class[abc, sku.pool])
            sku = replace(sku, peer_rate=middle, peer=f"the middle rate of class {abc}")
        found.append(sku)
    return found


def is_new(sku: ReorderInput, since: date) -> bool:
    """Return whether a SKU has fewer days than a rate needs, though the shop, known `since`, has."""
    least = sku.thresholds.min_in_stock_days
    if sku.known_since is None or (sku.as_of - since).days < least:
        return False
    days = (sku.as_of - sku.known_since).days
    return days < least and not any(sku.daily[: max(len(sku.daily) - days, 0)])


def with_seasons(
    inputs: Sequence[ReorderInput], months: Mapping[str, Sequence[int]]
) -> list[ReorderInput]:
    """Return the SKUs with what the coming days sell ÷ what the window sold, by the time of the year.

    `months` are the units of a SKU's complete months, oldest first, to the one before `as_of`. What
    is ordered now is for lead time, review period and cover: these days are the coming ones. The rate
    that a person states is of these days already.
    """
    return [
        replace(sku, season_factor=season(index, sku)) if index and sku.stated_rate is None else sku
        for sku in inputs
        for index in [month_index(months.get(sku.sku, ()), sku.as_of)]
    ]


def season(index: Mapping[int, float], sku: ReorderInput) -> float:
    """Return the mean index of the days that an order of today is for ÷ that of the window's days."""
    days = max(round((sku.lead_time_days or 0) + sku.review_days + sku.cover_days), 1)
    coming = fmean(index[(sku.as_of + timedelta(days=day)).month] for day in range(days))
    known = [index[(sku.first_day + timedelta(days=day)).month] for day in range(len(sku.daily))]
    return coming / fmean(known) if known and any(known) else 1.0


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
