"""Who may decide on a purchase: people, role and limit of the shop file."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from config.errors import FatalError
from config.shop import Shop, load_shop
from tasks.decide.approval import require_approver, require_buyer

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
