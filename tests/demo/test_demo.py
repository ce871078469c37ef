"""The demo shop is consistent: its files agree with each other, with tomorrow, and the truth.

Everything here is read back from the files with the csv module alone.
"""

import ast
import csv
import json
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pytest

from tasks.demo import clock, demand, hard, mistakes, shop, stock
from tasks.demo.catalog import DEAD_SKU, GIFT_CARD, STAGED, STAGED_BUNDLE
from tasks.demo.generate import Truth, generate

AS_OF = datetime(2026, 11, 24, 18, tzinfo=UTC)
OPENED = date(2026, 5, 4)
NEW_YORK = ZoneInfo("America/New_York")

Row = dict[str, str]


class Generated(NamedTuple):
    """A generated folder and its truth."""

    folder: Path
    truth: Truth

    def names(self, pattern: str) -> list[str]:
        """Return the good files of a pattern, sorted."""
        return sorted(
            name
            for name, file in self.truth.files.items()
            if re.fullmatch(pattern, name) and "expected" not in file
        )

    def records(self, name: str) -> Iterator[tuple[int, Row]]:
        """Yield the physical line each data record starts on, and the record."""
        file = self.truth.files[name]
        with (self.folder / "inbox" / name).open(encoding="utf-8-sig", newline="") as stream:
            if name.endswith(".txt"):
                reader = csv.reader(stream, delimiter="\t", quoting=csv.QUOTE_NONE)
            else:
                reader = csv.reader(stream)
            header = next(reader)
            start = reader.line_num + 1
            for values in reader:
                assert len(values) == len(header), f"{name} line {start}"
                if start not in file["summary_lines"]:
                    yield start, dict(zip(header, values, strict=True))
                start = reader.line_num + 1

    def good(self, pattern: str) -> list[Row]:
        """Return the records of all files of a pattern which are not to be quarantined."""
        rows: list[Row] = []
        for name in self.names(pattern):
            bad = {rejected["line"] for rejected in self.truth.files[name]["rejected"]}
            rows.extend(row for line, row in self.records(name) if line not in bad)
        return rows


@pytest.fixture(scope="module")
def today(tmp_path_factory: pytest.TempPathFactory) -> Generated:
    folder = tmp_path_factory.mktemp("today")
    return Generated(folder, generate(folder, as_of=AS_OF, opened=OPENED))


@pytest.fixture(scope="module")
def tomorrow(tmp_path_factory: pytest.TempPathFactory) -> Generated:
    folder = tmp_path_factory.mktemp("tomorrow")
    return Generated(folder, generate(folder, as_of=AS_OF + timedelta(days=1), opened=OPENED))


def contents(folder: Path) -> dict[str, tuple[bytes, float]]:
    return {
        str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime)
        for path in folder.rglob("*")
        if path.is_file()
    }


def web_orders(generated: Generated) -> dict[str, list[Row]]:
    """Return the web shop's rows by order, of which two may have one number; the newer export wins."""
    orders: dict[str, list[Row]] = {}
    for name in generated.names(r"shopify/orders_export_[\d-]+\.csv"):
        found: dict[str, list[Row]] = defaultdict(list)
        order_id = ""
        for row in generated.good(re.escape(name)):
            order_id = row["Id"] or order_id
            found[order_id].append(row)
        orders.update(found)
    for name in generated.truth.files:
        if re.fullmatch(r"shopify/orders_api_.*\.json", name):
            content = json.loads((generated.folder / "inbox" / name).read_text())
            orders.update({str(order["id"]): as_exported(order) for order in content["orders"]})
    return orders


def as_exported(order: dict[str, Any]) -> list[Row]:
    """Return an order of the API as the export's rows would show it."""
    sent = [moment["created_at"].replace("T", " ") for moment in order["fulfillments"]]
    head = {
        "Id": str(order["id"]), "Name": order["name"], "Email": order["email"],
        "Created at": order["created_at"].replace("T", " "),
        "Cancelled at": order["cancelled_at"] or "",
        "Financial Status": order["financial_status"], "Source": order["source_name"],
        "Fulfillment Status": order["fulfillment_status"] or "unfulfilled",
        "Fulfilled at": sent[-1] if sent else "", "Subtotal": order["subtotal_price"],
        "Shipping": order["total_shipping_price_set"]["shop_money"]["amount"],
        "Taxes": order["total_tax"], "Tax 1 Value": order["total_tax"],
        "Total": order["total_price"], "Discount Amount": order["total_discounts"],
        "Payment Method": order["payment_gateway_names"][0],
        "Billing Phone": order["billing_address"]["phone"],
        "Shipping Phone": order["shipping_address"]["phone"],
        "Shipping Address1": order["shipping_address"]["address1"],
    }  # fmt: skip
    return [
        {
            **(head if not ordinal else {"Id": "", "Total": ""}),
            "Lineitem sku": line["sku"], "Lineitem price": line["price"],
            "Lineitem quantity": str(line["quantity"]), "left": str(line["current_quantity"]),
            "Lineitem fulfillment status": line["fulfillment_status"] or "pending",
        }
        for ordinal, line in enumerate(order["line_items"])
    ]  # fmt: skip


