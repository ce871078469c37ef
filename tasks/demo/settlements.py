"""Amazon's settlements: two weeks of money each, one chained to the next."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from tasks.demo import catalog, claims, clock, people
from tasks.demo.amazon import seller_sku
from tasks.demo.delivery import Delivery, cents, names
from tasks.demo.orders import Line, Order

COLUMNS = names(
    "settlement-id settlement-start-date settlement-end-date deposit-date total-amount currency "
    "transaction-type order-id merchant-order-id adjustment-id shipment-id marketplace-name "
    "amount-type amount-description amount fulfillment-id posted-date posted-date-time "
    "order-item-code merchant-order-item-id merchant-adjustment-item-id sku quantity-purchased "
    "promotion-id",
    " ",
)

# What is wrong with the n-th settlement, by n modulo 8.
_PLANTED = {
    1: "negative_settlement",
    3: "tampered_settlement",
    4: "unknown_settlement_type",
    6: "missing_settlement",
}
_PERIOD = 8
_FORTNIGHT = 14 * clock.DAY
_FEES_OF, _FEES_RISE_IN = 2026, 11
UNKNOWN_TYPE = "Canopy Handling Surcharge"


class Entry(NamedTuple):
    """One line of a settlement; amount in cents."""

    posted: int
    transaction: str
    amount_type: str
    description: str
    amount: int
    order: Order | None = None
    line: Line | None = None

    @property
    def component(self) -> str:
        """The coarse group the truth file sums by."""
        return f"{self.transaction}/{self.amount_type}/{self.description}"


@dataclass
class Settlement:
    """One settlement; `total` is what its header says, which a tampered one does not sum to."""

    number: int
    settlement_id: str
    start: int
    end: int
    entries: list[Entry]
    planted: str
    total: int

    @property
    def deposit(self) -> int:
        """When Amazon sends the money."""
        return self.end + 2 * clock.DAY

    @property
    def name(self) -> str:
        """The file's place in the inbox."""
        return f"amazon/{self.settlement_id}.txt"


def window(opened: date, number: int) -> tuple[int, int]:
    """Return start and end of the n-th settlement; each starts on the second the last one ends."""
    first = clock.moment(opened + timedelta(days=2), 7, 6, 34, clock.UTC_ZONE)
    return (
        first + number * _FORTNIGHT + number % 3,
        first + (number + 1) * _FORTNIGHT + (number + 1) % 3,
    )


def settle(opened: date, orders: Iterable[Order], now: int) -> Iterable[Settlement]:
    """Yield the settlements closed by `now`, oldest first; one is in memory at a time."""
    events: dict[int, list[tuple[int, str, Order]]] = defaultdict(list)
    first = window(opened, 0)[0]
    for order in orders:
        if order.channel != "amazon" or not (order.counts or order.kind == "mcf"):
            continue
        if order.shipped is not None and order.shipped <= now:
            moments = [(order.shipped, "Order")]
            if order.refund is not None and order.refund.at <= now:
                moments.append((order.refund.at, "Refund"))
            for posted, transaction in moments:
                number = (posted - first) // _FORTNIGHT
                if number >= 0 and posted < window(opened, number)[0]:
                    number -= 1
                events[number].append((posted, transaction, order))
    reserve = carried = 0
    number = 0
    while window(opened, number)[1] <= now:
        settlement = _settlement(opened, number, events.pop(number, []), reserve, carried)
        held = settlement.entries[-1]
        reserve = -held.amount if held.description == "Current Reserve Amount" else 0
        carried = min(settlement.total, 0)
        yield settlement
        number += 1


def _settlement(
    opened: date,
    number: int,
    events: list[tuple[int, str, Order]],
    reserve: int,
    carried: int,
) -> Settlement:
    start, end = window(opened, number)
    planted = _PLANTED.get(number % _PERIOD, "")
    entries = _opening(start, reserve, carried)
    for posted, transaction, order in sorted(events, key=lambda event: (event[0], event[2].number)):
        entries.extend(_sold(posted, order) if transaction == "Order" else _returned(posted, order))
    sold = sum(entry.amount for entry in entries if entry.description == "Principal")
    entries.extend(_fees(start, number, max(sold, 0)))
    if planted == "unknown_settlement_type":
        entries.append(
            Entry(
                start + 9 * clock.DAY, "other-transaction", "other-transaction", UNKNOWN_TYPE, -437
            )
        )
    entries.sort(key=lambda entry: entry.posted)
    total = sum(entry.amount for entry in entries)
    if planted == "negative_settlement":
        wanted = -(13_000 + number * 97)
        entries.append(_advertising(end - clock.HOUR, wanted - total))
        total = wanted
    elif total > 0:
        held = total * 6 // 100
        entries.append(_other(end - 2, "Current Reserve Amount", -held))
        total -= held
    if planted == "tampered_settlement":
        total += 1
    return Settlement(
        number, str(21_400_000_000 + number * 7_919_113), start, end, entries, planted, total
    )


def _other(posted: int, description: str, amount: int) -> Entry:
    return Entry(posted, "other-transaction", "other-transaction", description, amount)


def _advertising(posted: int, amount: int) -> Entry:
    return Entry(posted, "ServiceFee", "Cost of Advertising", "TransactionTotalAmount", amount)


def _opening(start: int, reserve: int, carried: int) -> list[Entry]:
    entries = []
    if reserve:
        entries.append(_other(start, "Previous Reserve Amount Balance", reserve))
    if carried:
        entries.append(_other(start, "Payable to Amazon", carried))
        entries.append(_other(start, "Successful charge", -carried))
    return entries


