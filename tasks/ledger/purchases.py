"""The purchase suggestions: what to buy, whose decision it is, and what was decided."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from config.errors import FatalError
from tasks.ledger.book import Book, Change, Row, differences, stated
from tasks.ledger.tables import purchase_suggestions

OPEN = ("suggested", "pending_approval", "approved")

# From which states a line may come to this one.
COMES_FROM = {
    "approved": ("suggested", "pending_approval"),
    "rejected": ("suggested", "pending_approval"),
    "ordered": ("suggested", "approved"),
    "withdrawn": OPEN,
}


@dataclass(frozen=True)
class SuggestedLine:
    """One line of a purchase order that the plan would place.

    `crossing_date` is the day the position fell to the reorder point: it is in the line's key, so
    a crossing once rejected or ordered is not suggested again. `needs_approval` says that the
    whole order is above the buyer's limit.
    """

    supplier: str
    sku: str
    crossing_date: date
    units: int
    unit_cost_amount: Decimal
    currency: str
    due_date: date
    needs_approval: bool
    reason: str

    @property
    def po_key(self) -> str:
        """The line's natural key."""
        return f"{self.supplier}/{self.sku}/{self.crossing_date}"

    def values(self) -> dict[str, Any]:
        """The line as the ledger keeps it, its key left out."""
        kept = asdict(self)
        approval = kept.pop("needs_approval")
        kept["line_amount"] = self.units * self.unit_cost_amount
        return kept | {"state": "pending_approval" if approval else "suggested"}


