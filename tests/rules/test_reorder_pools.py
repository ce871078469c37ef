"""Replenishment by pool: what one can spare comes before a purchase, and nothing counts twice."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from tasks.rules.capacity import Room, within_capacity
from tasks.rules.classes import Abc
from tasks.rules.reorder_action import Action
from tasks.rules.reorder_pools import TransferKind, TransferState
from tasks.rules.skus import Receipt
from tests.rules.rows import ReorderInput, SkuPlan, plan_pools, plan_reorder

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
        Room({"MUG": Decimal("0.5")}, None if free is None else Decimal(free), {}),
        **others,  # type: ignore[arg-type]
    )


def test_a_transfer_is_cut_to_the_space_that_is_free_and_the_first_out_goes_first() -> None:
    (late,) = plan_pools([OWN, AMAZON]).transfers
    late = replace(late, units=100, stockout_date=TODAY + timedelta(days=3))
    first = replace(late, sku="POT", stockout_date=TODAY)
    last = replace(late, sku="JUG", stockout_date=None)
    sizes = {sku: Decimal("0.5") for sku in ("MUG", "POT", "JUG")}
    found = within_capacity([last, late, first], room("75", unit_cubic_feet=sizes))
    assert [(m.sku, m.units, m.state) for m in found] == [
        ("POT", 100, TransferState.SUGGESTED),
        ("MUG", 50, TransferState.LIMITED),
        ("JUG", 0, TransferState.NO_CAPACITY),
    ]
    assert sum(m.volume_cubic_feet or 0 for m in found) == 75
    assert "takes 50 of 100" in found[1].reason


def test_what_nobody_states_limits_nothing_and_is_said() -> None:
    moves = plan_pools([OWN, AMAZON]).transfers
    (free,) = within_capacity(moves, room(None, suggested={"MUG": 40}))
    assert "No capacity of Amazon is stated" in free.reason
    assert free.reason.endswith("Amazon itself would be sent 40.")
    (unmeasured,) = within_capacity(moves, room("1", unit_cubic_feet={}))
    assert "No report states its volume" in unmeasured.reason
    assert unmeasured.volume_cubic_feet is None
    assert free.units == unmeasured.units == moves[0].units


def test_space_at_amazon_does_not_limit_what_leaves_it() -> None:
    moves = plan_pools([empty(OWN), replace(AMAZON, on_hand=5000, available=5000)]).transfers
    (removal,) = within_capacity(moves, room("0"))
    assert removal.state is TransferState.SUGGESTED
    assert removal.reason == moves[0].reason
