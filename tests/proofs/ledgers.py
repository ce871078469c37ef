"""Ledgers that are made up: payouts with their lines, orders and bookings, as accepted rows, many in one warehouse.

Each payout is of a channel of its own kind: a web shop whose payouts have ids, one whose exports overlap, one whose
money comes in two bookings or two payouts in one, one whose payouts fail and are paid again, and a marketplace with
windows, reserves and debts that are carried over. All money is in whole cents until it is written.
"""

import random
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import duckdb
import yaml

from config.shop import Shop
from config.strict import ROOT
from tasks.run.night import Night
from tasks.warehouse.build import build
from tasks.warehouse.models import read_models, read_rules, upstream
from tasks.warehouse.settings_tables import write_settings
from tasks.warehouse.tables import insert
from tests.sql.golden import fill, read_shared

Row = dict[str, Any]

AS_OF = datetime(2030, 1, 20, 6, tzinfo=UTC)
EXPORTED = datetime(2030, 1, 19, 6, tzinfo=UTC)
FIRST = date(2025, 6, 2)
CURRENCIES = ("USD", "EUR", "GBP")
KINDS = ("named", "overlapping", "grouped", "retried", "windows")
MODELS = read_models(ROOT / "sql")
RULES = read_rules(ROOT / "sql")
MARTS = ("payout_lines", "payout_reconciliation", "payout_exceptions", "reserve_rollforward",
         "journal_entries")  # fmt: skip
UPSTREAM = upstream(MODELS, *(f"marts.{mart}" for mart in MARTS))
# What bounds the calendars of the settings.
BOUNDS = ("valid.orders", "valid.payouts", "valid.bank_lines", "valid.tickets")
CHAIN = [model for model in MODELS if model.table in UPSTREAM]


def money(cents: int) -> Decimal:
    """Return cents as an amount."""
    return Decimal(cents) / 100