def _fees(start: int, number: int, sold: int) -> list[Entry]:
    """Advertising by the sales, and the monthly fees in every second settlement."""
    entries = [
        _advertising(start + day * clock.DAY, -(sold * 2 // 100 + 150)) for day in (3, 7, 11)
    ]
    if number % 2 == 0:
        entries.append(_other(start + 5 * clock.DAY, "Subscription Fee", -3999))
        entries.append(_other(start + 6 * clock.DAY, "Storage Fee", -1870 - number * 13))
    return entries


def _commission(cents_sold: int, percent: int = claims.COMMISSION_PERCENT) -> int:
    return (cents_sold * percent + 50) // 100


def _fulfilment_fee(line: Line, posted: int) -> int:
    """Return what FBA takes: a tenth more with each November."""
    day = clock.local_day(posted, clock.UTC_ZONE)
    rises = day.year - _FEES_OF + (day.month >= _FEES_RISE_IN)
    fee = (322 + catalog.BY_SKU[line.sku].grams // 25) * (10 + rises) // 10
    return line.quantity * fee


def _sold(posted: int, order: Order) -> list[Entry]:
    rate = people.person(order.buyer).tax_rate
    entries: list[Entry] = []
    for ordinal, line in enumerate(order.sold(posted)):
        discount = order.discount + claims.coupon(order) if ordinal == 0 else 0
        shipping = order.shipping if ordinal == 0 else 0
        tax = people.tax(line.gross, rate)
        is_over = ordinal == 0 and claims.is_overcharged(order)
        percent = claims.OVERCHARGED_PERCENT if is_over else claims.COMMISSION_PERCENT
        money = [
            ("ItemPrice", "Principal", line.gross),
            ("ItemPrice", "Tax", tax),
            ("ItemPrice", "Shipping", shipping),
            ("ItemWithheldTax", "MarketplaceFacilitatorTax-Principal", -tax),
            ("Promotion", "Principal", -discount),
            ("ItemFees", "Commission", -_commission(line.gross - discount, percent)),
        ]
        if order.kind == "mcf":
            money = []
        if order.location == catalog.FBA:
            money.append(("ItemFees", "FBAPerUnitFulfillmentFee", -_fulfilment_fee(line, posted)))
        entries.extend(
            Entry(posted, "Order", kind, description, amount, order, line)
            for kind, description, amount in money
            if amount
        )
    return entries


def _returned(posted: int, order: Order) -> list[Entry]:
    line, refund = order.lines[0], order.refund
    back = refund.amount if refund else 0
    tax = people.tax(back, people.person(order.buyer).tax_rate)
    money = [
        ("ItemPrice", "Principal", -back),
        ("ItemPrice", "Tax", -tax),
        ("ItemWithheldTax", "MarketplaceFacilitatorTax-Principal", tax),
    ]
    if not claims.keeps_fee(order):
        money += [
            ("ItemFees", "Commission", _commission(back)),
            ("ItemFees", "RefundCommission", -min(_commission(back) // 5, 500)),
        ]
    return [
        Entry(posted, "Refund", kind, description, amount, order, line)
        for kind, description, amount in money
        if amount
    ]


def _utc(instant: int) -> str:
    return f"{datetime.fromtimestamp(instant, UTC).isoformat(' ')[:19]} UTC"


def write(delivery: Delivery, settlement: Settlement, downloaded: int) -> None:
    """Write one settlement: line 2 holds its summary and is no data."""
    blank = [""] * len(COLUMNS)
    with delivery.sheet(
        settlement.name, COLUMNS, "\t", downloaded, settlement_id=settlement.settlement_id
    ) as sheet:
        head = blank.copy()
        head[:6] = (
            settlement.settlement_id, _utc(settlement.start), _utc(settlement.end),
            _utc(settlement.deposit), cents(settlement.total), catalog.CURRENCY,
        )  # fmt: skip
        sheet.summary(head)
        if settlement.planted == "tampered_settlement":
            sheet.remark(
                2,
                settlement.planted,
                "total-amount is 0.01 above the sum of the lines; the bank got the header's amount",
                settlement.settlement_id,
            )
        if settlement.planted == "negative_settlement":
            note = "below zero: charged to the card in the next settlement"
            sheet.remark(2, settlement.planted, note, settlement.settlement_id)
        for entry in settlement.entries:
            line = sheet.row(_row(settlement.settlement_id, entry))
            if kind := claims.planted_in(
                entry.transaction, entry.amount_type, entry.description, entry.order, entry.line
            ):
                sheet.remark(
                    line, kind, claims.NOTES[kind], entry.order.order_id if entry.order else ""
                )
            if entry.description == UNKNOWN_TYPE:
                note = f"{UNKNOWN_TYPE} {cents(entry.amount)} is in no taxonomy"
                sheet.remark(line, "unknown_settlement_type", note, settlement.settlement_id)


def _row(settlement_id: str, entry: Entry) -> list[str]:
    row = [""] * len(COLUMNS)
    row[0], row[6] = settlement_id, entry.transaction
    row[12], row[13], row[14] = entry.amount_type, entry.description, cents(entry.amount)
    row[17] = _utc(entry.posted)
    row[16] = row[17][:10]
    order, line = entry.order, entry.line
    if order is not None and line is not None:
        row[7] = row[8] = order.order_id
        row[10] = f"S{order.number:09d}"
        row[11] = "Non-Amazon US" if order.kind == "mcf" else "Amazon.com"
        row[15] = "AFN" if order.location == catalog.FBA else "MFN"
        row[18] = str(line.line_id)
        row[21] = seller_sku(line.sku, order)
        if entry.transaction == "Refund":
            row[9] = f"amzn1:crow:{order.number:010d}"
            row[20] = str(line.line_id + 3)
        else:
            row[22] = str(line.quantity)
        if entry.amount_type == "Promotion":
            row[23] = "FERN-SAVE-10"
    return row
