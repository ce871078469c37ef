"""In 5,000 invented worlds more service, more demand or a longer lead time never lowers a reorder point."""

from dataclasses import replace

from tests.proofs.plan_worlds import LEVELS, worlds
from tests.rules.rows import plan_reorder


def test_more_service_never_lowers_the_reorder_point() -> None:
    for seed, pools in worlds():
        low = seed % (len(LEVELS) - 1)
        for pool in pools:
            less, more = (
                plan_reorder(replace(pool, service_level=level)).reorder_point
                for level in LEVELS[low : low + 2]
            )
            assert less is None or more is None or more >= less, (seed, pool.pool, less, more)


def test_more_demand_never_lowers_the_reorder_point() -> None:
    for seed, pools in worlds():
        for pool in pools:
            more = replace(pool, daily=[2 * units for units in pool.daily])
            once, twice = plan_reorder(pool).reorder_point, plan_reorder(more).reorder_point
            assert once is None or twice is None or twice >= once, (seed, pool.pool, once, twice)


def test_a_longer_lead_time_never_lowers_the_reorder_point() -> None:
    """Unless the history is then shorter than the period: what happened in it is no guide any more.

    Where a longer period has enough units for the normal law, the two laws meet within a unit.
    """
    too_short = compared = 0
    for seed, pools in worlds():
        for pool in pools:
            if pool.lead_time_days is None:
                continue
            once = plan_reorder(pool)
            later = plan_reorder(replace(pool, lead_time_days=pool.lead_time_days + 7))
            if once.reorder_point is None or later.reorder_point is None:
                continue
            compared += 1
            if (once.method, later.method) == ("empirical", "poisson"):
                too_short += 1
                continue
            meet = 0 if once.method == later.method else 1
            assert later.reorder_point >= once.reorder_point - meet, (seed, pool.pool)
    assert too_short * 10 < compared