def sent_by_amazon(generated: Generated) -> set[str]:
    """Return the numbers of the web orders that Amazon's report says it sends."""
    rows = amazon_items(generated).values()
    return {row["merchant-order-id"] for row in rows if row["sales-channel"] == "Non-Amazon"}


def amazon_items(generated: Generated) -> dict[str, Row]:
    return {row["order-item-id"]: row for row in generated.good(r"amazon/all-orders_.*")}


# --- the same story, whoever asks and whenever -----------------------------------------------


@pytest.mark.whole
def test_the_same_moment_gives_the_same_bytes_and_times(today: Generated, tmp_path: Path) -> None:
    generate(tmp_path, as_of=AS_OF, opened=OPENED)
    assert contents(tmp_path) == contents(today.folder)


@pytest.mark.whole
def test_another_seed_gives_another_shop(today: Generated, tmp_path: Path) -> None:
    other = generate(tmp_path, as_of=AS_OF, opened=OPENED, seed=8)
    assert other.channel_day != today.truth.channel_day


def test_nothing_is_later_than_the_moment(today: Generated) -> None:
    assert all(time <= AS_OF.timestamp() for _, time in contents(today.folder).values())
    assert max(row["Created at"] for rows in web_orders(today).values() for row in rows) <= (
        f"{AS_OF.astimezone(NEW_YORK):%Y-%m-%d %H:%M:%S %z}"
    )
    assert max(row["purchase-date"] for row in amazon_items(today).values()) <= AS_OF.isoformat()


def test_web_orders_of_two_days_agree(today: Generated, tomorrow: Generated) -> None:
    fixed = ("Created at", "Id", "Total", "Lineitem sku", "Lineitem quantity", "Lineitem price")
    before, after = web_orders(today), web_orders(tomorrow)
    shared = before.keys() & after.keys()
    assert len(before.keys() - after.keys()) < 40  # only the day that left the window
    for name in shared:
        assert [[row[column] for column in fixed] for row in before[name]] == [
            [row[column] for column in fixed] for row in after[name]
        ]


def test_marketplace_orders_of_two_days_agree(today: Generated, tomorrow: Generated) -> None:
    before, after = amazon_items(today), amazon_items(tomorrow)
    fixed = ("amazon-order-id", "purchase-date", "sku", "asin")
    shared = before.keys() & after.keys()
    assert len(shared) > 0.95 * len(before)
    assert all(before[item][name] == after[item][name] for item in shared for name in fixed)
    columns = ("Order ID", "Seller SKU", "Quantity", "Order Amount", "Created Time")
    old, new = (
        {tuple(row[name] for name in columns) for row in generated.good(r"tiktok/All order.*")}
        for generated in (today, tomorrow)
    )
    assert len(old & new) > 0.95 * len(old)


def test_stock_bank_and_settlements_of_two_days_agree(
    today: Generated, tomorrow: Generated
) -> None:
    def overlap(generated: Generated, pattern: str, since: str, until: str) -> list[Row]:
        return [row for row in generated.good(pattern) if since <= row["date"] <= until]

    first = min(row["date"] for row in tomorrow.good(r"stock/stock_history_.*"))
    span = (first, "2026-11-23")
    assert overlap(today, r"stock/stock_history_.*", *span) == overlap(
        tomorrow, r"stock/stock_history_.*", *span
    )
    first = min(row["date"] for row in tomorrow.good(r"bank/.*"))
    span = (first, "2026-11-24")
    assert overlap(today, r"bank/.*", *span) == overlap(tomorrow, r"bank/.*", *span)
    for name in set(today.names(r"amazon/\d+\.txt")) & set(tomorrow.names(r"amazon/\d+\.txt")):
        one, other = (
            (generated.folder / "inbox" / name).read_bytes() for generated in (today, tomorrow)
        )
        assert one == other


def test_yesterdays_inventory_is_the_same_file_tomorrow(
    today: Generated, tomorrow: Generated
) -> None:
    name = "shopify/inventory_export_2026-11-24.csv"
    one, other = (
        (generated.folder / "inbox" / name).read_bytes() for generated in (today, tomorrow)
    )
    assert one == other


