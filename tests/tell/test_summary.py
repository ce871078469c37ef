"""The summary answers what a person asks in the morning, and says where it cannot."""

import dataclasses
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_type_hints

import duckdb
import pytest
from duckdb import DuckDBPyConnection

from config.shop import load_shop
from tasks.tell import summary
from tasks.tell.sections.section import Table
from tasks.tell.steps import places_of
from tasks.tell.summary import as_markdown, as_text, read_summary
from tests.small_marts import create, fill

PLACES = {"marts": "data/corner/published/current/marts.duckdb", "outbox": "data/corner/outbox"}


@pytest.fixture
def con() -> Iterator[DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield fill(connection)


@pytest.fixture
def empty() -> Iterator[DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield create(connection)


@pytest.fixture(scope="module")
def printed() -> str:
    with duckdb.connect() as connection:
        return text_of(fill(connection))


def text_of(con: DuckDBPyConnection, color: bool = False) -> str:
    return as_text(read_summary(con), PLACES, color=color)


@pytest.mark.parametrize(
    "text",
    [
        "Corner: the night of Sun 22 Nov 2026",
        "as of 18:00 GMT",
        "1 file accepted, 1 rejected, 1 duplicate",
        "1,200 rows read: 1,187 accepted, 12 quarantined (1 came again",
        "11  shopify.orders  quantity not whole",
        "Shelf 12:00, 6 h old",
        "3PL 20 Nov 12:00, 2 d old",
        "3 SKUs to reorder now: 1,150 units, EUR 4,100.00 + GBP 1,234.50, and 6 units",
        "Purchase orders pending approval: 1 line, EUR 4,100.00.",
        "1 payout reconciled to the cent, 1 for a person to look at.",
        "bank differs        1     EUR 800.00   EUR -9.50",
        "On-time ship failed at fulfilment",
        "stale   bank.statement",
        "1 of 2 reports that came are older than their limit",
        "1 report never came.",
        "shopify.inventory  Products > Inventory > Export: for 5 figures of Loft",
        "More would be known with these, where the shop has them:",
        "1 SKU sold, but no file counts the stock",
        "1 SKU sold, but nothing says how long the supplier takes",
        "INK-5  90.0 d  20 Feb 2027  none known",
        "Came, and no figure uses it yet: zendesk.tickets.",
        "1 file refused, until a better export comes",
        "1 file ignored, of unknown kind",
        "notes.csv  is nearest to shopify.orders",
        "1 critical, 1 warning, 1 off target, 1 ok, 1 too few, 2 no data.",
        "data/corner/outbox",
    ],
)
def test_the_text_says(printed: str, text: str) -> None:
    assert text in printed


def test_every_kpi_is_shown_with_value_target_and_owner(con: DuckDBPyConnection) -> None:
    lines = [" ".join(line.split()) for line in text_of(con).splitlines()]
    assert "critical On-time ship 94.0 % 98.0 % Ben" in lines
    assert "warning Unreconciled GBP 8.19 GBP 0.00 Ann" in lines
    assert "off target Cancelled, 28 d 2.3 % 2.0 % Ben" in lines
    assert "ok Backlog older than 24 h 1 order 5 Ben" in lines
    assert "too few Cycle time 7.0 h 24.0 h Ben" in lines


def test_a_kpi_without_data_says_why(con: DuckDBPyConnection) -> None:
    lines = [" ".join(line.split()) for line in text_of(con).splitlines()]
    assert "No data, no file ever came of bank.statement: Payouts reconciled." in lines
    assert "No data, no case to count: Return rate." in lines


def test_the_orders_that_are_known_leave_out_copies_and_tests(con: DuckDBPyConnection) -> None:
    lines = [" ".join(line.split()) for line in text_of(con).splitlines()]
    assert "web 2 20 Nov 22 Nov 2 1" in lines


def test_units_published_leave_out_what_a_channel_keeps_itself(con: DuckDBPyConnection) -> None:
    amazon = read_summary(con).stock[0]
    assert (amazon.channel, amazon.listings, amazon.units, amazon.read_only) == (
        "amazon_uk",
        2,
        81,
        1,
    )


def test_a_rejected_file_says_how_to_fix_it(con: DuckDBPyConnection) -> None:
    flat = " ".join(text_of(con).split())
    assert "payouts.csv is a web page, not an export" in flat
    assert "Log in and download the export again." in flat


def test_every_line_fits_a_terminal_of_100_columns(con: DuckDBPyConnection) -> None:
    con.execute(
        "update marts.landed_files set name = repeat('long ', 60), reason = repeat('x', 400)"
    )
    con.execute("update marts.alerts set subject = repeat('why ', 80)")
    assert max(map(len, text_of(con).splitlines())) <= 80


def test_a_table_of_wide_columns_fits_too() -> None:
    head = tuple(f"{letter} column" for letter in "abcdefg")
    table = Table(head, "l" * 7, (tuple("owner@example.com, and more" for _ in head),))
    lines = summary._aligned(table, color=False)
    assert max(map(len, lines)) <= 80


def test_colours_come_only_when_asked_for(con: DuckDBPyConnection) -> None:
    assert "\x1b" not in text_of(con)
    assert "\x1b[31mcritical" in text_of(con, color=True)


def test_a_file_name_cannot_steer_the_terminal(con: DuckDBPyConnection) -> None:
    con.execute("update marts.landed_files set name = chr(27) || '[2Jgone' || chr(8238) || '.csv'")
    assert "\x1b" not in text_of(con)
    assert "\u202e" not in text_of(con)


def test_a_night_without_files_reads_well(empty: DuckDBPyConnection) -> None:
    text = text_of(empty)
    assert "No file has come yet." in text
    assert "No payout has come yet." in text
    assert "None" not in text


def test_what_is_not_there_names_the_reports_that_never_came(con: DuckDBPyConnection) -> None:
    con.execute("delete from marts.channel_stock")
    con.execute("delete from marts.reorder_plan")
    text = text_of(con)
    assert "Stock as counted: 3PL 20 Nov 12:00, 2 d old; Shelf 12:00, 6 h old." in text
    assert "No stock was published to any channel: no file ever came of shopify.inventory." in text
    assert "No SKU has been planned: no file ever came of shopify.inventory." in text


def test_a_shop_that_has_everything_is_asked_for_nothing(con: DuckDBPyConnection) -> None:
    con.execute("update marts.requirements_coverage set reason = null")
    assert "Nothing: every report that the shop needs has come." in text_of(con)


def test_a_file_of_unknown_kind_is_seen_though_nothing_else_came(
    con: DuckDBPyConnection,
) -> None:
    con.execute("delete from marts.landed_files")
    assert "1 file ignored, of unknown kind" in text_of(con)


def test_markdown_shows_a_name_letter_by_letter(con: DuckDBPyConnection) -> None:
    con.execute("update marts.landed_files set name = '<img src=x>|[a](b)', reason = ''")
    page = as_markdown(read_summary(con))
    assert r"&lt;img src=x&gt;\|\[a\](b)" in page
    assert "<img" not in page


def test_markdown_tables_have_as_many_cells_in_every_row(con: DuckDBPyConnection) -> None:
    blocks = as_markdown(read_summary(con)).split("\n\n")
    tables = [block.splitlines() for block in blocks if block.startswith("|")]
    assert tables
    assert all(len({line.count("|") for line in table}) == 1 for table in tables)


def test_a_published_snapshot_shows_the_same(con: DuckDBPyConnection) -> None:
    tables = con.execute("select table_name from information_schema.tables").fetchall()
    for (name,) in tables:
        con.execute(f"create table main.{name} as from marts.{name}")
    assert read_summary(con, schema="main") == read_summary(con)


def test_every_figure_has_the_type_that_it_is_declared_with(con: DuckDBPyConnection) -> None:
    summary = read_summary(con)
    values = [getattr(summary, field.name) for field in dataclasses.fields(summary)]
    lists = [value if isinstance(value, tuple) else (value,) for value in values]
    figures = [each for value in lists for each in value if dataclasses.is_dataclass(each)]
    strange = [
        f"{type(each).__name__}.{name} is declared {hint}, the marts hold {getattr(each, name)!r}"
        for each in figures
        for name, hint in get_type_hints(type(each)).items()
        if not isinstance(getattr(each, name), hint)
    ]
    assert not strange


TABLES = [
    summary.reorder_table,
    summary.channel_payouts_table,
    summary.payout_worklist_table,
    summary.reconciliation_table,
    summary.failing_expectations_table,
    summary.stock_table,
]


@pytest.mark.parametrize("table", TABLES)
def test_a_table_of_the_page_is_plain_json(con: DuckDBPyConnection, table: object) -> None:
    rows = table(con)  # type: ignore[operator]
    assert rows
    assert json.loads(json.dumps(rows)) == rows


@pytest.mark.parametrize("table", TABLES)
def test_a_table_of_the_page_may_be_empty(empty: DuckDBPyConnection, table: object) -> None:
    assert table(empty) == []  # type: ignore[operator]


def test_the_most_urgent_reorder_comes_first(con: DuckDBPyConnection) -> None:
    rows = summary.reorder_table(con)
    assert [row["SKU"] for row in rows] == ["MUG-1", "TEE-2", "CAP-3", "INK-5"]
    assert rows[2]["cost"] == "no data"


def test_only_payouts_for_a_person_are_listed(con: DuckDBPyConnection) -> None:
    assert [row["payout"] for row in summary.reconciliation_table(con)] == ["P2"]


def test_each_channel_says_what_was_paid_what_ties_and_what_is_open(
    con: DuckDBPyConnection,
) -> None:
    amazon, web = summary.channel_payouts_table(con)
    assert (web["paid out"], web["tied to the cent"]) == ("GBP 12,845.67", "GBP 12,345.67")
    assert (web["open"], web["oldest, days"]) == (0, None)
    assert (amazon["open"], amazon["open amount"], amazon["oldest, days"]) == (1, "EUR 800.00", 5)


def test_the_worst_of_the_payouts_comes_first_with_what_it_likely_is(
    con: DuckDBPyConnection,
) -> None:
    first, last = summary.payout_worklist_table(con)
    assert (first["what"], first["likely"]) == (
        "bank differs",
        "booking of 2026-11-20 over 9.50 EUR",
    )
    assert last["amount"] == "GBP 0.01"


def test_what_failed_yesterday_and_holds_today_is_not_listed(con: DuckDBPyConnection) -> None:
    rows = summary.failing_expectations_table(con)
    assert [row["expectation"] for row in rows] == ["unreconciled"]


def test_where_nothing_is_counted_nothing_is_said_of_reorders(con: DuckDBPyConnection) -> None:
    con.execute("update marts.stock_position set source_as_of = null")
    con.execute("update marts.reorder_plan set action = 'hold', rule_id = 'no-demand'")
    shown = text_of(con)
    assert "Nothing is known to reorder among" in shown
    assert "Nothing to reorder" not in shown


def test_a_day_of_another_year_says_which(con: DuckDBPyConnection) -> None:
    con.execute("update marts.order_inbox set business_date = date '2023-04-09'")
    assert re.search("9 Apr 2023 +9 Apr 2023", text_of(con))


def test_only_the_demo_is_told_how_to_begin_a_shop(con: DuckDBPyConnection) -> None:
    assert "Your own shop" not in text_of(con)
    demo = dataclasses.replace(read_summary(con), shop="demo")
    assert "Your own shop" in as_text(demo, PLACES, color=False)


def test_a_place_is_named_once_it_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKROOM_DATA", str(tmp_path))
    shop = load_shop("demo")
    assert places_of(shop) == {}
    (shop.folder.outbox / "alerts").mkdir(parents=True)
    assert places_of(shop) == {"alerts": str(shop.folder.outbox / "alerts")}


def test_the_largest_change_of_one_channel_comes_first(con: DuckDBPyConnection) -> None:
    rows = summary.stock_table(con, channel="web", limit=1)
    assert [(row["listing"], row["change"]) for row in rows] == [("MUG-1", -4)]


def test_a_sku_in_two_pools_is_one_sku_and_what_another_pool_gives_is_not_bought(
    con: DuckDBPyConnection,
) -> None:
    con.execute(
        "insert into marts.reorder_plan (shop, as_of, sku, pool, action, rule_id, suggested_units, is_covered,"
        " currency) values ('corner', '2026-11-22', 'TEE-2', 'fba', 'hold', 'enough', 0, false, 'EUR'),"
        " ('corner', '2026-11-22', 'PEN-4', 'fba', 'reorder', 'at-reorder-point', 0, true, 'GBP'),"
        " ('corner', '2026-11-22', 'POT-7', 'fba', 'escalate', 'receipt-too-late', 0, false, 'GBP')"
    )
    shown = text_of(con)
    assert "4 SKUs to reorder now, 1 of them escalated: 1,150 units" in shown
    assert "The other SKUs: 1 covered by another pool." in shown
    assert "hurry" in next(line for line in shown.splitlines() if "POT-7" in line)
