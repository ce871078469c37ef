"""Replenishment by pool: what one can spare comes before a purchase, and nothing counts twice."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from tasks.rules.capacity import Room
from tasks.rules.classes import Abc
from tasks.rules.reorder_action import Action
from tasks.rules.reorder_pools import Transfer, TransferKind, TransferState
from tasks.rules.skus import Receipt
from tests.rules.rows import (
    Plan,
    ReorderInput,
    SkuPlan,
    plan_pools,
    plan_reorder,
    within_capacity,
)

TODAY = date(2026, 11, 22)
OWN = ReorderInput(
    sku="MUG",
    as_of=TODAY,
    daily=[4, 6] * 45,
    in_stock=[True] * 90,
    on_hand=5000,
    available=5000,
    lead_time_days=9,
    last_sale=TODAY - timedelta(days=1),
    unit_cost=Decimal("1.50"),
    moq=24,
    case_pack=12,
    owner="bea@example.com",
    abc=Abc.C,
)
AMAZON = replace(OWN, pool="fba", on_hand=0, available=0, lead_time_days=23)
IDLE = replace(OWN, daily=[0] * 90, on_hand=400, available=400)


def empty(pool: ReorderInput, **others: object) -> ReorderInput:
    return replace(pool, on_hand=0, available=0, **others)  # type: ignore[arg-type]


def bought(plan: SkuPlan) -> int:
    return sum(each.suggested_units for each in plan.plans)


def test_a_sku_in_one_pool_is_planned_as_ever() -> None:
    alone = empty(OWN)
    assert plan_pools([alone]) == SkuPlan((plan_reorder(alone),))


def test_a_full_warehouse_next_to_an_empty_fba_is_a_transfer_and_no_purchase() -> None:
    found = plan_pools([AMAZON, OWN])
    own, amazon = found.plans
    (move,) = found.transfers
    assert (own.pool, amazon.pool, amazon.action) == ("merchant", "fba", Action.REORDER)
    assert bought(found) == 0
    assert amazon.is_covered
    assert not amazon.is_needed
    assert (move.kind, move.from_pool, move.to_pool) == (TransferKind.TRANSFER, "merchant", "fba")
    assert move.units == amazon.transfer_units == move.needed_units > 0
    assert "can come from another pool, before any is bought" in amazon.reason
    assert move.owner == "bea@example.com"


def test_an_empty_warehouse_next_to_a_full_fba_is_a_purchase_and_a_removal_a_person_may_choose() -> (
    None
):
    found = plan_pools([empty(OWN), replace(AMAZON, on_hand=5000, available=5000)])
    own, amazon = found.plans
    (move,) = found.transfers
    assert own.action is Action.REORDER
    assert bought(found) == own.suggested_units > 0
    assert amazon.action is Action.OVERSTOCK
    assert (move.kind, move.from_pool, move.to_pool) == (TransferKind.REMOVAL, "fba", "merchant")
    assert "if its fee is less" in move.reason


def test_what_needs_nothing_is_sent_nothing_back() -> None:
    assert plan_pools([OWN, replace(AMAZON, on_hand=5000, available=5000)]).transfers == ()


@pytest.mark.parametrize(
    "amazon",
    [
        replace(AMAZON, on_hand=500, available=500),  # enough, not too much
        replace(AMAZON, on_hand=5000, available=5000, is_stale=True),
        replace(AMAZON, on_hand=None, available=None),
        replace(AMAZON, on_hand=5000, available=5000, in_stock=[True] * 20 + [False] * 70),
    ],
    ids=["enough", "stale", "not counted", "unsure"],
)
def test_nothing_is_removed_from_an_fba_that_may_need_it(amazon: ReorderInput) -> None:
    assert not plan_pools([empty(OWN), amazon]).transfers


def test_what_amazon_does_not_sell_at_all_may_all_come_back() -> None:
    idle = replace(AMAZON, daily=[0] * 90, on_hand=7, available=7)
    (move,) = plan_pools([empty(OWN), idle]).transfers
    assert (move.kind, move.units) == (TransferKind.REMOVAL, 7)


def test_a_pool_gives_only_what_is_above_its_own_reorder_point() -> None:
    point = plan_reorder(OWN).reorder_point
    assert point is not None
    tight = replace(OWN, on_hand=int(point) + 11, available=int(point) + 11)
    found = plan_pools([tight, AMAZON])
    (move,) = found.transfers
    assert move.units == 10  # the reorder point has a fraction
    own, amazon = found.plans
    assert amazon.suggested_units >= move.needed_units - move.units
    assert own.suggested_units == 0


def test_a_pool_that_sells_nothing_gives_all_it_has() -> None:
    (move,) = plan_pools([replace(IDLE, on_hand=40, available=40), AMAZON]).transfers
    assert move.units == 40


@pytest.mark.parametrize(
    "own",
    [
        replace(OWN, is_stale=True),
        replace(OWN, on_hand=None, available=None),
        replace(OWN, in_stock=[False] * 90, daily=[0] * 90, last_sale=None),
    ],
    ids=["stale", "not counted", "no rate"],
)
def test_what_may_not_be_known_gives_nothing(own: ReorderInput) -> None:
    found = plan_pools([own, AMAZON])
    assert not [move for move in found.transfers if move.from_pool == "merchant"]
    assert bought(found) > 0


def test_what_is_on_order_beyond_the_needs_of_one_is_not_bought_again_for_another() -> None:
    coming = empty(IDLE, on_order=[Receipt(TODAY + timedelta(days=5), 2000)])
    found = plan_pools([coming, AMAZON])
    _, amazon = found.plans
    assert bought(found) == 0
    assert amazon.is_covered
    assert "on order at another pool beyond its own needs" in amazon.reason
    assert not found.transfers  # nothing is on the shelf yet


def test_moq_and_case_packs_count_once_for_all_pools_of_a_sku() -> None:
    terms = {"moq": 2000, "case_pack": 500}
    found = plan_pools([empty(OWN, **terms), replace(AMAZON, **terms)])  # type: ignore[arg-type]
    assert bought(found) == 2000
    own, amazon = found.plans
    assert own.suggested_amount == own.suggested_units * Decimal("1.50")
    assert own.suggested_units_seed90 is not None
    assert amazon.suggested_units_seed90 is not None
    assert (own.suggested_units_seed90 + amazon.suggested_units_seed90) % 500 == 0


def test_without_a_cost_or_a_lead_time_the_rows_say_what_is_missing() -> None:
    found = plan_pools([empty(OWN, unit_cost=None), replace(AMAZON, lead_time_days=None)])
    own, amazon = found.plans
    assert own.suggested_amount is None
    assert amazon.suggested_units_seed90 is None
    assert (amazon.action, amazon.rule_id) == (Action.ESCALATE, "no-lead-time")


def test_the_pool_that_is_out_first_is_given_first() -> None:
    scarce = replace(OWN, pool="3pl", daily=[0] * 90, on_hand=30, available=30)
    own = replace(OWN, on_hand=30, available=30)
    moves = plan_pools([own, scarce, AMAZON]).transfers
    assert [(move.from_pool, move.to_pool, move.units) for move in moves] == [("3pl", "fba", 30)]


def test_two_pools_that_need_share_what_a_third_can_spare() -> None:
    third = replace(OWN, pool="3pl", daily=[0] * 90, on_hand=300, available=300)
    found = plan_pools([empty(OWN), third, AMAZON])
    given = {move.to_pool: move.units for move in found.transfers}
    assert sum(given.values()) == 300
    needs = sum(move.needed_units for move in found.transfers)
    assert bought(found) == -(-(needs - 300) // 12) * 12


# Capacity of Amazon


def room(free: str | None, **others: object) -> Room:
    return replace(
        Room({"MUG": Decimal("0.5")}, None if free is None else Decimal(free)),
        **others,  # type: ignore[arg-type]
    )


def moved(moves: Iterable[Transfer], space: Room) -> list[Transfer]:
    return within_capacity(moves, [OWN], space)[0]


def purchase(pools: Sequence[ReorderInput], space: Room) -> list[Plan]:
    return within_capacity([], pools, space)[1]


def test_a_transfer_is_cut_to_the_space_that_is_free_and_the_first_out_goes_first() -> None:
    (late,) = plan_pools([OWN, AMAZON]).transfers
    late = replace(late, units=100, stockout_date=TODAY + timedelta(days=3))
    first = replace(late, sku="POT", stockout_date=TODAY)
    last = replace(late, sku="JUG", stockout_date=None)
    sizes = {sku: Decimal("0.5") for sku in ("MUG", "POT", "JUG")}
    found = moved([last, late, first], room("75", unit_cubic_feet=sizes))
    assert [(m.sku, m.units, m.beyond_limit_units, m.state) for m in found] == [
        ("POT", 100, 0, TransferState.SUGGESTED),
        ("MUG", 50, 50, TransferState.LIMITED),
        ("JUG", 0, 100, TransferState.NO_CAPACITY),
    ]
    assert sum(m.volume_cubic_feet or 0 for m in found) == 75
    assert "takes 50 of 100" in found[1].reason


def test_what_nobody_states_limits_nothing_and_is_said() -> None:
    moves = plan_pools([OWN, AMAZON]).transfers
    (free,) = moved(moves, room(None))
    assert free.reason.endswith("No capacity of Amazon is stated, so none limits it.")
    (unmeasured,) = moved(moves, room("1", unit_cubic_feet={}))
    assert "No report states its volume" in unmeasured.reason
    assert unmeasured.volume_cubic_feet is None
    assert free.units == unmeasured.units == moves[0].units


def test_the_restock_report_caps_what_is_sent_unless_the_shop_says_that_it_does_not() -> None:
    moves = plan_pools([OWN, AMAZON]).transfers
    (capped,) = moved(moves, room(None, restock={"MUG": 40}))
    assert (capped.units, capped.beyond_limit_units) == (40, moves[0].units - 40)
    assert capped.state is TransferState.LIMITED
    assert capped.reason.endswith(f"Amazon's restock report takes 40 of {moves[0].units}.")
    (none,) = moved(moves, room(None, restock={"MUG": 0}))
    assert (none.units, none.state) == (0, TransferState.NO_CAPACITY)
    (ample,) = moved(moves, room(None, restock={"MUG": 9999}))
    assert ample.state is TransferState.SUGGESTED
    (named,) = moved(moves, room(None, restock={"MUG": 40}, is_restock_limit=False))
    assert named.units == moves[0].units
    assert named.reason.endswith("Amazon itself would be sent 40.")
    twice = moved([moves[0], replace(moves[0], from_pool="3pl")], room(None, restock={"MUG": 40}))
    assert [move.units for move in twice] == [40, 0]


def test_space_at_amazon_does_not_limit_what_leaves_it_but_its_excess_does() -> None:
    moves = plan_pools([empty(OWN), replace(AMAZON, on_hand=5000, available=5000)]).transfers
    (removal,) = moved(moves, room("0"))
    assert removal.state is TransferState.SUGGESTED
    assert removal.reason == moves[0].reason
    assert moved(moves, room("0", excess={"MUG": 9999})) == [removal]
    (few,) = moved(moves, room("0", excess={"MUG": 7}))
    assert (few.units, few.state) == (7, TransferState.LIMITED)
    assert few.reason.endswith(f"Amazon counts 7 of {moves[0].units} as excess.")


def test_what_is_bought_for_amazon_alone_is_cut_to_full_cases_and_to_nothing_below_the_moq() -> (
    None
):
    alone = empty(AMAZON)
    (free,) = purchase([alone], room(None))
    assert (free.beyond_limit_units, free.reason) == (0, plan_pools([alone]).plans[0].reason)
    (cut,) = purchase([alone], room("20.2"))  # 40 units
    assert (cut.suggested_units, cut.beyond_limit_units) == (36, free.suggested_units - 36)
    assert cut.suggested_amount == 36 * Decimal("1.50")
    assert cut.reason.endswith("at 0.500 cubic feet.")
    (none,) = purchase([alone], room(None, restock={"MUG": 23}))
    assert (none.suggested_units, none.beyond_limit_units) == (0, free.suggested_units)
    (unpriced,) = purchase([replace(alone, unit_cost=None)], room("20.2"))
    assert unpriced.suggested_amount is None


def test_of_what_is_bought_for_all_pools_amazons_part_is_cut_but_not_below_the_moq() -> None:
    pools = [empty(OWN), empty(AMAZON)]
    own, amazon = plan_pools(pools).plans
    first, cut = purchase(pools, room("0"))
    assert first == own
    assert (cut.suggested_units, cut.beyond_limit_units) == (
        amazon.suggested_units % 12, amazon.suggested_units - amazon.suggested_units % 12,
    )  # fmt: skip
    least = own.suggested_units + amazon.suggested_units
    pools = [replace(pool, moq=least) for pool in pools]
    assert [plan.beyond_limit_units for plan in purchase(pools, room("0"))] == [0, 0]