def test_a_moment_without_zone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no time zone"):
        generate(tmp_path, as_of=datetime(2026, 11, 24, 18))  # the mistake itself


def test_the_generator_shares_no_code_with_the_pipeline() -> None:
    folder = Path(sys.modules["tasks.demo.generate"].__file__ or "").parent
    for path in folder.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            modules = []
            if isinstance(node, ast.ImportFrom):
                modules = [node.module or ""]
            elif isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names]
            for module in modules:
                root = module.partition(".")[0]
                assert module.startswith("tasks.demo") or root in sys.stdlib_module_names, path


# --- identities ------------------------------------------------------------------------------


def test_web_orders_add_up(today: Generated) -> None:
    for rows in web_orders(today).values():
        head = rows[0]
        money = {
            name: Decimal(head[name])
            for name in ("Subtotal", "Shipping", "Taxes", "Total", "Discount Amount", "Tax 1 Value")
        }
        sold = sum(Decimal(row["Lineitem price"]) * int(row["Lineitem quantity"]) for row in rows)
        assert money["Subtotal"] + money["Shipping"] + money["Taxes"] == money["Total"]
        assert sold - money["Discount Amount"] == money["Subtotal"]
        assert money["Tax 1 Value"] == money["Taxes"]
        assert all(not row["Id"] and not row["Total"] for row in rows[1:])


def test_tiktok_orders_add_up_and_repeat_their_amount(today: Generated) -> None:
    orders: dict[str, list[Row]] = defaultdict(list)
    for row in today.good(r"tiktok/All order.*"):
        orders[row["Order ID"]].append(row)
    for rows in orders.values():
        assert len({row["Order Amount"] for row in rows}) == 1
        sold = sum(Decimal(row["SKU Subtotal After Discount"]) for row in rows)
        more = Decimal(rows[0]["Shipping Fee After Discount"]) + Decimal(rows[0]["Taxes"])
        assert sold + more == Decimal(rows[0]["Order Amount"])


def test_payouts_add_up_to_their_transactions(today: Generated) -> None:
    nets: dict[str, Decimal] = defaultdict(Decimal)
    for row in today.good(r"shopify/payment_transactions.*"):
        assert Decimal(row["Net"]) == Decimal(row["Amount"]) - Decimal(row["Fee"])
        nets[f"SHPFY{row['Payout ID']}"] += Decimal(row["Net"])
    parts = (
        "Charges", "Refunds", "Adjustments", "Marketplace Sales Tax", "Advances",
        "Reserved Funds", "Fees", "Retried Amount",
    )  # fmt: skip
    payouts = today.good(r"shopify/payouts_export.*")
    for row in payouts:
        assert sum(Decimal(row[part]) for part in parts) == Decimal(row["Total"])
    assert {row["Bank Reference"]: Decimal(row["Total"]) for row in payouts} == nets


def test_income_rows_add_up(today: Generated) -> None:
    for row in today.good(r"tiktok/income.*"):
        revenue, fees = Decimal(row["Total Revenue"]), Decimal(row["Total Fees"])
        assert revenue + fees == Decimal(row["Total settlement amount"])
        shipping = ("Actual shipping fee ", "Platform shipping fee discount",
                    "Customer shipping fee")  # fmt: skip
        assert sum(Decimal(row[name]) for name in shipping) == Decimal(row["Seller shipping fee"])


def settlement_heads(generated: Generated) -> dict[str, Row]:
    heads = {}
    for name in generated.names(r"amazon/\d+\.txt"):
        with (generated.folder / "inbox" / name).open(newline="") as stream:
            head = next(csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE))
        heads[name] = head
    return heads


def test_settlements_add_up_but_the_planted_one(today: Generated) -> None:
    off = {}
    for name, head in settlement_heads(today).items():
        total = sum(Decimal(row["amount"]) for _, row in today.records(name))
        if total != Decimal(head["total-amount"]):
            off[name] = Decimal(head["total-amount"]) - total
    planted = [a["file"] for a in today.truth.anomalies if a["kind"] == "tampered_settlement"]
    assert off == dict.fromkeys(planted, Decimal("0.01"))


def test_settlements_are_chained_but_for_the_missing_one(today: Generated) -> None:
    heads = list(settlement_heads(today).items())
    gaps = 0
    for (earlier, before), (later, after) in pairwise(heads):
        if before["settlement-end-date"] != after["settlement-start-date"]:
            gaps += 1
            continue
        held, freed = (
            sum(
                Decimal(row["amount"])
                for _, row in today.records(name)
                if row["amount-description"] == description
            )
            for name, description in (
                (earlier, "Current Reserve Amount"),
                (later, "Previous Reserve Amount Balance"),
            )
        )
        assert held == -freed
    chain = today.truth.settlement_chain
    assert gaps == sum(not link["delivered"] for link in chain[1:-1])
    assert any(not link["delivered"] for link in chain)


