"""A person's statement counts to its last day, is said with its reason, and is said for when it ends."""

from dataclasses import asdict, replace
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pytest

from tasks.rules.buffer import Buffers
from tasks.rules.override import Override, Stated, fault
from tasks.rules.rate import with_seasons
from tasks.rules.reorder_plan import Confidence
from tests.rules.listing_rows import Buffer
from tests.rules.rows import ReorderInput, overridden, plan_reorder, skus

TODAY = date(2026, 11, 22)
SKU = ReorderInput(
    sku="MUG",
    as_of=TODAY,
    daily=[4, 6] * 45,
    in_stock=[True] * 90,
    on_hand=100,
    available=100,
    lead_time_days=9,
    lead_times=[8, 10],
    lead_time_sd=1.4,
    last_sale=TODAY - timedelta(days=1),
)


def says(what: Stated, value: str, until: date = TODAY) -> Override:
    return Override(what, Decimal(value), until, "bea@example.com", "a fair")


def test_without_a_statement_nothing_changes() -> None:
    found = overridden(SKU, [])
    assert (found.lead_time_days, found.moq, found.override_reason) == (9, 0, None)


def test_each_statement_is_instead_of_what_the_data_say() -> None:
    found = overridden(
        replace(SKU, transfer_days=14),
        [
            says(Stated.LEAD_TIME_DAYS, "30"),
            says(Stated.SERVICE_LEVEL, "0.98"),
            says(Stated.MOQ_UNITS, "48"),
            says(Stated.DEMAND_RATE, "2.5"),
            says(Stated.REORDER_POINT, "200", TODAY + timedelta(days=3)),
        ],
    )
    assert (found.lead_time_days, found.lead_times, found.lead_time_sd) == (44, (), 1.4)
    assert (float(found.service_level), found.moq) == (0.98, 48)
    assert (found.stated_rate, found.stated_point) == (2.5, 200)
    assert found.override_until == TODAY
    assert "moq units 48 by bea@example.com until 2026-11-22: a fair" in (
        found.override_reason or ""
    )


def test_what_ended_holds_no_longer_and_is_said() -> None:
    found = overridden(SKU, [says(Stated.LEAD_TIME_DAYS, "30", TODAY - timedelta(days=1))])
    assert (found.lead_time_days, found.lead_times) == (9, (8, 10))
    assert found.override_until == TODAY - timedelta(days=1)
    assert found.override_reason == (
        "lead time days 30 of bea@example.com ended on 2026-11-21 and no longer holds."
    )


def test_a_stated_rate_is_planned_with_and_trusted_but_not_more_than_the_count() -> None:
    few = replace(SKU, in_stock=[False] * 80 + [True] * 10)
    plan = plan_reorder(overridden(few, [says(Stated.DEMAND_RATE, "2.5")]))
    assert (plan.demand_rate, plan.method) == (Decimal("2.5"), "poisson")
    assert plan.confidence is Confidence.NORMAL
    assert "A person states the rate." in plan.reason
    assert (plan.override_reason or "").startswith("demand rate 2.5")
    old = plan_reorder(overridden(replace(few, is_stale=True), [says(Stated.DEMAND_RATE, "2.5")]))
    assert old.confidence is Confidence.LOW
    stated = overridden(SKU, [says(Stated.DEMAND_RATE, "2.5")])
    seasonal = with_seasons(skus([SKU, stated]), {"MUG": [900] * 11 + [9000] * 13})
    assert [factor != 1 for factor in seasonal.season_factor] == [True, False]


def test_a_stated_reorder_point_is_the_reorder_point() -> None:
    plan = plan_reorder(overridden(SKU, [says(Stated.REORDER_POINT, "100")]))
    assert (plan.reorder_point, plan.method) == (100, "stated")
    assert plan.action == "reorder"
    assert plan_reorder(overridden(SKU, [says(Stated.REORDER_POINT, "99")])).action != "reorder"
    unknown = replace(SKU, lead_time_days=None)
    assert (
        plan_reorder(overridden(unknown, [says(Stated.REORDER_POINT, "99")])).reorder_point is None
    )


@pytest.mark.parametrize(
    ("what", "value", "is_supplier", "words"),
    [
        (Stated.LEAD_TIME_DAYS, "30", True, ""),
        (Stated.DEMAND_RATE, "2.5", True, "is of a SKU"),
        (Stated.DEMAND_RATE, "0", False, ""),
        (Stated.SERVICE_LEVEL, "95", False, "a share"),
        (Stated.SERVICE_LEVEL, "0.95", False, ""),
        (Stated.LEAD_TIME_DAYS, "0", False, "more than 0"),
        (Stated.REORDER_POINT, "-1", False, "0 or more"),
        (Stated.MOQ_UNITS, "2.5", False, "whole number"),
        (Stated.BUFFER_UNITS, "3", False, ""),
    ],
)
def test_what_cannot_be_is_refused(what: Stated, value: str, is_supplier: bool, words: str) -> None:
    found = fault(what, Decimal(value), is_supplier=is_supplier)
    assert words in found
    assert bool(found) == bool(words)


def test_a_stated_buffer_is_instead_of_every_kind() -> None:
    usual = Buffer(2, Decimal(10), Decimal(3), True, Decimal("0.01"), True, 1, 25, "channel web")
    stated = Buffer(5, at_least_one=True, floor=1, cap=25, rule="override")
    found = Buffers.of_rows([asdict(usual)] * 2).overridden(np.array([np.nan, 5]))
    for name, column in vars(Buffers.of_rows(map(asdict, (usual, stated)))).items():
        np.testing.assert_array_equal(getattr(found, name), column)
