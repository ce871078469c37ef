"""What buyers want on a day: how many orders each channel gets, and what is in them."""

from datetime import date
from itertools import accumulate
from math import cos, pi, sqrt
from random import Random
from typing import NamedTuple
from zlib import crc32

from tasks.demo import catalog, clock

SHARES = {"shopify": 0.45, "amazon": 0.33, "tiktok": 0.17, "wholesale": 0.05}
_WEEKDAY = (1.05, 1.0, 0.98, 1.0, 1.1, 0.95, 0.92)
_LINES = (1,) * 62 + (2,) * 25 + (3,) * 13
_QUANTITIES = (1, 1, 1, 1, 1, 2, 2, 3)
_CASES = (6, 12, 12, 18, 24)
_HOURS = (
    (6, 1), (7, 3), (8, 6), (9, 9), (10, 10), (11, 10), (12, 10), (13, 9), (14, 8), (15, 8),
    (16, 7), (17, 6), (18, 6), (19, 8), (20, 9), (21, 8), (22, 5), (23, 2), (0, 1), (1, 1),
)  # fmt: skip
_HOUR_NAMES = [hour for hour, _ in _HOURS]
_HOUR_WEIGHTS = list(accumulate(weight for _, weight in _HOURS))


class Wish(NamedTuple):
    """A basket before anybody asked the shelves; quantities in ordered units."""

    created: int
    channel: str
    basket: list[tuple[str, int]]


def day_factor(day: date) -> float:
    """Return how busy a day is compared with the average: weekday, and the weeks before Christmas."""
    busy = 1.35 if (11, 15) <= (day.month, day.day) <= (12, 20) else 1.0
    return _WEEKDAY[day.weekday()] * busy


def weight(sku: str, day: date) -> float:
    """Return a SKU's pull on a day; an intermittent one wakes up one day in nine."""
    if sku in catalog.BUNDLE_BY_SKU:
        return 3.0
    product = catalog.BY_SKU[sku]
    mark = crc32(sku[:6].encode())
    if product.pattern == "seasonal":
        peak = mark % 365
        turn = cos(2 * pi * (day.timetuple().tm_yday - peak) / 365)
        return product.weight * (1.0 + 0.9 * turn)
    if product.pattern == "intermittent":
        return product.weight * (9.0 if (day.toordinal() + mark) % 9 == 0 else 0.0)
    return product.weight


def wishes(day: date, orders_per_day: float, rng: Random) -> list[Wish]:
    """Return a day's baskets in the order of their moments."""
    wanted: list[Wish] = []
    midnight = clock.moment(day, 0)
    for channel, share in SHARES.items():
        skus = [*catalog.ASSORTMENT[channel], *catalog.BUNDLES_OF.get(channel, ())]
        pulls = list(accumulate(weight(sku, day) for sku in skus))
        mean = orders_per_day * share * day_factor(day)
        if channel == "wholesale":
            mean = mean * 7 / 5 if day.weekday() < 5 else 0.0
        for _ in range(max(0, round(rng.gauss(mean, sqrt(mean) * 0.8)))):
            hour = rng.choices(_HOUR_NAMES, cum_weights=_HOUR_WEIGHTS)[0]
            if channel == "wholesale":
                hour = 8 + hour % 9
            created = midnight + hour * clock.HOUR + rng.randrange(clock.HOUR)
            wanted.append(Wish(created, channel, _basket(channel, skus, pulls, rng)))
    wanted.sort()
    return wanted


def _basket(
    channel: str, skus: list[str], pulls: list[float], rng: Random
) -> list[tuple[str, int]]:
    if channel == "wholesale":
        chosen = dict.fromkeys(rng.choices(skus, cum_weights=pulls, k=rng.randint(3, 7)))
        return [(sku, rng.choice(_CASES)) for sku in chosen]
    chosen = dict.fromkeys(rng.choices(skus, cum_weights=pulls, k=rng.choice(_LINES)))
    return [
        (sku, rng.choice(_QUANTITIES) * (rng.randint(2, 4) if _is_lumpy(sku) else 1))
        for sku in chosen
    ]


def _is_lumpy(sku: str) -> bool:
    return sku in catalog.BY_SKU and catalog.BY_SKU[sku].pattern == "intermittent"


def expected_daily_units(day: date, orders_per_day: float) -> dict[tuple[str, str], float]:
    """Return a first guess of each place's daily units, from which the buyers learn onwards."""
    daily: dict[tuple[str, str], float] = {
        (product.sku, location): 0.0
        for product in catalog.PRODUCTS
        for location in product.locations
    }
    for channel, share in SHARES.items():
        lines, units = (4.6, 14.4) if channel == "wholesale" else (1.45, 1.5)
        skus = catalog.ASSORTMENT[channel]
        total = sum(weight(sku, day) for sku in skus) or 1.0
        for sku in skus:
            rate = orders_per_day * share * lines * units * weight(sku, day) / total
            for location, part in _split(channel, catalog.BY_SKU[sku]).items():
                daily[sku, location] += rate * part
    return daily


def _split(channel: str, product: catalog.Product) -> dict[str, float]:
    homes = product.locations
    if catalog.MAIN not in homes:
        return {homes[0]: 1.0}
    if channel == "amazon" and catalog.FBA in homes:
        return {catalog.FBA: 0.6, catalog.MAIN: 0.4}
    if channel == "tiktok" and catalog.EAST in homes:
        return {catalog.EAST: 0.7, catalog.MAIN: 0.3}
    return {catalog.MAIN: 1.0}
