"""Who may decide on a purchase: checked against the shop's people, their role and the limit."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from config.errors import FatalError
from config.shop import Shop
from tasks.rules.supplier import in_own_currency


def require_buyer(shop: Shop, who: str, day: date) -> None:
    """Hold `who` to the people who may buy, the buyer or the owner of the shop.

    Raises:
        FatalError: it is somebody else; it names who may.
    """
    _require(shop, who, day, {"buying", owner_role(shop)}, "Purchases are")


def require_approver(shop: Shop, who: str, day: date, lines: Sequence[Mapping[str, Any]]) -> None:
    """Hold `who` to the people who may decide on these lines of one supplier.

    Up to the limit the buyer decides. Above it, or where the shop has no rate to know, only the
    owner does.

    Raises:
        FatalError: it is somebody else; it names who may, and why.
    """
    limit, total = shop.approval.purchase_order_limit_amount, Decimal(0)
    for line in lines:
        amount = in_own_currency(
            line["line_amount"], line["currency"], shop.currency, shop.fixed_rates
        )
        if amount is None:
            why = f"The value of an order in {line['currency']} is unknown: there is no rate. It is"
            return _require(shop, who, day, {owner_role(shop)}, why)
        total += amount
    if total > limit:
        why = f"An order of {total:,.2f} {shop.currency} is above the buyer's limit of {limit:,}. It is"
        return _require(shop, who, day, {owner_role(shop)}, why)
    return require_buyer(shop, who, day)


def owner_role(shop: Shop) -> str:
    """Return the role that decides above the buyer's limit."""
    named = shop.approval.purchase_order_role
    return named or ("owner" if "owner" in shop.people else "operations")


def _require(shop: Shop, who: str, day: date, roles: set[str], what: str) -> None:
    """Raise unless `who` holds one of the roles; a deputy does while the owner is away."""
    may: set[str] = set()
    for role in roles & set(shop.people):
        may |= {shop.people[role].owner, shop.people[role].answers_on(day)}
    asking = who.strip().casefold()
    if not any(asking in (name.casefold(), name.casefold().partition("@")[0]) for name in may):
        named = " or ".join(sorted(may)) or "nobody: people of the shop file lacks the role"
        raise FatalError(
            f"{what} decided by {' or '.join(sorted(roles))}, that is {named}; {who!r} may not."
            " Write the address as in `people` of the shop file."
        )
