"""Who may decide on a purchase: people, role and limit of the shop file."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from config.errors import FatalError, UsageError
from config.shop import Shop, load_shop
from tasks.decide.approval import Selection, lines_of, require_approver, require_buyer

DAY = date(2026, 11, 24)


@pytest.fixture
def shop() -> Shop:
    return load_shop("demo")


def lines(amount: str, currency: str = "USD") -> list[dict[str, Any]]:
    return [{"line_amount": Decimal(amount), "currency": currency}]


def test_up_to_the_limit_the_buyer_decides(shop: Shop) -> None:
    require_approver(shop, "bea@example.com", DAY, lines("2500.00"))
    require_approver(shop, " Bea ", DAY, lines("2500.00"))
    require_approver(shop, "olive@example.com", DAY, lines("2500.00"))


def test_above_the_limit_only_the_owner_does(shop: Shop) -> None:
    require_approver(shop, "olive", DAY, lines("2500.01"))
    with pytest.raises(FatalError, match="above the buyer's limit"):
        require_approver(shop, "bea@example.com", DAY, lines("2500.01"))


def test_without_a_rate_the_value_is_unknown_and_the_owner_decides(shop: Shop) -> None:
    with pytest.raises(FatalError, match="no rate"):
        require_approver(shop, "bea@example.com", DAY, lines("1.00", "KWD"))


def test_nobody_else_buys(shop: Shop) -> None:
    with pytest.raises(FatalError, match="may not"):
        require_buyer(shop, "sam@example.com", DAY)


def test_a_deputy_decides_while_the_owner_is_away(shop: Shop) -> None:
    away = shop.people["operations"].model_copy(update={"away_until": DAY})
    absent = shop.model_copy(update={"people": {**shop.people, "operations": away}})
    require_approver(absent, "dan@example.com", DAY, lines("9000"))
    with pytest.raises(FatalError):
        require_approver(shop, "dan@example.com", DAY, lines("9000"))


WAITING = [
    {"po_key": "S1/CUP/2026-11-20", "supplier": "S1", "sku": "CUP", "units": 24},
    {"po_key": "S1/POT/2026-11-20", "supplier": "S1", "sku": "POT", "units": 10},
    {"po_key": "S2/JUG/2026-11-20", "supplier": "S2", "sku": "JUG", "units": 5},
]


def keys(selection: Selection) -> list[str]:
    return [row["sku"] for row in selection.of(WAITING)]


def test_all_that_waits_is_decided_on_or_a_suppliers_or_single_lines() -> None:
    assert keys(Selection(everything=True)) == ["CUP", "POT", "JUG"]
    assert keys(Selection("S1")) == ["CUP", "POT"]
    assert keys(Selection(lines=lines_of("S2/JUG/2026-11-20; S1/CUP/2026-11-20 = 30;"))) == [
        "JUG",
        "CUP",
    ]


@pytest.mark.parametrize("unclear", [Selection(), Selection("S1", everything=True)])
def test_what_is_decided_on_is_said_once(unclear: Selection) -> None:
    with pytest.raises(UsageError, match="Name a supplier, or lines"):
        unclear.of(WAITING)
    with pytest.raises(UsageError, match="named twice"):
        lines_of("a; a = 4")


def test_what_does_not_wait_is_named() -> None:
    with pytest.raises(FatalError, match="'S9'"):
        Selection("S9").of(WAITING)
    with pytest.raises(FatalError, match="No line waits"):
        Selection(everything=True).of([])
    with pytest.raises(FatalError, match="S9/CUP does not wait"):
        Selection(lines={"S9/CUP": None}).of(WAITING)


def test_units_are_corrected_up_to_tonights_number_and_no_further() -> None:
    chosen = Selection(lines=lines_of("S1/CUP/2026-11-20 = 36; S1/POT/2026-11-20 = 10; a=b"))
    rows = WAITING[:2]
    assert chosen.corrected(rows, {"CUP": 48}) == {"S1/CUP/2026-11-20": 36}
    assert list(chosen.lines or ()) == ["S1/CUP/2026-11-20", "S1/POT/2026-11-20", "a=b"]
    with pytest.raises(FatalError, match="not between the 24 that were suggested and the 30"):
        chosen.corrected(rows, {"CUP": 30})
    with pytest.raises(FatalError, match="the 24 of tonight"):
        chosen.corrected(rows, {})