@dataclass
class World:
    """What has come of every channel, and what the payouts must be, in cents."""

    tables: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    totals: dict[tuple[str, str], int] = field(default_factory=dict)
    buckets: dict[tuple[str, str], dict[str, int]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(int))
    )
    channels: dict[str, tuple[str, str]] = field(default_factory=dict)  # platform and currency
    statuses: dict[tuple[str, str], str] = field(default_factory=dict)
    line_no: int = 1

    def channel(self, name: str, platform: str, currency: str) -> None:
        """Add a channel."""
        self.channels[name] = (platform, currency)

    def line(
        self, channel: str, payout: str, day: date, kind: tuple[str, str, str], bucket: str, cents: int,
        *, order: str | None = None, part: str = "amount", file: str = "lines", state: str = "paid",
    ) -> Row:  # fmt: skip
        """Add a line, and what it adds to its payout's bucket."""
        self.line_no += 1
        platform, currency = self.channels[channel]
        row = {
            "platform": platform, "channel": channel, "payout_id": payout, "payout_state": state,
            "part": part, "transaction_type": kind[0], "amount_type": kind[1], "description": kind[2],
            "amount": money(cents), "currency": currency, "order_ref": order,
            "posted_at": datetime(day.year, day.month, day.day, 10, tzinfo=UTC),
            "line_key": f"{channel}/{self.line_no}", "report": "lines", "file_id": file,
            "line_no": self.line_no, "exported_at": EXPORTED,
        }  # fmt: skip
        self.tables["valid.payout_lines"].append(row)
        self.buckets[channel, payout][bucket] += cents
        return row

    def again(self, row: Row, file: str) -> None:
        """Add a line once more, as a second export that overlaps the first has it."""
        self.line_no += 1
        self.tables["valid.payout_lines"].append(
            row | {"file_id": file, "line_no": self.line_no, "exported_at": EXPORTED + timedelta(1)}
        )

    def payout(
        self, channel: str, payout: str, day: date, *, state: str = "paid", reference: str | None = None,
        start: datetime | None = None, end: datetime | None = None, status: str = "reconciled",
        retried: int = 0,
    ) -> int:  # fmt: skip
        """Add the payout whose lines are there already; return its cents."""
        self.line_no += 1
        platform, currency = self.channels[channel]
        total = sum(self.buckets[channel, payout].values())
        self.tables["valid.payouts"].append({
            "platform": platform, "channel": channel, "payout_id": payout, "payout_date": day,
            "state": state, "payout_amount": money(total), "currency": currency,
            "bank_reference": reference, "period_start_at": start, "period_end_at": end,
            "retried_amount": money(retried), "file_id": f"totals {channel} {payout}",
            "line_no": self.line_no, "exported_at": EXPORTED, "report": "totals",
        })  # fmt: skip
        self.totals[channel, payout] = total
        self.statuses[channel, payout] = status
        return total

    def booking(self, channel: str, day: date, cents: int, reference: str | None = None) -> None:
        """Add a booking on the account of the channel's currency."""
        self.line_no += 1
        currency = self.channels[channel][1]
        self.tables["valid.bank_lines"].append({
            "booked_date": day, "account": currency, "description": f"PAID {channel}",
            "reference": reference, "amount": money(cents), "currency": currency, "file_id": "bank",
            "line_no": self.line_no, "exported_at": EXPORTED, "report": "bank",
        })  # fmt: skip

    def order(self, channel: str, name: str, day: date, parts: tuple[int, int, int, int]) -> int:
        """Add an order of goods, shipping, tax and discount; return its total in cents."""
        goods, shipping, tax, discount = parts
        total = goods + shipping + tax - discount
        self.line_no += 1
        platform, currency = self.channels[channel]
        moment = datetime(day.year, day.month, day.day, 9, tzinfo=UTC)
        self.tables["valid.orders"].append({
            "platform": platform, "channel": channel, "order_id": name, "order_name": name,
            "ordered_at": moment, "updated_at": moment, "currency": currency,
            "payment_state": "paid", "fulfilment_state": "fulfilled",
            "payment_method": "Shopify Payments", "subtotal_amount": money(goods - discount),
            "shipping_amount": money(shipping), "tax_amount": money(tax),
            "discount_amount": money(discount), "total_amount": money(total),
            "file_id": "orders", "line_no": self.line_no, "exported_at": EXPORTED, "report": "orders",
        })  # fmt: skip
        return total


