"""The plan holds in 5,000 invented worlds: its bounds, what is conserved, and the same answer twice."""

from collections import Counter
from dataclasses import replace
from decimal import Decimal

from tasks.rules.capacity import Room
from tasks.rules.reorder_plan import ORDERING
from tasks.rules.reorder_pools import TransferKind
from tests.proofs.plan_worlds import WORLDS, world, worlds
from tests.rules.rows import SkuPlan, plan_all, plan_pools, plan_rows, within_capacity


def bought(plan: SkuPlan) -> int:
    return sum(each.suggested_units for each in plan.plans)


def test_bounds_conservation_and_the_same_answer_twice() -> None:
    seen: Counter[str] = Counter()
    every = [pools for _, pools in worlds()]
    apart = [
        replace(pool, moq=0, case_pack=1) if len(pools) > 1 else pool
        for pools in every
        for pool in pools
    ]
    rows = iter(plan_rows(apart))
    plans_of = zip(
        worlds(), plan_all(every), plan_all(list(map(world, range(WORLDS)))), strict=True
    )
    for (seed, pools), found, again in plans_of:
        assert found == again, seed
        assert seed % 100 or found == plan_pools(pools), seed
        assert [plan.pool for plan in found.plans] == [pool.pool for pool in pools], seed
        total = bought(found)
        assert total == 0 or total >= pools[0].moq, seed
        by_pool = {pool.pool: pool for pool in pools}
        alone = {pool.pool: next(rows) for pool in pools}
        for plan in found.plans:
            seen[plan.action] += 1
            assert plan.units_90d == sum(by_pool[plan.pool].daily), seed
            assert plan.suggested_units >= 0, seed
            assert plan.suggested_units == 0 or plan.is_needed, seed
            need = alone[plan.pool].suggested_units if plan.action in ORDERING else 0
            assert plan.transfer_units <= need, seed
            assert not plan.is_covered or need > 0, seed
        cut = any("Cut from" in plan.reason for plan in found.plans)
        assert cut or total % pools[0].case_pack == 0, seed
        for move in found.transfers:
            seen[move.kind] += 1
            assert 0 < move.units <= move.needed_units, seed
            assert move.from_pool != move.to_pool, seed
        for name, pool in by_pool.items():
            given = sum(move.units for move in found.transfers if move.from_pool == name)
            assert given == 0 or given <= (pool.available or 0), seed
            point = alone[name].reorder_point
            if given and name != "fba" and alone[name].demand_rate and point is not None:
                assert (pool.available or 0) - given >= float(point) - 1e-6, seed
        if all(pool.pool != "fba" for pool in pools):
            continue
        space = Room({pools[0].sku: Decimal("0.3")}, Decimal(4))
        fitted, plans = within_capacity(found.transfers, pools, space)
        sent = sum(m.units for m in fitted if m.to_pool == "fba")
        assert sent * Decimal("0.3") <= 4, seed
        for before, after in zip(found.plans, plans, strict=True):
            assert after.suggested_units + after.beyond_limit_units == before.suggested_units, seed
            assert after.beyond_limit_units == 0 or after.pool == "fba", seed
    # Every rule that the worlds are about happened, and not once.
    for kind in (*TransferKind, "reorder", "hold", "overstock", "discontinue", "escalate"):
        assert seen[kind] > 20, (kind, seen)


def test_more_stock_never_asks_for_more() -> None:
    every = [pools for _, pools in worlds()]
    rich = []
    for seed, pools in worlds():
        more = (1, 10, 500)[seed % 3]
        rich.append(
            [
                replace(pool, on_hand=pool.on_hand + more, available=(pool.available or 0) + more)
                if place == 0 and pool.on_hand is not None
                else pool
                for place, pool in enumerate(pools)
            ]
        )
    for seed, less, most in zip(range(WORLDS), plan_all(every), plan_all(rich), strict=True):
        assert bought(most) <= bought(less), seed