def test_settlement_lines_belong_to_exported_orders(today: Generated) -> None:
    orders = {row["amazon-order-id"] for row in today.good(r"amazon/all-orders_.*")}
    lines = [row for row in today.good(r"amazon/\d+\.txt") if row["order-id"]]
    strangers = {row["order-id"] for row in lines} - orders
    assert len(strangers) <= len(orders) * 0.01


def test_inventory_adds_up(today: Generated) -> None:
    for row in today.good(r"shopify/inventory.*"):
        if row["On hand (current)"] == "not stocked":
            continue
        parts = ("Available", "Committed", "Unavailable")
        total = sum(int(row[f"{part} (not editable)"]) for part in parts)
        assert total == int(row["On hand (current)"])
    for row in today.good(r"amazon/fba_myi.*"):
        parts = ("fulfillable", "unsellable", "reserved")
        total = sum(int(row[f"afn-{part}-quantity"]) for part in parts)
        assert total == int(row["afn-warehouse-quantity"])


def test_shelves_are_never_below_zero_but_the_planted_ones() -> None:
    story = shop.live(7, OPENED, date(2026, 9, 30), 25)
    closes = [clock.moment(OPENED + timedelta(days=day), 23) for day in range(140)]
    levels = stock.on_hand_at(story.shelves, story.orders, closes)
    below = {place for level in levels.values() for place, units in level.items() if units < 0}
    assert {sku for sku, _ in below} == {DEAD_SKU}


# --- the truth -------------------------------------------------------------------------------


def test_every_file_is_in_the_truth(today: Generated) -> None:
    inbox = today.folder / "inbox"
    found = {str(path.relative_to(inbox)) for path in inbox.rglob("*") if path.is_file()}
    assert found == set(today.truth.files)
    assert json.loads((today.folder / "truth.json").read_text())["files"] == today.truth.files


def test_counted_rows_are_the_files_rows(today: Generated) -> None:
    for name in today.names(r".*\.(csv|txt)"):
        file = today.truth.files[name]
        starts = [line for line, _ in today.records(name)]
        assert file["data_rows"] == len(starts), name
        assert file["good_rows"] == len(starts) - len(file["rejected"]), name
        assert {bad["line"] for bad in file["rejected"]} <= set(starts), name
        lines = (today.folder / "inbox" / name).read_bytes().count(b"\n")
        assert file["physical_lines"] == lines, name


def sold_by_day(generated: Generated) -> dict[str, list[object]]:
    """Return orders, lines, units, gross and net by business day and channel, from the files alone."""
    lines: list[tuple[str, str, str, int, Decimal, Decimal]] = []
    for name, rows in web_orders(generated).items():
        head = rows[0]
        if head["Cancelled at"] or "Bogus" in head["Payment Method"] or head["Source"] == "4383523":
            continue
        if head["Financial Status"] in {"voided", "expired"}:
            continue
        lines.extend(
            ("shopify", name, head["Created at"][:10], int(row["Lineitem quantity"]),
             Decimal(row["Lineitem price"]) * int(row["Lineitem quantity"]),
             Decimal(row["Discount Amount"] or 0))
            for row in rows
        )  # fmt: skip
    lines.extend(
        ("amazon", row["amazon-order-id"], row["purchase-date"][:10], int(row["quantity"]),
         Decimal(row["item-price"] or 0), Decimal(row["item-promotion-discount"] or 0))
        for row in amazon_items(generated).values()
        if row["item-status"] != "Cancelled" and row["sales-channel"] == "Amazon.com"
    )  # fmt: skip
    for row in generated.good(r"tiktok/All order.*"):
        month, day_of_month, year = row["Created Time"][:10].split("/")
        if row["Order Status"] != "Canceled":
            day, units = f"{year}-{month}-{day_of_month}", int(row["Quantity"])
            gross = Decimal(row["SKU Subtotal Before Discount"])
            lines.append(("tiktok", row["Order ID"], day, units, gross, Decimal(0)))
    for row in generated.good(r"wholesale/.*"):
        if row["status"] != "cancelled":
            units = int(row["quantity"])
            gross, day = Decimal(row["unit_price"]) * units, row["order_date"][:10]
            lines.append(("wholesale", row["po_number"], day, units, gross, Decimal(0)))
    days: dict[str, list[tuple[str, int, Decimal, Decimal]]] = defaultdict(list)
    for channel, order, day, units, gross, discount in lines:
        days[f"{day}|{channel}"].append((order, units, gross, discount))
    return {
        key: [
            len({order for order, *_ in sold}), len(sold), sum(units for _, units, *_ in sold),
            str(sum((gross for *_, gross, _ in sold), Decimal("0.00"))),
            str(sum((gross - discount for *_, gross, discount in sold), Decimal("0.00"))),
        ]
        for key, sold in days.items()
    }  # fmt: skip


