"""5,000 invented worlds for the plan.

A world is one SKU in one to three pools: demand that is steady, random, seldom, lumpy or dying out,
known or unknown stock, days without stock, orders on their way, terms of the supplier. The seeds are
fixed, so a failure names a world that can be looked at.
"""

import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from tasks.rules.classes import Abc
from tasks.rules.reorder_pools import POOLS
from tasks.rules.skus import Receipt
from tests.rules.rows import ReorderInput

TODAY = date(2026, 11, 22)
WORLDS = 5_000
LEVELS = [Decimal(level) for level in ("0.80", "0.90", "0.95", "0.98", "0.995")]


def demand(rng: Random, days: int) -> list[int]:
    """Return units of each day, of one of the ways in which a SKU sells."""
    mean = rng.choice([0.02, 0.1, 0.4, 1, 3, 8, 25])
    match rng.choice(["steady", "random", "seldom", "lumpy", "dying", "none"]):
        case "steady":
            return [round(mean)] * days
        case "random":
            return [max(round(rng.gauss(mean, math.sqrt(mean))), 0) for _ in range(days)]
        case "seldom":
            return [rng.randint(1, 4) if rng.random() < 0.1 else 0 for _ in range(days)]
        case "lumpy":
            return [rng.choice([5, 20, 60]) if rng.random() < 0.05 else 0 for _ in range(days)]
        case "dying":
            return [round(mean * (1 - day / days)) for day in range(days)]
    return [0] * days


def pool_of(rng: Random, name: str, terms: ReorderInput, usual_share: float) -> ReorderInput:
    days = rng.choice([20, 60, 90, 90, 90])
    daily = demand(rng, days)
    known = rng.random() < usual_share
    out = rng.choice([0.0, 0.0, 0.1, 0.6])
    stock = [None if not known and rng.random() < 0.7 else rng.random() >= out for _ in range(days)]
    units = rng.choice([0, 0, 3, 20, 80, 400, 3000])
    counted = rng.random() < 0.95
    lead = terms.lead_time_days or 10
    return replace(
        terms,
        pool=name,
        daily=daily,
        in_stock=stock,
        on_hand=units if counted else None,
        available=units - rng.choice([0, 0, 0, 5]) if counted else None,
        is_stale=rng.random() < 0.05,
        on_order=[
            Receipt(TODAY + timedelta(days=rng.randint(1, max(int(lead), 1))), rng.randint(1, 200))
            for _ in range(rng.choice([0, 0, 0, 1, 2]))
        ],
    )


def world(seed: int) -> list[ReorderInput]:
    """Return the pools of one SKU."""
    rng = Random(seed)
    terms = ReorderInput(
        sku=f"SKU-{seed}",
        as_of=TODAY,
        daily=(),
        in_stock=(),
        on_hand=None,
        available=None,
        lead_time_days=rng.choice([None, 2.0, 7.0, 14.0, 30.0, 60.0]) if seed % 10 else None,
        lead_time_sd=rng.choice([0.0, 0.0, 2.0, 6.0]),
        review_days=rng.choice([1, 1, 7]),
        cover_days=rng.choice([0, 14, 30]),
        service_level=rng.choice(LEVELS),
        moq=rng.choice([0, 0, 12, 100]),
        case_pack=rng.choice([1, 1, 6, 24]),
        unit_cost=rng.choice([None, Decimal("2.50")]),
        last_sale=TODAY - timedelta(days=rng.choice([1, 5, 40, 400])),
        known_since=TODAY - timedelta(days=rng.choice([90, 400])),
        abc=rng.choice(list(Abc)),
        emergency_units=rng.choice([0, 0, 0, 15]),
    )
    names = sorted(rng.sample(POOLS, rng.choice([1, 1, 2, 2, 3])), key=POOLS.index)
    return [pool_of(rng, name, terms, 0.9) for name in names]


def worlds() -> Iterator[tuple[int, list[ReorderInput]]]:
    for seed in range(WORLDS):
        yield seed, world(seed)
