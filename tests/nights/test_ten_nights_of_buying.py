"""Ten nights of a small shop: files arrive, people decide, goods come. Nothing is bought twice, nothing flaps.

The world is simulated apart from the code: what it ordered, received and sold is known, so that what
the plan believes to be on order can be held to it every night.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random

from tasks.decide import steps as decided
from tasks.decide.approval import Selection
from tasks.intake import steps as intake
from tasks.ledger import ledger_of
from tasks.outbox import steps as outbox
from tasks.run.night import Night
from tasks.warehouse import steps as warehouse
from tasks.warehouse.connection import open_warehouse
from tests.first_shop import Row, write
from tests.inprocess import night_of, place, read

SHOP = """
title: Ten nights
timezone: UTC
currency: USD
channels:
  trade: {platform: wholesale, timezone: UTC, currency: USD, priority: 1, locations: [Main Warehouse]}
locations:
  Main Warehouse: {kind: own}
people:
  owner: {owner: olive@ten.example}
  operations: {owner: olive@ten.example}
  finance: {owner: olive@ten.example}
  buying: {owner: bea@ten.example}
  support: {owner: olive@ten.example}
approval: {purchase_order_limit_amount: 150}
reorder: {cover_days: 10}
"""
FIRST = date(2026, 11, 10)
NIGHTS = 10
HISTORY = 60
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
# Units a day, on hand at first, lead time: short and long, plenty and little, seldom and often.
SKUS = {
    "CUP": (6, 70, "S1"), "POT": (3, 20, "S1"), "JUG": (12, 60, "S2"), "MUG": (1, 4, "S2"),
    "BOWL": (4, 400, "S1"), "TRAY": (2, 9, "S2"),
}  # fmt: skip
LEAD = {"S1": 3, "S2": 6}
COST = {"S1": "2.00", "S2": "5.00"}


@dataclass
class Order:
    """A purchase order line of the world: `placed` is the day that it was sent."""

    number: str
    supplier: str
    sku: str
    units: int
    placed: date
    received: date | None = None

    @property
    def due(self) -> date:
        return self.placed + timedelta(days=LEAD[self.supplier])


@dataclass
class World:
    """What really happens, day by day."""

    rng: Random = field(default_factory=lambda: Random(11))
    stock: dict[str, int] = field(
        default_factory=lambda: {sku: s for sku, (_, s, _) in SKUS.items()}
    )
    sales: list[tuple[date, str, int]] = field(default_factory=list)
    counts: list[Row] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)

    def sell(self, day: date, *, is_history: bool) -> None:
        for sku, (rate, _, _) in SKUS.items():
            asked = sum(self.rng.random() < 0.5 for _ in range(2 * rate))
            units = asked if is_history else min(asked, self.stock[sku])
            if units:
                self.sales.append((day, sku, units))
            if not is_history:
                self.stock[sku] -= units
            self.counts.append(
                {"date": day, "location": "Main Warehouse", "sku": sku, "on_hand": self.stock[sku]}
            )

    def receive(self, day: date) -> None:
        for order in self.orders:
            if order.received is None and order.due <= day:
                order.received = day
                self.stock[order.sku] += order.units

    def on_order(self) -> dict[str, int]:
        found: dict[str, int] = defaultdict(int)
        for order in self.orders:
            found[order.sku] += order.units * (order.received is None)
        return found

    def files(self, day: date) -> Iterator[tuple[str, Iterable[Row]]]:
        """Yield what the shop exports in the early morning of `day`."""
        yield "wholesale/orders.csv", [
            {"po_number": f"W-{n}", "order_date": f"{sold} 10:00:00", "customer": "Grocer",
             "requested_ship_date": sold, "sku": sku, "quantity": units, "unit_price": "12.00",
             "currency": "USD", "net_terms_days": 30, "status": "shipped"}
            for n, (sold, sku, units) in enumerate(self.sales)
        ]  # fmt: skip
        yield "stock/on_hand.csv", [
            {"Warehouse": "Main Warehouse", "Part Number": sku, "Description": sku, "Bin": "A",
             "Qty On Hand": units, "Allocated": 0, "Damaged": 0, "As Of": f"{day} 00:30:00"}
            for sku, units in self.stock.items()
        ]  # fmt: skip
        yield "stock/stock_history.csv", self.counts
        yield "suppliers/suppliers.csv", [
            {"supplier_id": s, "name": s, "lead_time_days": lead, "moq_units": 12, "currency": "USD",
             "review_period_days": 1}
            for s, lead in LEAD.items()
        ]  # fmt: skip
        yield (
            "suppliers/supplier_items.csv",
            [
                {
                    "supplier_id": s,
                    "sku": sku,
                    "case_pack": 6,
                    "unit_cost": COST[s],
                    "currency": "USD",
                }
                for sku, (_, _, s) in SKUS.items()
            ],
        )
        if self.orders:
            yield "suppliers/purchase_orders.csv", [
                {"po_number": o.number, "supplier_id": o.supplier, "ordered_at": o.placed,
                 "promised_date": o.due, "sku": o.sku, "quantity_ordered": o.units,
                 "unit_cost": COST[o.supplier], "currency": "USD",
                 "status": "received" if o.received else "open"}
                for o in self.orders
            ]  # fmt: skip
        if any(order.received for order in self.orders):
            yield "suppliers/receipts.csv", [
                {"receipt_id": f"GR-{o.number}", "po_number": o.number, "sku": o.sku,
                 "quantity_received": o.units, "received_date": o.received,
                 "location": "Main Warehouse"}
                for o in self.orders
                if o.received
            ]  # fmt: skip


def run(night: Night) -> None:
    """Plan and suggest, as a night does."""
    intake.record_sightings.fn(night)
    warehouse.load_facts.fn(night)
    decided.plan_and_suggest.fn(night)
    outbox.write_orders_to_place.fn(night)


def suggestions(night: Night) -> list[dict[str, object]]:
    with ledger_of(night.shop) as ledger:
        return ledger.rows("purchase_suggestions")


def decide_and_order(night: Night, world: World, day: date) -> None:
    """Let the owner approve what waits, every second day, and the buyer send what may be sent."""
    waiting = [row for row in suggestions(night) if row["state"] == "pending_approval"]
    if waiting and day.day % 2:
        chosen = Selection(everything=True)
        decided.decide_purchase_orders.fn(night, chosen, True, "olive@ten.example", "agreed")
    ready = [row for row in suggestions(night) if row["state"] in ("suggested", "approved")]
    for supplier in sorted({str(row["supplier"]) for row in ready}):
        decided.order_from_supplier.fn(night, supplier, "bea@ten.example", "sent by mail")
    for row in ready:
        number = f"PO-{len(world.orders) + 1}"
        world.orders.append(
            Order(number, str(row["supplier"]), str(row["sku"]), int(str(row["units"])), day)
        )


def test_ten_nights_buy_nothing_twice_and_nothing_flaps(tmp_path: Path) -> None:
    data, shops = tmp_path / "data", tmp_path / "shops"
    shops.mkdir()
    (shops / "ten.yaml").write_text(SHOP)
    inbox = data / "ten" / "inbox"
    inbox.mkdir(parents=True)
    world = World()
    for back in range(HISTORY, 0, -1):
        world.sell(FIRST - timedelta(days=back), is_history=True)
    with place(data, shops):
        for number in range(NIGHTS):
            day = FIRST + timedelta(days=number)
            at = datetime(day.year, day.month, day.day, 2, tzinfo=UTC)
            for name, rows in world.files(day):
                folder, _, file = name.partition("/")
                write(inbox / folder / f"{day}_{file}", rows, at - timedelta(hours=1))
            night = night_of("ten", at)
            read(night)
            run(night)
            before = suggestions(night)
            if number in (1, 6):
                run(night)
            assert suggestions(night) == before, f"{day}: the same night again changed something"
            open_lines = [
                (row["supplier"], row["sku"])
                for row in before
                if row["state"] in ("suggested", "pending_approval", "approved")
            ]
            assert len(open_lines) == len(set(open_lines)), day
            with open_warehouse(night.shop.folder) as con:
                plan = con.execute("select sku, on_order, pool from ops.reorder_plan").fetchall()
            assert {pool for _, _, pool in plan} == {"merchant"}
            assert {sku: units for sku, units, _ in plan} == {
                sku: world.on_order()[sku] for sku in SKUS
            }, day
            decide_and_order(night, world, day)
            world.sell(day, is_history=False)
            world.receive(day + timedelta(days=1))
        with ledger_of(night.shop) as ledger:
            log = ledger.rows("audit_log")
    assert len(world.orders) >= 4  # it bought what ran low, and no more
    assert any(order.received for order in world.orders)
    assert flaps(log) == []


def flaps(log: Iterable[dict[str, object]]) -> list[str]:
    """Return the SKUs that were withdrawn and suggested again within three nights."""
    withdrawn: dict[str, datetime] = {}
    found = []
    for line in log:
        sku = str(line["subject"]).split("/")[2] if str(line["subject"]).count("/") > 2 else ""
        at = line["at"]
        assert isinstance(at, datetime)
        if line["what"] == "purchase withdrawn":
            withdrawn[sku] = at
        is_back = line["what"] in ("suggested", "suggested again")
        if is_back and at - withdrawn.get(sku, LONG_AGO) <= timedelta(days=3):
            found.append(f"{sku} on {at:%Y-%m-%d}")
    return found
