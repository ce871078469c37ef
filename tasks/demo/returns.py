"""What came back and what was disputed: the warehouses' returns, Amazon's, and the web shop's disputes."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zlib import crc32

from tasks.demo import amazon, catalog, clock, hard, suspects
from tasks.demo.delivery import Delivery, cents, names
from tasks.demo.orders import Order
from tasks.demo.shopify import own_id

RETURNS = names("rma,order_number,channel,location,sku,quantity,received_at,disposition,reason")
FBA_RETURNS = names(
    "return-date order-id sku asin fnsku product-name quantity fulfillment-center-id "
    "detailed-disposition reason status license-plate-number customer-comments",
    " ",
)

_REASONS = ("changed mind", "wrong item", "damaged", "not as described")
_RETURNED = ("", hard.COMES_BACK)
_DISPOSITIONS = ("restock",) * 6 + ("scrap",) * 2 + ("quarantine", "")
_KEPT, _UNREFUNDED = (
    12,
    150,
)  # every such order: refunded and the goods kept, or back and not refunded
_ASKED_AFTER, _ANSWER_DAYS, _DECIDED_AFTER = 10, 7, 20  # days
_MONTH, _UNANSWERED = 30, (7, 9)  # days, and those of them whose inquiry nobody answers
_TRUTH = {"restock": "restocked", "scrap": "scrapped", "quarantine": "quarantined", "": "pending"}


@dataclass(frozen=True)
class Return:
    """Units of an order's first line that came back; `planted` names what is wrong with it."""

    order: Order
    at: int
    units: int
    disposition: str
    planted: str = ""

    @property
    def reason(self) -> str:
        """Why the buyer sent it back."""
        return suspects.odd_reason(self.order, _REASONS[_dice(self.order, "why") % len(_REASONS)])

    @property
    def where(self) -> str:
        """Where the units are now; Amazon pays for what it cannot sell again."""
        where = _TRUTH[self.disposition]
        if self.order.location == catalog.FBA and where != "restocked":
            return "scrapped"
        return where


@dataclass(frozen=True)
class Dispute:
    """A dispute of a web order: a chargeback took its money, an inquiry takes none."""

    order: Order
    kind: str
    opened: int
    is_answered: bool

    @property
    def due(self) -> int:
        """Until when evidence may be sent."""
        return self.opened + _ANSWER_DAYS * clock.DAY

    @property
    def answered(self) -> int:
        """When evidence is sent, if it is."""
        return self.opened + 2 * clock.DAY

    @property
    def decided(self) -> int:
        """When it is decided: at its deadline, where nobody answers."""
        return self.opened + _DECIDED_AFTER * clock.DAY if self.is_answered else self.due

    def state(self, now: int) -> str:
        """Return the web shop's word for how far it is."""
        if now < self.decided:
            is_sent = self.is_answered and self.answered <= now
            return "under_review" if is_sent else "needs_response"
        return "won" if self.is_answered and _dice(self.order, "won") % 2 else "lost"


def _dice(order: Order, salt: str) -> int:
    return crc32(f"{salt} {order.channel} {order.order_id}".encode())


def returns(orders: Iterable[Order], now: int) -> Iterator[Return]:
    """Give what has come back by `now`, in the order of the orders."""
    for order in orders:
        is_plain = order.kind == "web" and order.hard in _RETURNED and not order.flaw
        if not is_plain or order.channel == "wholesale" or order.cancelled is not None:
            continue
        disposition = _DISPOSITIONS[_dice(order, "where") % len(_DISPOSITIONS)]
        if order.refund is not None and order.refund.units:
            at = order.refund.at - clock.HOUR
            if at <= now and _dice(order, "kept") % _KEPT:
                yield Return(order, at, order.refund.units, disposition)
        elif order.delivered is not None and order.refund is None and order.disputed is None:
            at = order.delivered + 6 * clock.DAY
            if at <= now and not _dice(order, "unrefunded") % _UNREFUNDED:
                yield Return(order, at, 1, disposition, "return_without_refund")


def kept(orders: Iterable[Order], now: int) -> list[Order]:
    """Return the orders whose money went back by `now` and whose goods never will."""
    plain = (order for order in orders if order.kind == "web" and not order.hard)
    return [
        order
        for order in plain
        if order.refund is not None
        and order.refund.units
        and order.refund.at <= now
        and not order.flaw
        and order.cancelled is None
        and not _dice(order, "kept") % _KEPT
    ]


def disputes(orders: Iterable[Order], now: int) -> list[Dispute]:
    """Return the web shop's disputes, oldest first: every chargeback, and an inquiry every other day."""
    found = []
    asked = 0
    for order in orders:
        if order.channel != "shopify" or order.kind != "web" or order.hard or order.flaw:
            continue
        day = clock.local_day(order.created).toordinal()
        if order.disputed is not None:
            found.append(
                Dispute(order, "chargeback", order.disputed, bool(_dice(order, "seen") % 3))
            )
        elif day % 2 and day != asked and order.refund is None and order.cancelled is None:
            asked = day
            opened = clock.moment(clock.local_day(order.created), 9) + _ASKED_AFTER * clock.DAY
            found.append(Dispute(order, "inquiry", opened, day % _MONTH not in _UNANSWERED))
    shown = [dispute for dispute in found if dispute.opened <= now]
    return sorted(shown, key=lambda dispute: (dispute.opened, dispute.order.number))


