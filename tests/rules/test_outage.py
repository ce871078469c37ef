"""A supplier that is down: what runs out, when, and what it costs."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.rules.outage import Exposed, Outage, loss_of, worst_first
from tasks.rules.skus import Receipt

TODAY = date(2026, 1, 10)
OUTAGE = Outage("S1", TODAY, 10, TODAY)
CUP = Exposed(
    sku="CUP", pool="merchant", abc="A", free_units=10, daily_units=Decimal(2), theirs=(), others=(),
    lead_time_days=Decimal("2.5"), price=Decimal(5), cost=Decimal(2), other_suppliers=(),
)  # fmt: skip


def on(days: int) -> date:
    return TODAY + timedelta(days=days)


def test_what_is_wanted_until_a_new_order_comes_is_lost() -> None:
    loss = loss_of(CUP, OUTAGE)
    assert loss.stockout_date == on(5)  # five days of two
    assert loss.supplied_date == on(13)  # back on the tenth day, and three days of lead time
    assert loss.lost_units == 16
    assert (loss.lost_revenue, loss.lost_margin) == (Decimal("80.00"), Decimal("48.00"))
    assert loss.reason == ""


def test_what_the_supplier_would_have_sent_comes_when_it_is_back_and_the_others_come_in_time() -> (
    None
):
    coming = Receipt(on(4), 6)
    assert loss_of(replace(CUP, others=(coming,)), OUTAGE).lost_units == 10
    held = loss_of(replace(CUP, theirs=(coming,)), OUTAGE)
    assert (held.stockout_date, held.lost_units) == (on(5), 10)
    later = replace(OUTAGE, first_date=on(5))
    assert loss_of(replace(CUP, theirs=(coming,)), later).stockout_date == on(8)


def test_an_overdue_delivery_is_expected_tomorrow_unless_the_supplier_is_down() -> None:
    overdue = Receipt(on(-3), 100)
    assert loss_of(replace(CUP, others=(overdue,)), OUTAGE).lost_units == 0
    assert loss_of(replace(CUP, theirs=(overdue,)), OUTAGE).lost_units == 10


def test_an_order_of_an_unknown_day_saves_nothing_and_is_named() -> None:
    loss = loss_of(replace(CUP, others=(Receipt(None, 100),)), OUTAGE)
    assert (loss.lost_units, loss.reason) == (
        16,
        "When 100 units on order come is not known: they are not in it.",
    )


def test_what_is_lost_before_the_outage_is_not_its_cost() -> None:
    later = replace(OUTAGE, first_date=on(7))
    loss = loss_of(CUP, later)
    assert (loss.stockout_date, loss.lost_units) == (on(7), 26)


@pytest.mark.parametrize(
    ("unknown", "words", "lost"),
    [
        ({"free_units": None}, "No file counts its stock", None),
        ({"daily_units": None}, "How much of it sells", None),
        ({"lead_time_days": None}, "Its lead time is not known", 10),
        ({"price": None}, "No sale in the window shows its price", 16),
        ({"cost": None}, "What a unit costs is not known", 16),
    ],
)
def test_what_is_not_known_is_said_and_no_figure_is_made_of_it(
    unknown: dict[str, None], words: str, lost: int | None
) -> None:
    loss = loss_of(replace(CUP, **unknown), OUTAGE)  # type: ignore[arg-type]
    assert words in loss.reason
    assert loss.lost_units == lost
    assert (loss.lost_revenue is None) == (lost is None or "price" in unknown)
    assert (loss.lost_margin is None) == (lost is None or not {"price", "cost"}.isdisjoint(unknown))


def test_the_costliest_comes_first_and_the_unknown_before_what_loses_nothing() -> None:
    kinds = [
        replace(CUP, sku="fine", free_units=1000),
        replace(CUP, sku="unknown", free_units=None),
        CUP,
        replace(CUP, sku="dear", price=Decimal(50)),
    ]
    ordered = worst_first([loss_of(each, OUTAGE) for each in kinds])
    assert [loss.sku for loss in ordered] == ["dear", "CUP", "unknown", "fine"]


units, days = st.integers(0, 200), st.integers(1, 60)
receipts = st.lists(
    st.builds(Receipt, st.integers(-20, 80).map(on), st.integers(1, 50)), max_size=4
)


@given(units, st.decimals(0, 9, places=2), receipts, receipts, days, st.integers(0, 30))
def test_more_stock_never_loses_more_and_a_longer_outage_never_less(
    stock: int, rate: Decimal, theirs: list[Receipt], others: list[Receipt], length: int, start: int
) -> None:
    sku = replace(
        CUP, free_units=stock, daily_units=rate, theirs=tuple(theirs), others=tuple(others)
    )
    outage = Outage("S1", on(start), length, TODAY)
    lost = loss_of(sku, outage).lost_units
    assert lost is not None
    assert 0 <= lost <= rate * (length + 3) + 1
    assert lost >= (loss_of(replace(sku, free_units=stock + 1), outage).lost_units or 0)
    assert lost <= (loss_of(sku, replace(outage, days=length + 1)).lost_units or 0)
    assert loss_of(sku, outage) == loss_of(sku, outage)