def test_the_files_sold_what_the_truth_says(today: Generated) -> None:
    assert sold_by_day(today) == {
        key: [day["orders"], day["lines"], day["units"], day["gross"], day["net"]]
        for key, day in today.truth.channel_day.items()
    }


def test_stock_and_history_are_what_the_truth_says(today: Generated) -> None:
    for row in today.good(r"shopify/inventory_export_2026-11-24\.csv"):
        if row["On hand (current)"] == "not stocked":
            continue
        true = today.truth.stock_as_of[row["SKU"]][row["Location"]]
        assert int(row["On hand (current)"]) == true["on_hand"]
        assert int(row["Unavailable (not editable)"]) == true["unavailable"]
        assert int(row["Committed (not editable)"]) == true["committed_shopify"]
    on_hand: dict[tuple[str, str], int] = defaultdict(int)
    for row in today.good(r"stock/stock_history_.*"):
        if row["date"] >= str(AS_OF.date() - timedelta(days=90)):
            on_hand[row["sku"], row["date"]] += int(row["on_hand"])
    days: dict[str, int] = defaultdict(int)
    for (sku, _), units in on_hand.items():
        days[sku] += units > 0
    assert days == {sku: true["in_stock_days"] for sku, true in today.truth.velocity_90.items()}


def test_reserved_is_what_the_open_orders_hold(today: Generated) -> None:
    parts: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for row in today.good(r"catalog/bundles.*"):
        parts[row["bundle_sku"]].append((row["component_sku"], int(row["quantity"])))
    held: dict[tuple[str, str], int] = defaultdict(int)

    def hold(sku: str, location: str, units: int) -> None:
        for part, need in parts.get(sku, [(sku, 1)]):
            held[part, location] += need * units

    for rows in web_orders(today).values():
        head = rows[0]
        if head["Cancelled at"] or head["Fulfillment Status"] in {"fulfilled", "restocked"}:
            continue
        if "Bogus" in head["Payment Method"] or head["Source"] == "4383523":
            continue
        if head["Financial Status"] in {"voided", "expired", "refunded"}:
            continue
        if head["Name"] in sent_by_amazon(today):
            continue
        for row in rows:
            if row["Lineitem fulfillment status"] != "fulfilled":
                units = int(row.get("left", row["Lineitem quantity"]))
                hold(row["Lineitem sku"].upper().strip(), "", units)
    # Where the web shop's orders are, its own inventory says.
    committed: dict[tuple[str, str], int] = defaultdict(int)
    for row in today.good(r"shopify/inventory_export_2026-11-24\.csv"):
        if (stated := row["Committed (not editable)"]).isdigit() and int(stated):
            committed[row["SKU"], row["Location"]] = int(stated)
    for (sku, _), units in held.items():
        assert units == sum(n for (other, _), n in committed.items() if other == sku), sku
    held = committed
    for row in amazon_items(today).values():
        if row["order-status"] in {"Pending", "Unshipped"}:
            is_fba = row["fulfillment-channel"] == "Amazon"
            location = "FBA US" if is_fba else "Main Warehouse"
            hold(row["sku"].removesuffix("-FBA"), location, int(row["quantity"]))
    for row in today.good(r"tiktok/All order.*"):
        if row["Order Status"] == "To ship" and row["Fulfillment Type"] == "Fulfillment by seller":
            hold(row["Seller SKU"].removeprefix("TT-"), row["Warehouse Name"], int(row["Quantity"]))
    for row in today.good(r"wholesale/.*"):
        if row["status"] in {"open", "credit hold"}:
            hold(row["sku"], "Main Warehouse", int(row["quantity"]))
    assert held == {
        (sku, location): true["reserved"]
        for sku, locations in today.truth.stock_as_of.items()
        for location, true in locations.items()
        if true["reserved"]
    }


def must_leave(head: Row) -> bool:
    """Return whether a web order that has not left is owed: not on hold, paid or payable."""
    if head["Fulfillment Status"] not in {"unfulfilled", "partial"}:
        return False
    if "COD" in head["Payment Method"]:
        return bool(head["Shipping Phone"] and head["Shipping Address1"])
    return head["Financial Status"] in {"paid", "partially_refunded"}