@dataclass(frozen=True)
class Truth:
    """The returns' and disputes' part of the truth."""

    returns: dict[str, dict[str, int]]
    disputes: dict[str, dict[str, Any]]
    suspects: dict[str, Any]


def write(delivery: Delivery, orders: Sequence[Order]) -> Truth:
    """Write what of these orders came back and was disputed; return the truth about it."""
    back, disputed = list(returns(orders, delivery.now)), disputes(orders, delivery.now)
    _write_returns(delivery, back, kept(orders, delivery.now))
    _write_disputes(delivery, disputed)
    suspected = suspects.truth(orders, back, delivery.now)
    return Truth(_returns_truth(back), _disputes_truth(disputed, delivery.now), suspected)


def _write_returns(delivery: Delivery, found: Sequence[Return], without: Sequence[Order]) -> None:
    """Write the warehouses' returns and those that Amazon's warehouses got."""
    own = [each for each in found if each.order.location != catalog.FBA]
    name = f"fulfilment/returns_{delivery.today}.csv"
    with delivery.sheet(name, RETURNS) as sheet:
        for each in sorted(own, key=lambda each: (each.at, each.order.number)):
            order, sku = each.order, each.order.lines[0].sku
            line = sheet.row([
                f"RMA{_dice(order, 'rma') % 10**7:07d}", order.order_id, order.channel,
                order.location, sku, each.units, f"{clock.wall(each.at):%Y-%m-%d %H:%M:%S}",
                each.disposition, each.reason,
            ])  # fmt: skip
            if each.planted:
                sheet.remark(line, each.planted, key=order.order_id)
    for order in without:
        delivery.anomaly("refund_without_return", name, None, order.order_id)
    name = f"amazon/fba_returns_{delivery.today}.txt"
    with delivery.sheet(name, FBA_RETURNS, "\t") as sheet:
        for each in sorted(found, key=lambda each: (-each.at, each.order.number)):
            order, sku = each.order, each.order.lines[0].sku
            if order.location != catalog.FBA:
                continue
            is_good = each.disposition == "restock"
            line = sheet.row([
                datetime.fromtimestamp(each.at, UTC).isoformat(), order.order_id,
                amazon.seller_sku(sku, order), catalog.asin(sku), f"X00{_dice(order, 'fnsku') % 10**7:07d}",
                catalog.title(sku), each.units, "ABE2", "SELLABLE" if is_good else "CUSTOMER_DAMAGED",
                each.reason.upper().replace(" ", "_"),
                "Unit returned to inventory" if is_good else "Reimbursed",
                f"LPN{_dice(order, 'lpn') % 10**8:08d}", "",
            ])  # fmt: skip
            if each.planted:
                sheet.remark(line, each.planted, key=order.order_id)


def _write_disputes(delivery: Delivery, found: Sequence[Dispute]) -> None:
    """Write what the web shop's API answers about disputes, newest first."""
    name = f"shopify/disputes_{delivery.today}.json"
    content = {"disputes": [_dispute(each, delivery.now) for each in reversed(found)]}
    delivery.document(name, content, rows=len(found))
    for each in found:
        if each.state(delivery.now) == "needs_response":
            delivery.anomaly("dispute_open", name, key=each.order.order_id)


def _dispute(each: Dispute, now: int) -> dict[str, Any]:
    state = each.state(now)
    is_sent = each.is_answered and each.answered <= now
    reasons = ("fraudulent", "product_not_received", "product_unacceptable")
    return {
        "id": 7_000_000_000 + each.order.number,
        "order_id": int(own_id(each.order)),
        "type": each.kind,
        "amount": cents(each.order.total),
        "currency": catalog.CURRENCY,
        "reason": reasons[_dice(each.order, "reason") % len(reasons)],
        "network_reason_code": "4853",
        "status": state,
        "initiated_at": _moment(each.opened),
        "evidence_due_by": _moment(each.due),
        "evidence_sent_on": _moment(each.answered) if is_sent else None,
        "finalized_on": _moment(each.decided) if state in ("won", "lost") else None,
    }


def _moment(instant: int) -> str:
    return clock.wall(instant).isoformat()


def _returns_truth(found: Iterable[Return]) -> dict[str, dict[str, int]]:
    """Return of each SKU and month what came back, by where it is now."""
    truth: dict[str, dict[str, int]] = {}
    for each in found:
        month = f"{clock.wall(each.at):%Y-%m}"
        row = truth.setdefault(
            f"{each.order.lines[0].sku}|{month}", dict.fromkeys(_TRUTH.values(), 0)
        )
        row[each.where] += each.units
    return dict(sorted(truth.items()))


def _disputes_truth(found: Iterable[Dispute], now: int) -> dict[str, dict[str, Any]]:
    """Return of each dispute how far it is, and the hours that are left where it waits for evidence."""
    return {
        str(7_000_000_000 + each.order.number): {
            "order": each.order.order_id,
            "kind": each.kind,
            "state": each.state(now),
            "amount": cents(each.order.total),
            "hours_left": (each.due - now) // clock.HOUR
            if each.state(now) == "needs_response"
            else None,
        }
        for each in found
    }
