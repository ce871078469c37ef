"""The money's way: web shop payouts, marketplace deposits, and the bank that confirms them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple
from zlib import crc32

from tasks.demo import catalog, clock
from tasks.demo.delivery import Delivery, cents, names
from tasks.demo.orders import Order
from tasks.demo.settlements import Settlement
from tasks.demo.shopify import moment, payment_method
from tasks.demo.tiktok import Income

TRANSACTIONS = names(
    "Transaction Date,Type,Order,Card Brand,Card Source,Payout Status,Payout Date,Payout ID,"
    "Available On,Amount,Fee,Net,Checkout,Payment Method Name,Presentment Amount,"
    "Presentment Currency,Currency"
)
PAYOUTS = names(
    "Payout Date,Status,Charges,Refunds,Adjustments,Marketplace Sales Tax,Advances,"
    "Reserved Funds,Fees,Retried Amount,Total,Currency,Bank Reference"
)
BANK = names("date,account,description,reference,amount,balance")

OPENING_BALANCE = 2_500_000
_CHARGEBACK_FEE = 1500
_BANK_PERIOD, _MISSING, _SHORT = 60, 17, 41  # every 60th web shop payout, by its working-day number
_NUMBERING_FROM = date(2026, 1, 1)
_COMPONENT = {"charge": "charges", "refund": "refunds", "chargeback": "adjustments"}


class Transaction(NamedTuple):
    """One movement on the web shop's payment account; cents, the fee positive."""

    at: int
    type: str
    order: Order
    amount: int
    fee: int

    @property
    def net(self) -> int:
        """Amount less fee."""
        return self.amount - self.fee


class Deposit(NamedTuple):
    """One line of the bank statement."""

    day: date
    description: str
    reference: str
    amount: int


@dataclass
class Payout:
    """Money a channel sends; `paid_in` is what the bank will show, if anything."""

    channel: str
    payout_id: str
    day: date
    amount: int
    reference: str
    lines: int
    components: dict[str, int]
    planted: str = ""
    paid_in: Deposit | None = None
    transactions: list[Transaction] = field(default_factory=list)
    settlement: Settlement | None = None

    @property
    def expected_in_bank(self) -> date:
        """The day on which the bank shows the money, or would."""
        return clock.working_days_later(self.day + timedelta(days=1), crc32(self._key) % 2)

    @property
    def _key(self) -> bytes:
        return self.reference.encode()

    def status(self, today: date) -> str:
        """Return the state of the payout on a day."""
        if self.planted == "negative_settlement":
            return "negative carried"
        if self.planted == "missing_settlement":
            return "settlement file missing"
        if self.planted == "tampered_settlement":
            return "lines do not sum"
        if self.day > today:
            return "scheduled"
        if self.expected_in_bank > today:
            return "in transit"
        return {"bank_deposit_missing": "bank missing", "bank_off_by_0.03": "bank differs"}.get(
            self.planted, "reconciled"
        )


def _bank(payout: Payout, short: int = 0) -> Deposit | None:
    """Return the statement's line; nothing moves for a payout of nothing."""
    verb = "DEPOSIT" if payout.amount > 0 else "DEBIT"
    amount = payout.amount - short
    if not amount:
        return None
    return Deposit(
        payout.expected_in_bank, f"{verb} {payout.channel.upper()}", payout.reference, amount
    )


def transactions(orders: Iterable[Order], now: int) -> list[Transaction]:
    """Return the web shop's payment movements up to `now`, oldest first."""
    found = []
    for order in orders:
        if order.channel != "shopify" or not order.counts or not order.paid:
            continue
        if payment_method(order) != "Shopify Payments":
            continue
        if order.paid <= now:
            fee = (order.total * 29 + 500) // 1000 + 30
            found.append(Transaction(order.paid, "charge", order, order.total, fee))
        if order.refund is not None and order.refund.at <= now:
            found.append(Transaction(order.refund.at, "refund", order, -order.refund.amount, 0))
        if order.disputed is not None and order.disputed <= now:
            found.append(
                Transaction(order.disputed, "chargeback", order, -order.total, _CHARGEBACK_FEE)
            )
    found.sort(key=lambda entry: (entry.at, entry.order.number))
    return found


def shopify_payouts(entries: Iterable[Transaction]) -> list[Payout]:
    """Return the web shop's payouts: two working days after the movement, one a day."""
    groups: dict[date, list[Transaction]] = defaultdict(list)
    for entry in entries:
        groups[clock.working_days_later(clock.local_day(entry.at), 2)].append(entry)
    found = []
    for day, group in sorted(groups.items()):
        number = _working_day_number(day)
        payout_id = str(98_100_000_000 + number * 37)
        components = {"charges": 0, "refunds": 0, "adjustments": 0, "fees": 0}
        for entry in group:
            components[_COMPONENT[entry.type]] += entry.amount
            components["fees"] -= entry.fee
        payout = Payout(
            "shopify", payout_id, day, sum(components.values()), f"SHPFY{payout_id}", len(group),
            components, transactions=group,
        )  # fmt: skip
        if number % _BANK_PERIOD == _MISSING:
            payout.planted = "bank_deposit_missing"
        elif number % _BANK_PERIOD == _SHORT:
            payout.planted = "bank_off_by_0.03"
            payout.paid_in = _bank(payout, short=3)
        else:
            payout.paid_in = _bank(payout)
        found.append(payout)
    return found