def test_web_orders_shipped_on_time_are_what_the_truth_says(today: Generated) -> None:
    rest = set(today.truth.shop["holidays"])

    def works(day: date) -> bool:
        return day.weekday() < 5 and str(day) not in rest

    def next_working(day: date) -> date:
        day += timedelta(days=1)
        while not works(day):
            day += timedelta(days=1)
        return day

    sent = {row["Order - Number"]: row for row in today.good(r"3pl/.*")}
    numbers = Counter(rows[0]["Name"] for rows in web_orders(today).values())
    elsewhere = sent_by_amazon(today)
    scores: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for rows in web_orders(today).values():
        head = rows[0]
        name, has_left = head["Name"], head["Fulfillment Status"] == "fulfilled"
        if head["Cancelled at"] or "Bogus" in head["Payment Method"] or head["Source"] != "web":
            continue
        if name in elsewhere or (not has_left and not must_leave(head)):
            continue
        placed = datetime.fromisoformat(head["Created at"])
        day = placed.date()
        first = day if works(day) and placed.hour < 14 else next_working(day)
        due = next_working(first)
        if due < AS_OF.date():
            year, week, _ = due.isocalendar()
            shipped = (head["Fulfilled at"] if has_left else "9999")[:10]
            if has_left and numbers[name] == 1:
                assert sent[name]["Date - Shipped Date"][:10] == shipped
            score = scores[f"{year}-W{week:02d}"]
            score[0] += 1
            score[1] += shipped <= str(due)
    for week_name, figures in today.truth.kpi_weeks.items():
        on_time = figures["on_time"]["shopify"]
        assert scores[week_name] == [on_time["due"], on_time["on_time"]]
        assert on_time["due"]


def test_amazon_orders_wait_for_payment_and_some_are_cancelled(today: Generated) -> None:
    items = list(amazon_items(today).values())
    pending = [row for row in items if row["order-status"] == "Pending"]
    cancelled = [row for row in items if row["order-status"] == "Cancelled"]
    assert pending
    assert cancelled
    assert all(not row["item-price"] and row["quantity"] != "0" for row in pending)
    assert all(not row["item-price"] and row["quantity"] == "0" for row in cancelled)
    assert any(row["sales-channel"] == "Non-Amazon" for row in items)


def test_the_bank_shows_what_the_truth_says(today: Generated) -> None:
    bank = {
        row["reference"]: row["amount"]
        for row in today.good(r"bank/.*")
        if row["description"] != "CUSTOMER TRANSFER"
    }
    for payout in today.truth.payouts:
        shown = bank.pop(payout["reference"], None)
        assert shown == (payout["bank"]["amount"] if payout["bank"] else None), payout
        expected = {"reconciled": payout["amount"], "lines do not sum": payout["amount"],
                    "settlement file missing": payout["amount"]}  # fmt: skip
        if payout["status"] in expected:
            assert shown == expected[payout["status"]]
        elif payout["status"] == "bank differs":
            assert Decimal(payout["amount"]) - Decimal(shown or 0) == Decimal("0.03")
        else:
            assert shown is None
    assert not bank


def test_every_kind_of_mistake_is_planted(today: Generated) -> None:
    wanted = {*mistakes.TREATMENTS, *hard.CASES, *hard.SPOILED}
    assert wanted == set(today.truth.anomaly_kinds)


WAITS = {
    "on_hold", "scheduled", "cod_unreachable", "payment_authorized", "partially_paid", "preorder",
    "credit_hold",
}  # fmt: skip


@pytest.mark.parametrize("kind", hard.CASES)
def test_every_hard_case_is_stated_line_by_line(today: Generated, kind: str) -> None:
    lines = [
        (order["channel"], line)
        for order in today.truth.hard_orders
        for line in order["lines"]
        if order["kind"] == kind
    ]
    assert lines
    waiting = [line for _, line in lines if line["open_held"] and not line["is_to_ship"]]
    assert bool(waiting) == (kind in WAITS | {"sent_by_amazon"})
    if kind.startswith("payment_") and kind != "payment_authorized":
        assert not any(line["is_sale"] for _, line in lines)
    if kind in {"refunded_before_shipping", "restocked"}:
        assert all(line["is_sale"] and not line["demand"] for _, line in lines)
    if kind == "edited_order":
        assert {(line["demand"], line["open_held"]) for _, line in lines} == {(0, 0), (2, 2)}
    if kind in {"partial_shipment", "same_number"}:
        assert {bool(line["open_held"]) for _, line in lines} == {True, False}
    if kind == "sent_by_amazon":
        assert {line["is_sale"] for channel, line in lines if channel == "amazon"} == {False}
    if kind == "replacement":
        assert all(line["is_sale"] and not line["demand"] for _, line in lines)


