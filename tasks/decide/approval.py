"""Which purchases are decided on, and who may: checked against the shop's people, role and limit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from config.errors import FatalError, UsageError
from config.shop import Shop
from tasks.decide.people import require_role
from tasks.rules.supplier import in_own_currency

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Selection:
    """What a person decides on: all that waits, what waits of one supplier, or lines by key.

    `lines` gives the units of a line that is approved with another number, None where it stays.
    """

    supplier: str = ""
    lines: Mapping[str, int | None] | None = None
    everything: bool = False

    def of(self, waiting: Sequence[Row]) -> list[Row]:
        """Return the waiting lines that are decided on.

        Raises:
            UsageError: not exactly one of the three is asked for.
            FatalError: nothing of it waits, or a line does not.
        """
        if (bool(self.supplier), bool(self.lines), self.everything).count(True) != 1:
            raise UsageError("Name a supplier, or lines, or say that it is all that waits.")
        known = {row["po_key"]: row for row in waiting}
        if self.lines:
            if missing := sorted(set(self.lines) - set(known)):
                raise FatalError(
                    f"{', '.join(missing)} does not wait for approval. Copy the keys of the lines from"
                    " the run's page or from marts.purchase_suggestions."
                )
            return [known[key] for key in self.lines]
        found = [row for row in waiting if self.everything or row["supplier"] == self.supplier]
        if not found:
            whose = f"of supplier {self.supplier!r} " if self.supplier else ""
            raise FatalError(
                f"No line {whose}waits for approval. See the spelling and the state of the lines in"
                " marts.purchase_suggestions."
            )
        return found

    def corrected(self, rows: Sequence[Row], tonight: Mapping[str, int]) -> dict[str, int]:
        """Return the units of the lines that are approved with another number, by key.

        Raises:
            FatalError: a number is not between the suggested one and tonight's.
        """
        found: dict[str, int] = {}
        for row in rows:
            units = (self.lines or {}).get(row["po_key"])
            if units is None or units == row["units"]:
                continue
            low, high = sorted((row["units"], tonight.get(row["sku"], row["units"])))
            if not low <= units <= high:
                raise FatalError(
                    f"{row['po_key']}: {units} units are not between the {row['units']} that were"
                    f" suggested and the {tonight.get(row['sku'], row['units'])} of tonight's plan."
                )
            found[row["po_key"]] = units
        return found


def lines_of(text: str) -> dict[str, int | None]:
    """Return the lines that a form names: po keys separated by semicolons, `key = units` where other.

    Raises:
        UsageError: a line is named twice.
    """
    found: dict[str, int | None] = {}
    for part in filter(None, (part.strip() for part in text.split(";"))):
        key, is_other, units = part.rpartition("=")
        has_units = bool(is_other) and units.strip().isdecimal()
        name = key.strip() if has_units else part
        if name in found:
            raise UsageError(f"{name} is named twice.")
        found[name] = int(units) if has_units else None
    return found


def require_buyer(shop: Shop, who: str, day: date) -> str:
    """Hold `who` to the people who may buy, the buyer or the owner of the shop; return the address.

    Raises:
        FatalError: it is somebody else; it names who may.
    """
    return require_role(shop, who, day, {"buying", shop.approval_role}, "Purchases are")


def require_approver(shop: Shop, who: str, day: date, lines: Sequence[Row]) -> str:
    """Hold `who` to the people who may decide on these lines of one supplier; return the address.

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
            return require_role(shop, who, day, {shop.approval_role}, why)
        total += amount
    if total > limit:
        why = f"An order of {total:,.2f} {shop.currency} is above the buyer's limit of {limit:,}. It is"
        return require_role(shop, who, day, {shop.approval_role}, why)
    return require_buyer(shop, who, day)
