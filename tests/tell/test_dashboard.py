"""The dashboard is one file, needs no network, and shows every text as text."""

import re
from collections.abc import Iterator
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path

import duckdb
import pytest
from duckdb import DuckDBPyConnection

from config.station import STATIONS
from tasks.tell.dashboard import render, write_dashboard
from tasks.tell.sparks import SPARK_HEIGHT, SPARK_WIDTH, spark
from tests.small_marts import create, fill

VOID = {"meta", "br", "line", "polyline", "link", "img", "input", "hr"}


class Page(HTMLParser):
    """The page's text, its tags, and whether each tag is closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


@pytest.fixture
def con() -> Iterator[DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield fill(connection)


@pytest.fixture(scope="module")
def shown() -> str:
    """The text of the page."""
    with duckdb.connect() as connection:
        return Page(render(fill(connection))).text


@pytest.mark.parametrize(
    "text",
    [
        "Corner, Sun 22 Nov 2026",
        "All figures as of 18:00 GMT",
        "critical On-time ship",
        "Ben or Ann",
        "94.0 % target 98.0 %",
        "fulfilment, 21 Nov, 40 cases",
        "GBP 1,800.00",
        "plan GBP 1,200.00: +50.0 %",
        "280 orders",
        "2 units 7 promised, 5 there",
        "EUR 4,100.00",
        "bank differs",
        "overdue: 1 of Ben",
        "Pick, pack, ship",
        "quantity not whole",
        "12 quarantined (1 came again in a later file, 11 still wait)",
        "Bank statement",
        "off target",
        "Reorder policies on the shop's own history",
        "A protected 96.0 %",
        "since 10 Nov, estimated at the rate of days in stock: 13 units of 2 SKUs, GBP 100.00; 1 SKU of",
        "128 units GBP 520.00, 1 SKU of unknown cost",
        "1 SKU left out: no lead time, or too few days known.",
        "28 days to 21 Nov, 60 cases",
        "no file ever came of bank.statement",
        "Inventory, Loft shopify.inventory Products > Inventory > Export stock position, channel stock,",
        "with these, where the shop has them: suppliers.supplier_items.",
        "1 SKU sold, but nothing says how long the supplier takes",
        "INK-5 90.0 d 20 Feb 2027",
        "Ignored file, of unknown kind",
        "Refused file",
        "From gross sales to contribution, 2026-10 by channel",
        "goods -400.00 of 90.0 % known -40.0 %",
        "contribution 600.00 of 90.0 % known 60.0 %",
        "INK-5 web 7 GBP 70.00 65.00 2.00 9.00 0.00 -6.00 -8.6 %",
        "1 item with GBP 30.00 of net has no known cost: PEN-9.",
        "web commission GBP 34.00 3.4 % 3.0 % +0.4 % 2.9 % + 0.30 +13.3 %",
    ],
)
def test_the_dashboard_says(shown: str, text: str) -> None:
    assert text in shown


def test_every_tag_is_closed(con: DuckDBPyConnection) -> None:
    assert Page(render(con)).open == []


def test_nothing_is_asked_of_any_network(con: DuckDBPyConnection) -> None:
    html = render(con)
    page = Page(html)
    assert not re.search(r"(?i)https?://|url\(|@import", html)
    assert not {tag for tag, _ in page.tags} & {"script", "link", "img", "iframe", "object", "form"}
    links = [given["href"] for tag, given in page.tags if tag == "a"]
    assert all(link and link.startswith("#") for link in links)


def test_a_title_that_is_a_script_is_shown_as_text(con: DuckDBPyConnection) -> None:
    evil = "<script>alert(1)</script>\" onload='x'"
    con.execute("update marts.landed_files set name = $1, reason = $1", [evil])
    con.execute("update marts.kpi_daily set title = $1, owner = $1", [evil])
    con.execute("update marts.reorder_plan set sku = $1, reason = $1, supplier = $1", [evil])
    con.execute("update marts.revenue_vs_plan set channel = $1", [evil])
    con.execute("update marts.sop_register set title = $1, link = $1", [evil])
    con.execute("update marts.profit_bridge set channel = $1, step = $1", [evil])
    con.execute("update marts.sku_margin set item = $1", [evil])
    con.execute("update marts.channel_fees set kind = $1", [evil])
    page = Page(render(con))
    assert "script" not in {tag for tag, _ in page.tags}
    assert not any("onload" in given for _, given in page.tags)
    assert evil in page.text


def test_a_shop_without_data_has_a_dashboard() -> None:
    with duckdb.connect() as connection:
        page = Page(render(create(connection)))
    assert "nothing has come yet" in page.text
    assert "None" not in page.text
    for false in ("No order waits", "no more is promised", "is sold out", "Nothing to reorder"):
        assert false not in page.text


def test_what_no_report_states_is_no_data(con: DuckDBPyConnection) -> None:
    con.execute("update marts.stock_position set source_as_of = null, available = null")
    con.execute("delete from marts.oversell_events")
    text = Page(render(con)).text
    assert "Oversold No data: nothing is counted." in text
    assert "Sold out, though it sells No data: no file ever came of shopify.inventory." in text


def test_where_nothing_is_counted_nothing_is_said_of_reorders(con: DuckDBPyConnection) -> None:
    con.execute("update marts.stock_position set source_as_of = null, available = null")
    con.execute("update marts.reorder_plan set action = 'hold', rule_id = 'no-demand'")
    con.execute("delete from marts.purchase_suggestions")
    text = Page(render(con)).text
    assert "Nothing is known to reorder: no file ever came of shopify.inventory." in text
    assert "Nothing to reorder" not in text


def test_a_week_says_its_days_and_a_figure_what_it_goes_without(con: DuckDBPyConnection) -> None:
    con.execute(
        "insert into marts.kpi_dictionary (kpi, title, station, unit, weekly_rank)"
        " values ('order_volume', 'Orders placed', 'orders', 'orders', 1);"
        "insert into marts.kpi_weekly (kpi, iso_week, is_closed, channel, value, unit, status, reason)"
        " values ('order_volume', '2026-W46', true, 'all', 0, 'orders', 'ok',"
        " 'no target is set; no file ever came of web.orders')"
    )
    text = Page(render(con)).text
    assert "The week 2026-W46 Mon 9 Nov to Sun 15 Nov 2026" in text
    assert "target none set; week before no data; no file ever came of web.orders" in text


def test_no_data_is_neither_nought_nor_all(con: DuckDBPyConnection) -> None:
    con.execute(
        "update marts.fulfilment_daily set on_time = null, due = null where channel = 'web'"
    )
    text = Page(render(con)).text
    assert "Why there is no data KPIs" in text
    assert "no case to count Return rate" in text
    assert "Return rate no data" not in text
    assert "web 280 orders" not in text


def test_writing_again_replaces_it_and_leaves_no_draft(
    con: DuckDBPyConnection, tmp_path: Path
) -> None:
    path = write_dashboard(con, tmp_path / "out" / "dashboard.html")
    first = path.read_text("utf-8")
    assert write_dashboard(con, path).read_text("utf-8") == first
    names = {file.name for file in path.parent.iterdir()}
    assert names == {"dashboard.html", *(f"station-{name}.html" for name in STATIONS)}


def test_a_sparkline_breaks_where_there_is_no_data() -> None:
    drawn = spark([Decimal(1), Decimal(2), None, Decimal(3), Decimal(1)], Decimal(2))
    assert [line.count(",") for line in drawn.lines] == [2, 2]


def test_a_sparkline_stays_in_its_frame() -> None:
    drawn = spark([Decimal(value) for value in (-5, 0, 900)], Decimal(10_000))
    numbers = [float(n) for line in drawn.lines for pair in line.split() for n in pair.split(",")]
    assert drawn.target is not None
    assert all(0 <= x <= SPARK_WIDTH for x in numbers[::2])
    assert all(0 <= y <= SPARK_HEIGHT for y in [*numbers[1::2], drawn.target])


def test_a_level_sparkline_is_in_the_middle() -> None:
    assert spark([Decimal(3), Decimal(3)], None).lines == ("0.0,16.0 140.0,16.0",)


def test_it_links_to_the_handbook_where_there_is_one(
    con: DuckDBPyConnection, tmp_path: Path
) -> None:
    path, front = tmp_path / "corner" / "dashboard.html", tmp_path / "hand book" / "index.html"
    assert "Handbook" not in write_dashboard(con, path, handbook=front).read_text("utf-8")
    front.parent.mkdir()
    front.touch()
    page = Page(write_dashboard(con, path, handbook=front).read_text("utf-8"))
    assert ("a", {"href": "../hand%20book/index.html"}) in page.tags


def test_what_fails_on_one_channel_alone_is_red_with_its_name(con: DuckDBPyConnection) -> None:
    con.execute(
        "insert into marts.kpi_daily (shop, kpi, business_date, channel, station, title, value, unit, n, target,"
        " status, owner) values ('corner', 'return_rate', '2026-11-21', 'web', 'returns', 'Return rate', 0.4, 'rate',"
        " 20, 0.08, 'critical', 'Ann'), ('corner', 'return_rate', '2026-11-21', 'shop', 'returns', 'Return rate',"
        " 0.1, 'rate', 20, 0.08, 'warning', 'Ann')"
    )
    page = Page(render(con)).text
    red = page.partition("What is red, and whose it is")[2].partition("What waits for the owner")[0]
    assert "Return rate, web" in red
    assert "all channels together are within the limit" in red
    assert "Return rate, shop" not in red  # a warning alerts nobody, and is on the card


def test_a_figure_that_is_off_shows_what_counts_against_it_and_one_that_is_ok_only_where_to_look(
    con: DuckDBPyConnection,
) -> None:
    con.execute(
        "update marts.kpi_dictionary set query = 'select sku, short_units, started_at from marts.oversell_events"
        " where started_at < $as_of order by sku', denominator = 'None; n is their number.', exclusions = 'Kits.',"
        " numerator = 'SKUs that are short.', clock = 'Now.' where kpi = 'unreconciled'"
    )
    page = Page(render(con)).text
    [(skus,)] = con.execute("select count(*) from marts.oversell_events").fetchall()
    assert skus
    assert f"What counts against it, {skus} of {skus}" in page
    assert (
        "select sku, short_units, started_at from marts.oversell_events where started_at < timestamptz '"
        in page
    )
    assert "SKUs that are short. Here n is their number. Left out: Kits. Now." in page
    con.execute("update marts.kpi_daily set status = 'ok' where kpi = 'unreconciled'")
    assert "What counts against it" not in Page(render(con)).text