class Purchases(Book):
    """The purchase suggestions of one shop."""

    def suggest(self, lines: Sequence[SuggestedLine], *, opened_on: date, at: datetime) -> int:
        """Open a suggestion for each line that has none; return how many were opened.

        An open suggestion of the same supplier and SKU suppresses a new one. While it is merely
        `suggested` it takes on tonight's units, cost and due date; once it waits for the owner
        or is approved it stays as it is, so that nobody approves a number they did not see.
        A key that was rejected or ordered stays so; one that was withdrawn opens again.
        """
        opened = 0
        with self.change(at) as change:
            known = change.find(purchase_suggestions)
            by_key = {row["po_key"]: row for row in known}
            open_rows = {
                (row["supplier"], row["sku"]): row for row in known if row["state"] in OPEN
            }
            settled = {
                (row["sku"], row["crossing_date"])
                for row in known
                if row["state"] in ("rejected", "ordered")
            }
            for line in lines:
                row = open_rows.get((line.supplier, line.sku))
                values = line.values()
                if row is not None and row["state"] == "approved" and row["ended_on"]:
                    gone = "its need had ended; a new one came"
                    _alter(change, row, {"state": "withdrawn"}, "purchase withdrawn", gone)
                    row = None
                if row is not None:
                    if row["state"] == "suggested":
                        kept = values | {"crossing_date": row["crossing_date"]}
                        _alter(change, row, kept, "suggestion refreshed", line.reason)
                    continue
                if (line.sku, line.crossing_date) in settled:
                    continue
                row = by_key.get(line.po_key)
                if row is None:
                    row = {"po_key": line.po_key, "opened_on": opened_on, **values}
                    change.add(purchase_suggestions, [row])
                    subject = f"purchase/{line.po_key}"
                    change.note("suggested", subject, before=None, after=values, why=line.reason)
                elif row["state"] == "withdrawn":
                    again = values | {"approver": None, "decided_at": None, "ended_on": None}
                    _alter(change, row, again, "suggested again", line.reason)
                else:
                    continue
                open_rows[line.supplier, line.sku] = {**row, **values}
                opened += 1
        return opened

    def decide(
        self,
        *,
        approve: bool,
        who: str,
        why: str,
        at: datetime,
        po_keys: Collection[str] = (),
        supplier: str | None = None,
        units: Mapping[str, int] = MappingProxyType({}),
    ) -> list[str]:
        """Approve or reject lines that wait, by key or all of a supplier's; return the keys moved.

        `units` are those of lines that are approved with another number than suggested, by key. The
        same decision sent again changes nothing.

        Raises:
            FatalError: `who` or `why` is empty, a key is unknown, the other decision was made
                before, or no line of the supplier waits. Then no line is moved.
        """
        if bool(po_keys) == bool(supplier):
            raise FatalError("Decide on po_keys or on a supplier: name one of the two.")
        if supplier:
            waiting = self.select(
                purchase_suggestions,
                purchase_suggestions.c.supplier == supplier,
                purchase_suggestions.c.state == "pending_approval",
            )
            po_keys = [row["po_key"] for row in waiting]
            if not po_keys:
                raise FatalError(
                    f"No line of supplier {supplier!r} waits for approval in {self.shop}. See the "
                    "spelling and the state of its lines in marts.purchase_suggestions."
                )
        state = "approved" if approve else "rejected"
        return self._move(po_keys, state, who, why, at, units=units)

    def waiting_to_order(self, supplier: str) -> list[Row]:
        """Return the lines of a supplier that may be ordered: within the limit, or approved."""
        return self.select(
            purchase_suggestions,
            purchase_suggestions.c.supplier == supplier,
            purchase_suggestions.c.state.in_(("suggested", "approved")),
        )

    def end_crossings(self, *, still: Collection[str], on: date, at: datetime) -> list[str]:
        """Note that the need of every SKU that is not `still` at its reorder point has ended.

        The next need is then a new one. Return the keys of the lines that were noted.
        """
        ended = []
        with self.change(at) as change:
            for row in change.find(purchase_suggestions, purchase_suggestions.c.ended_on.is_(None)):
                if row["sku"] not in still and row["state"] != "withdrawn":
                    why = "its position is above the reorder point again"
                    _alter(change, row, {"ended_on": on}, "purchase need ended", why)
                    ended.append(row["po_key"])
        return ended

    def order(
        self,
        po_keys: Collection[str],
        *,
        who: str,
        why: str,
        at: datetime,
        on: date | None = None,
    ) -> list[str]:
        """Mark lines as ordered `on` a day: they leave the PO file; return the keys that moved.

        Raises:
            FatalError: as in `decide`; a line that waits for the owner cannot be ordered.
        """
        return self._move(po_keys, "ordered", who, why, at, ordered_on=on or at.date())

    def withdraw(self, po_keys: Collection[str], *, who: str, why: str, at: datetime) -> list[str]:
        """Take back open lines whose reason is gone; return the keys that moved.

        Raises:
            FatalError: as in `decide`; what is ordered cannot be taken back here.
        """
        return self._move(po_keys, "withdrawn", who, why, at)

    def _move(
        self,
        po_keys: Collection[str],
        state: str,
        who: str,
        why: str,
        at: datetime,
        units: Mapping[str, int] = MappingProxyType({}),
        **values: Any,
    ) -> list[str]:
        reason = stated(why, "A decision on a purchase needs its reason")
        moved = []
        with self.change(at, who) as change:
            wanted = sorted(set(po_keys))
            known = change.find(purchase_suggestions, purchase_suggestions.c.po_key.in_(wanted))
            if missing := sorted(set(wanted) - {row["po_key"] for row in known}):
                raise FatalError(f"{self.shop} has no purchase suggestion {', '.join(missing)}.")
            for row in known:
                if row["state"] == state:
                    continue
                if row["state"] not in COMES_FROM[state]:
                    raise FatalError(_refusal(row, state))
                decision: dict[str, Any] = {"state": state, "reason": reason, **values}
                if state in {"approved", "rejected"}:
                    decision |= {"approver": change.who, "decided_at": at}
                if corrected := units.get(row["po_key"]):
                    amount = corrected * row["unit_cost_amount"]
                    decision |= {"units": corrected, "line_amount": amount}
                _alter(change, row, decision, f"purchase {state}", reason)
                moved.append(row["po_key"])
        return moved


def _alter(change: Change, row: Row, values: Row, what: str, why: str) -> None:
    before, after = differences(row, values)
    if after:
        change.set(purchase_suggestions, purchase_suggestions.c.po_key == row["po_key"], **after)
        change.note(what, f"purchase/{row['po_key']}", before=before, after=after, why=why)


def _refusal(row: Row, state: str) -> str:
    by = (
        f" by {row['approver']} at {row['decided_at']:%Y-%m-%d %H:%M} UTC"
        if row["approver"]
        else ""
    )
    return (
        f"{row['po_key']} is {row['state'].replace('_', ' ')}{by} ({row['reason']}); it cannot "
        f"become {state}. A line is first suggested, or waits for the owner, then approved or "
        "rejected, then ordered; a new need comes as a new suggestion."
    )