def test_what_the_shelf_has_in_part_and_what_is_due_by_a_day_are_in_the_truth(
    today: Generated,
) -> None:
    picking = today.truth.picking
    assert list(picking["partly_in_stock"].values()) == [1]
    rows = {row["po_number"]: row for row in today.good(r"wholesale/.*") if row["status"] == "open"}
    bundles = {key: row for key, row in rows.items() if row["sku"] == STAGED_BUNDLE.sku}
    due = {key: row["requested_ship_date"] for key, row in bundles.items()}
    assert due == {key: each["due"] for key, each in picking["dated_bundles"].items()}
    assert str(AS_OF.date()) in due.values()
    assert all(
        each["parts"] == [(sku, 4 * units) for sku, units in STAGED_BUNDLE.parts]
        for each in picking["dated_bundles"].values()
    )


def test_listings_that_changed_or_break_a_rule_are_in_the_truth(today: Generated) -> None:
    names = today.names(r"tiktok/.*template\.xlsx")
    made = [today.truth.files[name]["exported_at"][:10] for name in names]
    assert made == ["2026-11-23", "2026-11-24"]
    fields = sorted(each.split()[1] for each in today.truth.listings["changed"])
    assert fields == ["price", "status", "title"]
    titles = {row["sku"]: row["product-name"] for row in amazon_items(today).values()}
    [loud] = today.truth.listings["forbidden_characters"]
    assert {sku for sku, title in titles.items() if "!" in title} <= {loud, f"{loud}-FBA"}


def test_numbers_that_are_missing_are_in_the_truth(today: Generated) -> None:
    planted: dict[str, set[str]] = defaultdict(set)
    for each in today.truth.anomalies:
        planted[each["kind"]].add(each["key"])
    rows = today.good(r"wholesale/.*")
    counted = {int(row["po_number"][4:]) for row in rows if row["po_number"].startswith("FPW-")}
    gaps = set(range(min(counted), max(counted))) - counted
    assert planted["order_number_missing"] == {f"FPW-{number}" for number in gaps}
    assert gaps
    since = str(AS_OF - timedelta(days=60))
    assert planted["shipped_without_invoice"] == {
        row["po_number"]
        for row in rows
        if row["status"] == "shipped" and not row["invoice_number"] and row["order_date"] >= since
    }
    assert planted["shipped_without_invoice"]


def test_hard_cases_move_no_other_goods() -> None:
    story = shop.live(7, OPENED, date(2026, 9, 30), 25)
    staged = {STAGED_BUNDLE.sku, *(product.sku for product in STAGED)}
    for order in story.orders:
        skus = {line.sku for line in order.lines} - {GIFT_CARD}
        is_hard = order.hard or order.kind in hard.SPOILED
        assert skus <= staged if is_hard else not skus & staged


def test_a_line_that_nobody_can_name_is_no_bad_row(today: Generated) -> None:
    nameless = [a for a in today.truth.anomalies if a["kind"] in mistakes.NAMELESS_ORDERS]
    assert {a["kind"] for a in nameless} == set(mistakes.NAMELESS_ORDERS)
    for planted in nameless:
        assert planted["treatment"] == "kept: mapping queue"
        bad = today.truth.files[planted["file"]]["rejected"]
        assert planted["line"] not in {row["line"] for row in bad}


def test_an_oversold_sku_is_in_the_truth(today: Generated) -> None:
    planted = {a["key"] for a in today.truth.anomalies if a["kind"] == "oversold_sku"}
    assert planted
    assert planted <= {row["sku"] for row in today.truth.oversold}


def test_promotions_run_that_the_truth_names_and_one_is_of_an_oversold_sku(
    today: Generated,
) -> None:
    rows = today.good(r"marketing/promotions_[\d-]+\.csv")
    assert rows == today.truth.promotions
    on = [row for row in rows if row["start_date"] <= str(AS_OF.date()) <= row["end_date"]]
    assert {row["sku"] for row in on} & {row["sku"] for row in today.truth.oversold}
    assert {row["channel"] for row in on} == {"all", "shopify"}


