"""The first nights of a stranger's shop: what it knows, what it lacks, and what to bring next."""

import os
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from tasks.run.night import Night
from tasks.tell.dashboard import render
from tasks.tell.summary import as_text, read_summary
from tasks.warehouse.connection import open_warehouse
from tests.first_shop import SAMPLES, SHOP, Row, inventory, orders, products, write
from tests.inprocess import decide, night_of, place, read
from tests.nights.night import backroom

FIRST = datetime(2026, 11, 24, 7, 30, tzinfo=UTC)  # half past two in New York
RATES = "select velocity from marts.reorder_plan"


class First:
    """A shop that has only just begun; its nights run in this process."""

    def __init__(self, root: Path, platform: str = "shopify") -> None:
        self.data, self.shops = root / "data", root / "shops"
        self.shops.mkdir()
        (self.shops / "first.yaml").write_text(SHOP.replace("PLATFORM", platform))
        self.inbox = self.data / "first" / "inbox"
        self.inbox.mkdir(parents=True)

    def drop(self, name: str, rows: Iterable[Row], night: datetime = FIRST) -> Path:
        write(self.inbox / name, rows, night - timedelta(hours=2))
        return self.inbox / name

    def night(self, at: datetime = FIRST) -> "NightOf":
        with place(self.data, self.shops):
            night = night_of("first", at)
            read(night)
            decide(night)
            return NightOf(night)


class NightOf:
    """What a person sees of a night."""

    def __init__(self, night: Night) -> None:
        with open_warehouse(night.shop.folder) as con:
            summary = read_summary(con)
            self.summary = " ".join(as_text(summary, {}, color=False).split())
            self.dashboard = render(con)
            self.kpis = {kpi.kpi: kpi for kpi in summary.kpis}
            self.bring = [one.report for one in summary.missing if one.is_asked]
            self.alerts = [alert.subject for alert in summary.alerts]
            self.rates = {r for (r,) in con.execute(RATES).fetchall()}
            self.cases = dict(
                con.execute("select type, count(*) from marts.exceptions group by type").fetchall()
            )

    def red(self) -> list[str]:
        return [k for k, kpi in self.kpis.items() if kpi.status in ("critical", "warning")]

    def never_ok(self, *kpis: str) -> bool:
        """Whether none of these says anything, and each says why."""
        return all(self.kpis[k].status == "no_data" and self.kpis[k].reason for k in kpis)


@pytest.fixture
def shop(tmp_path: Path) -> First:
    return First(tmp_path)


MONEY = ["shopify.payouts", "shopify.payment_transactions", "bank.statement"]


def test_one_file_through_the_command_line(tmp_path: Path) -> None:
    shop = First(tmp_path)
    shop.drop("orders_export.csv", orders(FIRST))
    command = ("nightly", "--shop", "first", "--as-of", FIRST.isoformat())
    done = backroom(*command, data=shop.data, shops=shop.shops)
    printed = " ".join(done.stdout.split())
    assert "1 file accepted, 0 rejected" in printed
    assert "web 24 12 Nov 23 Nov 2 0" in printed
    assert "critical" not in printed
    assert "2 SKUs sold, but no file counts the stock" in printed
    assert "Nothing to reorder" not in printed
    assert (
        "No stock was published to any channel: no file ever came of shopify.inventory, shopify.products."
        in printed
    )
    assert "No payout has come yet: no file ever came of shopify.payouts" in printed
    assert "1 report came, and none is older than its limit." in printed
    assert "5 reports never came." in printed
    stock = "shopify.inventory Shopify admin > Products > Inventory > Export"
    assert printed.index(stock) < printed.index("figures of Studio")
    assert printed.index(stock) < printed.index("shopify.payouts Shopify admin")
    assert "suppliers.supplier_items" in printed
    alerts = list((shop.data / "first" / "outbox" / "alerts").rglob("*.md"))
    assert [path.name.split("-")[1] for path in alerts] == ["missing_report"]


def test_an_empty_inbox_has_no_figure_and_a_list_of_what_to_bring(shop: First) -> None:
    night = shop.night()
    assert "No file has come yet." in night.summary
    assert "No order has come yet: no file ever came of shopify.orders." in night.summary
    assert night.bring == ["shopify.orders", "shopify.inventory", "shopify.products", *MONEY]
    assert night.red() == ["deputy_rate"]  # that one person does everything is known
    assert night.never_ok(
        "on_time_ship_rate", "cancel_rate", "backlog_24h", "stockout_rate", "oversold_skus",
        "payouts_reconciled_rate", "unreconciled_amount", "stale_reports", "quarantine_rate",
    )  # fmt: skip
    assert night.cases == {"missing_report": 6}
    assert "of unknown age" not in night.summary
    for calm in ("No order waits", "no more is promised", "is sold out", "Nothing to reorder"):
        assert calm not in night.dashboard