def _working_day_number(day: date) -> int:
    weeks, rest = divmod((day - _NUMBERING_FROM).days + _NUMBERING_FROM.weekday(), 7)
    return weeks * 5 + min(rest, 4)


def amazon_payout(settlement: Settlement) -> Payout:
    """Return the payout of a settlement; one below zero never reaches the bank."""
    components: dict[str, int] = defaultdict(int)
    for entry in settlement.entries:
        components[entry.component] += entry.amount
    payout = Payout(
        "amazon",
        settlement.settlement_id,
        clock.local_day(settlement.deposit, clock.UTC_ZONE),
        settlement.total,
        f"AMZN {settlement.settlement_id}",
        len(settlement.entries),
        dict(components),
        settlement.planted,
        settlement=settlement,
    )
    if settlement.total > 0:
        payout.paid_in = _bank(payout)
    elif settlement.total < 0:
        payout.planted = "negative_settlement"
    return payout


def tiktok_payouts(rows: Iterable[Income]) -> list[Payout]:
    """Return TikTok's payouts: one each settling day."""
    groups: dict[date, list[Income]] = defaultdict(list)
    for row in rows:
        groups[row.settled].append(row)
    found = []
    for day, group in sorted(groups.items()):
        components = {
            "revenue": sum(row.revenue for row in group if not row.is_refund),
            "refunds": sum(row.revenue for row in group if row.is_refund),
            "fees": sum(row.fees for row in group),
        }
        payout = Payout(
            "tiktok", f"TTS-{day}", day, sum(components.values()), f"TIKTOK SHOP {day}",
            len(group), components,
        )  # fmt: skip
        payout.paid_in = _bank(payout)
        found.append(payout)
    return found


def transfers(orders: Iterable[Order], terms: int = 30) -> list[Deposit]:
    """Return what wholesale customers pay, `terms` days after their goods left."""
    return [
        Deposit(
            clock.working_days_later(clock.local_day(order.shipped) + timedelta(days=terms), 0),
            "CUSTOMER TRANSFER",
            f"ACC-{order.buyer % 40 + 101} {order.order_id}",
            order.gross,
        )
        for order in orders
        if order.channel == "wholesale" and order.kind == "web" and order.shipped is not None
    ]


def write_shopify(delivery: Delivery, payouts: Sequence[Payout]) -> None:
    """Write payouts and their transactions, newest first."""
    today = delivery.today
    with delivery.sheet(f"shopify/payouts_export_{today}.csv", PAYOUTS) as sheet:
        for payout in reversed(payouts):
            part = payout.components
            sheet.row([
                payout.day, "paid" if payout.day <= today else "scheduled",
                cents(part["charges"]), cents(part["refunds"]), cents(part["adjustments"]),
                "0.00", "0.00", "0.00", cents(part["fees"]), "0.00", cents(payout.amount),
                catalog.CURRENCY, payout.reference,
            ])  # fmt: skip
    months = {_month(entry) for payout in payouts for entry in payout.transactions}
    for month in sorted(months):
        _write_transactions(delivery, payouts, month)


def _month(entry: Transaction) -> str:
    return f"{clock.wall(entry.at):%Y-%m}"


def _write_transactions(delivery: Delivery, payouts: Sequence[Payout], month: str) -> None:
    """Write one month's movements; a payout at its turn has lines in two such files."""
    today = delivery.today
    name = f"shopify/payment_transactions_export_{month}.csv"
    with delivery.sheet(name, TRANSACTIONS) as sheet:
        for payout in reversed(payouts):
            status = "paid" if payout.day <= today else "scheduled"
            of_month = [entry for entry in payout.transactions if _month(entry) == month]
            for position, entry in enumerate(reversed(of_month)):
                order = entry.order
                line = sheet.row([
                    moment(entry.at), entry.type, order.order_id,
                    ("visa", "mastercard", "amex")[order.buyer % 3], "online", status, payout.day,
                    payout.payout_id, payout.day, cents(entry.amount), cents(entry.fee),
                    cents(entry.net), f"#{30_000_000_000 + order.number * 41}", "card",
                    cents(order.total), catalog.CURRENCY, catalog.CURRENCY,
                ])  # fmt: skip
                if not position and len(of_month) < len(payout.transactions):
                    note = f"{len(of_month)} of its {len(payout.transactions)} lines"
                    sheet.remark(line, "split_payout", note, payout.payout_id)


def write_bank(delivery: Delivery, deposits: Iterable[Deposit], first_day: date) -> None:
    """Write the statement from a day on; the balance runs from the shop's opening."""
    today = delivery.today
    balance = OPENING_BALANCE
    with delivery.sheet(f"bank/bank_statement_{today}.csv", BANK) as sheet:
        for deposit in sorted(deposits):
            if deposit.day > today:
                continue
            balance += deposit.amount
            if deposit.day >= first_day:
                sheet.row([
                    deposit.day, catalog.CURRENCY, deposit.description, deposit.reference,
                    cents(deposit.amount), cents(balance),
                ])  # fmt: skip