def test_files_refused_whole_are_what_they_say(today: Generated) -> None:
    inbox = today.folder / "inbox"
    kinds = {kind: inbox / name for name, kind in today.truth.rejected_files.items()}
    assert kinds["empty_file"].stat().st_size == 0
    assert kinds["html_login_page"].read_text().startswith("<!DOCTYPE html>")
    assert not kinds["truncated_file"].read_bytes().endswith(b"\n")
    with kinds["abandoned_checkouts"].open(newline="") as stream:
        header, *rows = csv.reader(stream)
    assert len(header) == 70
    assert all(len(row) == 70 for row in rows)
    with kinds["missing_required_column"].open(encoding="utf-8-sig", newline="") as stream:
        assert "Quantity" not in next(csv.reader(stream))
    original = kinds["duplicated_file"].with_name(kinds["duplicated_file"].name.replace(" (1)", ""))
    assert kinds["duplicated_file"].read_bytes() == original.read_bytes()
    assert set(today.truth.unknown_files.values()) == {"unknown_file"}


def test_nobody_in_the_files_is_real(today: Generated) -> None:
    for rows in web_orders(today).values():
        assert rows[0]["Email"].endswith("@example.com")
        assert re.fullmatch(r"(\+1 \d{3}-555-01\d\d)?", rows[0]["Billing Phone"])


def test_every_channel_keeps_its_share(today: Generated) -> None:
    orders: dict[str, int] = defaultdict(int)
    for key, day in today.truth.channel_day.items():
        orders[key.partition("|")[2]] += day["orders"]
    total = sum(orders.values())
    assert all(abs(orders[name] / total - share) < 0.08 for name, share in demand.SHARES.items())


def test_the_shop_lives_on_past_the_new_year(tmp_path: Path) -> None:
    later = datetime(2027, 1, 4, 18, tzinfo=UTC)
    truth = generate(tmp_path, as_of=later, opened=date(2026, 11, 2), days=40)
    assert truth.meta["first_date"] == "2026-11-25"
    assert truth.channel_day


def test_counts_agree_with_the_books_but_where_a_mistake_is_planted(today: Generated) -> None:
    planted = {
        (a["line"], a["kind"]) for a in today.truth.anomalies if a["kind"].startswith("count")
    }
    [name] = today.names(r"stock/stock_counts_.*")
    rows = dict(today.records(name))
    blank = {line for line, row in rows.items() if not row["counted_units"]}
    wrong = {
        line
        for line, row in rows.items()
        if line not in blank and row["counted_units"] != row["book_units"]
    }
    assert {line for line, kind in planted if kind == "count_overdue"} == blank
    assert {line for line, kind in planted if kind != "count_overdue"} == wrong
    truth = today.truth.cycle_counts
    assert (truth["records"], truth["wrong"]) == (len(rows) - len(blank), len(wrong))
    assert truth["count_again"]
    assert truth["adjust"]
    assert all(
        row["sku"] != truth["never_counted"] for line, row in rows.items() if line not in blank
    )


def test_the_help_desk_is_told_apart_from_its_truth(today: Generated) -> None:
    [name] = today.names(r"gorgias/tickets_.*")
    rows = [row for _, row in today.records(name)]
    truth = today.truth.service
    assert len(rows) == truth["tickets"]
    assert sum(bool(row["First response time (s)"]) for row in rows) == truth["answered"]
    tags = [row["Tags"].split(", ") for row in rows]
    assert sum("where-is-my-order" in each for each in tags) == truth["where_is_my_order"]
    assert sum(bool(row["Survey score"]) for row in rows) == truth["scored"]
    assert sum(row["Survey score"] == "5" for row in rows) == truth["satisfied"] > 0
    assert truth["unanswered"]
    assert truth["fixed_links"]
    [newest] = today.names(rf"storefront/broken_links_{today.truth.meta['as_of_date']}.*")
    assert [row["url"] for _, row in today.records(newest)] == sorted(
        truth["broken_links"], reverse=True
    )


def test_of_the_shipments_to_amazon_one_lost_units_and_the_others_come_as_its_ledger_says(
    today: Generated, tomorrow: Generated
) -> None:
    truth = today.truth.inbound
    received: Counter[tuple[str, str]] = Counter()
    for row in today.good(r"amazon/ledger_detail_.*"):
        received[row["Reference ID"], row["MSKU"].removesuffix("-FBA")] += int(row["Quantity"])
    sent = {
        (row["fba_shipment_id"], row["sku"].removesuffix("-FBA")): int(row["quantity_shipped"])
        for row in today.good(r"prep/inbound_shipments_.*")
    }
    items = {(s, sku): each for s, skus in truth.items() for sku, each in skus.items()}
    assert sent == {key: each["shipped"] for key, each in items.items()}
    assert received == {key: n for key, each in items.items() if (n := each["received"])}
    assert [each["missing"] for each in items.values() if each["missing"]] == [6]
    assert any(each["to_come"] for each in items.values())
    for shipment, skus in tomorrow.truth.inbound.items():
        for sku, each in skus.items():
            assert items.get((shipment, sku), each)["shipped"] == each["shipped"]
