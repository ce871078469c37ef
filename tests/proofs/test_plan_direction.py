"""In 5,000 invented worlds more service, more demand or a longer lead time never lowers a reorder point."""

from dataclasses import replace

from tests.proofs.plan_worlds import LEVELS, worlds
from tests.rules.rows import plan_rows

POOLS = [(seed, pool) for seed, pools in worlds() for pool in pools]


def test_more_service_never_lowers_the_reorder_point() -> None:
    lows = [seed % (len(LEVELS) - 1) for seed, _ in POOLS]
    less, more = (
        plan_rows(
            [
                replace(pool, service_level=LEVELS[low + step])
                for low, (_, pool) in zip(lows, POOLS, strict=True)
            ]
        )
        for step in (0, 1)
    )
    for (seed, pool), low, high in zip(POOLS, less, more, strict=True):
        points = low.reorder_point, high.reorder_point
        assert None in points or points[1] >= points[0], (seed, pool.pool, points)


def test_more_demand_never_lowers_the_reorder_point() -> None:
    double = [replace(pool, daily=[2 * units for units in pool.daily]) for _, pool in POOLS]
    once, twice = plan_rows([pool for _, pool in POOLS]), plan_rows(double)
    for (seed, pool), low, high in zip(POOLS, once, twice, strict=True):
        points = low.reorder_point, high.reorder_point
        assert None in points or points[1] >= points[0], (seed, pool.pool, points)


def test_a_longer_lead_time_never_lowers_the_reorder_point() -> None:
    """Unless the history is then shorter than the period: what happened in it is no guide any more.

    Where a longer period has enough units for the normal law, the two laws meet within a unit.
    """
    too_short = compared = 0
    rows = [pool for _, pool in POOLS if pool.lead_time_days is not None]
    longer = [replace(pool, lead_time_days=(pool.lead_time_days or 0) + 7) for pool in rows]
    for once, later in zip(plan_rows(rows), plan_rows(longer), strict=True):
        if once.reorder_point is None or later.reorder_point is None:
            continue
        compared += 1
        if (once.method, later.method) == ("empirical", "poisson"):
            too_short += 1
            continue
        meet = 0 if once.method == later.method else 1
        assert later.reorder_point >= once.reorder_point - meet, (once.sku, once.pool)
    assert too_short * 10 < compared