def sell(world: World, rng: random.Random, channel: str, payout: str, day: date, file: str = "lines",
         state: str = "paid") -> list[Row]:  # fmt: skip
    """Add one to three sales of a web shop, some with a refund or a reserve."""
    rows = []
    for number in range(rng.randint(1, 3)):
        order = f"{payout}-{number}"
        goods = rng.randint(200, 20_000)
        parts = (
            goods,
            rng.choice([0, 495, 799]),
            goods * rng.randint(0, 9) // 100,
            rng.choice([0, 0, goods // 10]),
        )
        fee = -(rng.randint(30, 900))
        if rng.random() < 0.7:
            total = world.order(channel, order, day, parts)
            row = world.line(channel, payout, day, ("charge", "amount", "charge"), "sale", total,
                             order=order, file=file, state=state)  # fmt: skip
            split = {"shipping": parts[1], "tax_collected": parts[2], "promotion": -parts[3]}
            for bucket, cents in split.items():
                world.buckets[channel, payout][bucket] += cents
                world.buckets[channel, payout]["sale"] -= cents
        else:
            row = world.line(channel, payout, day, ("charge", "amount", "charge"), "sale", goods,
                             order=f"{order}-unknown", file=file, state=state)  # fmt: skip
        rows.append(row)
        rows.append(world.line(channel, payout, day, ("charge", "fee", "charge fee"), "commission", fee,
                               order=order, part="fee", file=file, state=state))  # fmt: skip
        if rng.random() < 0.2:
            rows.append(world.line(channel, payout, day, ("refund", "amount", "refund"), "refund",
                                   -rng.randint(1, 199), order=order, file=file, state=state))  # fmt: skip
    if rng.random() < 0.2:
        cents = rng.randint(-150, -1)
        rows.append(world.line(channel, payout, day, ("reserve", "amount", "reserve"), "reserve_held",
                               cents, file=file, state=state))  # fmt: skip
    return rows


def named(world: World, rng: random.Random, channel: str, days: list[date]) -> None:
    """Payouts whose booking names them, each in one export or in two that overlap."""
    for number, day in enumerate(days):
        payout = f"{channel}{number:07d}"
        rows = sell(world, rng, channel, payout, day - timedelta(1))
        if "overlapping" in channel:
            for row in rows[rng.randint(0, len(rows)) :]:
                world.again(row, "lines again")
        total = world.payout(channel, payout, day, reference=f"REF {payout}")
        world.booking(channel, day + timedelta(1), total, f"REF {payout}")


def grouped(world: World, rng: random.Random, channel: str, days: list[date]) -> None:
    """Payouts that one booking pays in pairs, or that come in two; the amounts alone tell."""
    for number in range(0, len(days) - 1, 2):
        pair = []
        for place in (number, number + 1):
            payout = f"{channel}{place:07d}"
            sell(world, rng, channel, payout, days[number] - timedelta(1))
            pair.append(world.payout(channel, payout, days[number]))
        if number % 4:
            world.booking(channel, days[number] + timedelta(1), sum(pair))
        else:
            for total in pair:
                first = total // 3
                world.booking(channel, days[number] + timedelta(1), first)
                world.booking(channel, days[number] + timedelta(2), total - first)


def retried(world: World, rng: random.Random, channel: str, days: list[date]) -> None:
    """Payouts of which every third fails and is paid again with the next."""
    failed = 0
    for number, day in enumerate(days):
        payout = f"{channel}{number:07d}"
        fails = number % 3 == 1 and number + 1 < len(days)
        state = "failed" if fails else "paid"
        sell(world, rng, channel, payout, day - timedelta(1), state=state)
        if failed:
            world.line(
                channel,
                payout,
                day,
                ("payout_failure", "amount", "payout failure"),
                "carried_over",
                failed,
            )
        total = world.payout(channel, payout, day, state=state, reference=f"REF {payout}",
                             status="carried_over" if fails else "reconciled")  # fmt: skip
        if fails:
            failed = total
        else:
            failed = 0
            world.booking(channel, day + timedelta(1), total, f"REF {payout}")


def windows(world: World, rng: random.Random, channel: str, days: list[date]) -> None:
    """Settlements end to end, each releasing the reserve before; a debt is carried over to the next."""
    reserve = debt = 0
    for number, day in enumerate(days):
        payout = f"{7_000_000 + number}"
        start = datetime(day.year, day.month, day.day, tzinfo=UTC)
        end = start + timedelta(days=days[1].toordinal() - days[0].toordinal())
        other = "other-transaction"
        if reserve:
            world.line(
                channel,
                payout,
                day,
                (other, other, "Previous Reserve Amount Balance"),
                "reserve_released",
                reserve,
            )
        if debt:
            world.line(
                channel, payout, day, (other, other, "Payable to Amazon"), "carried_over", debt
            )
        is_bad = number % 5 == 2 and number + 1 < len(days)
        sold = 0 if is_bad else rng.randint(5_000, 90_000)
        if sold:
            world.line(
                channel,
                payout,
                day,
                ("Order", "ItemPrice", "Principal"),
                "sale",
                sold,
                order=f"x{number}",
            )
            tax = sold * 7 // 100
            world.line(
                channel,
                payout,
                day,
                ("Order", "ItemPrice", "Tax"),
                "tax_collected",
                tax,
                order=f"x{number}",
            )
            world.line(channel, payout, day, ("Order", "ItemWithheldTax", "MarketplaceFacilitatorTax-Principal"),
                       "tax_withheld", -tax, order=f"x{number}")  # fmt: skip
            world.line(channel, payout, day, ("Order", "ItemFees", "Commission"), "commission", -(sold * 15 // 100),
                       order=f"x{number}")  # fmt: skip
        world.line(channel, payout, day, ("ServiceFee", "Cost of Advertising", "TransactionTotalAmount"),
                   "advertising", -rng.randint(1, 900) - (reserve if is_bad else 0))  # fmt: skip
        reserve = 0 if is_bad else rng.randint(0, 2_000)
        if reserve:
            world.line(
                channel,
                payout,
                day,
                (other, other, "Current Reserve Amount"),
                "reserve_held",
                -reserve,
            )
        total = sum(world.buckets[channel, payout].values())
        world.payout(channel, payout, day, start=start, end=end,
                     status="carried_over" if total < 0 else "reconciled")  # fmt: skip
        debt = min(total, 0)
        if total > 0:
            world.booking(channel, day + timedelta(1), total, f"REF {payout}")


MAKERS = {
    "named": named,
    "overlapping": named,
    "grouped": grouped,
    "retried": retried,
    "windows": windows,
}


def ledgers(seed: int, payouts: int, per_channel: int) -> World:
    """Return a world of about so many payouts, each channel with its own kind and currency."""
    rng = random.Random(seed)
    world = World()
    for number in range(payouts // per_channel):
        kind = KINDS[number % len(KINDS)]
        channel = f"{kind}{number}"
        world.channel(channel, "amazon" if kind == "windows" else "shopify", CURRENCIES[number % 3])
        step = 2 if kind == "windows" else 1
        days = [
            FIRST + timedelta(days=7 * (place // 4) + place % 4 * step // step)
            for place in range(per_channel)
        ]
        if kind == "windows":
            days = [FIRST + timedelta(days=2 * place) for place in range(per_channel)]
        if kind == "grouped":
            days = [FIRST + timedelta(days=14 * (place // 2)) for place in range(per_channel)]
        MAKERS[kind](world, rng, channel, days)
    return world


def shop_of(world: World) -> Shop:
    """Return the shop file that knows the world's channels."""
    people = {
        role: {"owner": f"{role}@example.com"}
        for role in ("finance", "operations", "buying", "support")
    }
    channels = {
        name: {
            "platform": platform, "timezone": "UTC", "currency": currency, "priority": place,
            "locations": ["Main"], "bank_descriptions": [f"PAID {name}"],
        }
        for place, (name, (platform, currency)) in enumerate(world.channels.items(), 1)
    }  # fmt: skip
    return Shop(
        name="ledgers",
        **yaml.safe_load(
            "{title: Ledgers, timezone: UTC, currency: USD, fixed_rates: {EUR: 0.9, GBP: 0.8}}"
        ),
        channels=channels,
        locations={"Main": {"kind": "own"}},
        people=people,
    )


def built(world: World) -> duckdb.DuckDBPyConnection:
    """Return a warehouse in memory with every table of the chain built."""
    con = duckdb.connect()
    con.execute("set timezone = 'UTC'")
    shared = read_shared(ROOT / "tests/sql/given")
    con.execute("create schema if not exists settings")
    leaves = {name for model in CHAIN for name in model.inputs} - UPSTREAM
    for name in sorted({*leaves, *BOUNDS}):
        if name.startswith("settings."):
            continue
        fill(con, name, None, shared.get(name))
        rows = world.tables.get(name, [])
        columns = [header.name for header in shared[name].columns]
        insert(con, name, [tuple(row.get(column) for column in columns) for row in rows])
    # The orders of the web shops have come, so an order that is in none of them is nobody's.
    con.execute(
        "insert into landing.files by name select 'orders' as file_id, 'shopify.orders' as report,"
        " 'accepted' as status, cast(? as timestamptz) as exported_at",
        [EXPORTED],
    )
    write_settings(con, Night(shop_of(world), AS_OF, "ledgers"))
    build(con, CHAIN, RULES)
    return con