def test_stock_without_listings_is_known_and_published_to_nobody(shop: First) -> None:
    shop.drop("orders_export.csv", orders(FIRST))
    shop.drop("inventory_export.csv", inventory())
    night = shop.night()
    assert (
        "Stock as counted: Studio 00:30, 2 h old. No stock was published to any channel"
        in night.summary
    )
    assert "2 SKUs sold, but nothing says how long the supplier takes" in night.summary
    assert "to reorder now" not in night.summary
    assert night.bring == ["shopify.products", *MONEY]
    # A unit a day of the twelve that are known; of the days before them nothing is.
    assert night.rates == {Decimal(1), Decimal(0)}
    assert night.kpis["oversold_skus"].value == 0
    assert night.kpis["stockout_rate"].status == "too_few"
    assert night.red() == ["deputy_rate"]


def test_stock_without_orders_is_no_demand_of_nought(shop: First) -> None:
    shop.drop("inventory_export.csv", inventory())
    shop.drop("products_export.csv", products())
    night = shop.night()
    assert "3 SKUs in stock, but no order is known" in night.summary
    assert "Nothing to reorder" not in night.summary
    assert "Nothing to reorder" not in night.dashboard
    assert night.rates == {None}
    assert night.never_ok("stockout_rate", "oversold_skus", "on_time_ship_rate")


def test_three_nights_in_a_row_know_a_little_more_each(shop: First) -> None:
    shop.drop("products_export.csv", products())
    nights = []
    for days in range(3):
        at = FIRST + timedelta(days=days)
        shop.drop(f"orders_export_{days}.csv", orders(at, 12 + days), at)
        shop.drop(f"inventory_export_{days}.csv", inventory(3 * days), at)
        nights.append(shop.night(at))
    for night in nights:
        assert "web 3 " in night.summary.partition("Stock published to channels")[2]
        assert night.bring == MONEY
        assert night.red() == ["deputy_rate"]
        assert night.cases == {"missing_report": 3}  # each asked for once, not once a night
    assert [f"{24 + 2 * days} 12 Nov" in night.summary for days, night in enumerate(nights)] == [
        True
    ] * 3
    assert [night.alerts for night in nights] == [
        ["3 new missing report cases at Analytics, 24 Nov"]
    ] * 3


def test_a_damaged_and_an_unknown_file_say_what_they_are_nearest_to(shop: First) -> None:
    shop.drop("orders_export.csv", orders(FIRST))
    lacking = [
        {k: v for k, v in row.items() if k not in ("Location", "On hand (current)")}
        for row in inventory()
    ]
    shop.drop("inventory_export.csv", lacking)
    shop.drop("my notes.csv", [{"what": "call the bank", "when": "monday"}])
    night = shop.night()
    assert "1 file accepted" in night.summary
    assert "2 files ignored, of unknown kind" in night.summary
    assert "those of Shopify inventory, all states, which must have 'Location'" in night.summary
    assert "my notes.csv its header fits no declared export" in night.summary
    assert "shopify.inventory" in night.bring
    assert night.kpis["cancel_rate"].value == 0
    assert night.never_ok("stockout_rate", "oversold_skus")


def test_a_settlement_alone_is_a_payout_and_no_order(tmp_path: Path) -> None:
    shop = First(tmp_path, "amazon")
    path = shop.inbox / "settlement.txt"
    path.write_bytes((SAMPLES / "amazon" / "settlement_v2.txt").read_bytes())
    os.utime(path, ((FIRST - timedelta(hours=2)).timestamp(),) * 2)
    night = shop.night()
    assert "No order has come yet: no file ever came of amazon.all_orders." in night.summary
    assert "in transit 1 USD 11.04" in night.summary
    assert "0 payouts reconciled to the cent, 0 for a person to look at." in night.summary
    assert night.never_ok("payouts_reconciled_rate", "unreconciled_amount", "on_time_ship_rate")
    # That no order is known is one case, not one a line; and the sample charges one commission twice.
    assert set(night.cases) == {"missing_report", "payout_fee_out_of_contract"}
    assert night.bring[0] == "amazon.all_orders"
    assert night.red() == ["deputy_rate"]
