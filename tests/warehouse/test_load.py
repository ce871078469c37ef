"""The canonical tables hang on the files alone: not on when, in which order or how often they came."""

import random
from collections.abc import Sequence
from datetime import timedelta

import duckdb
import pytest

from config.contract import load_contracts
from config.export import load_exports
from config.strict import ROOT
from tasks.intake.sightings import record_sightings
from tasks.ledger import ledger_of
from tasks.run.night import Night
from tasks.warehouse.build import build
from tasks.warehouse.catalog import content_hash
from tasks.warehouse.ledger_tables import write_ledger_tables
from tasks.warehouse.load import forget_facts, has_facts, note_facts
from tasks.warehouse.models import read_models, read_rules
from tasks.warehouse.settings_tables import write_settings
from tests.exports.door import AS_OF, EVENING, Door

SAMPLES = ROOT / "tests" / "exports"
SQL = ROOT / "sql"
HOUR = timedelta(hours=1)
MAP = "channel,channel_sku,sku\n"


def sample(name: str) -> str:
    return (SAMPLES / name).read_text("utf-8")


def shopify_orders(*names: str, state: str = "unfulfilled") -> str:
    """Return an orders export of some orders of the sample, in another state."""
    header, *rows = sample("shopify/orders@77.csv").splitlines()
    wanted = [row for row in rows if row.startswith(names)]
    return "\n".join([header, *wanted, ""]).replace("unfulfilled", state)


# Two windows over the same orders, a settlement twice, and what their rows point at.
FILES = {
    "orders monday.csv": (shopify_orders("#900", "#901"), EVENING - 24 * HOUR),
    "orders tuesday.csv": (shopify_orders("#901", state="fulfilled"), EVENING),
    "settlement.txt": (sample("amazon/settlement_v2.txt"), EVENING - HOUR),
    "settlement (1).txt": (sample("amazon/settlement_v2.txt"), EVENING),
    "all orders.txt": (sample("amazon/all_orders.txt"), EVENING),
    "map.csv": (MAP + "shopify,POT-S,POT-S\namazon_us,POT-S,POT-S\n", EVENING),
    "map newer.csv": (MAP + "shopify,POT-S,POT\n", EVENING + HOUR),
    "inventory.csv": (sample("shopify/inventory.csv"), EVENING),
    "shipments.csv": (sample("fulfilment/shipments.csv").replace("#1003", "#901"), EVENING),
}


def hashes(door: Door) -> dict[str, str]:
    """Return a hash of the content of every canonical table and of every fact."""
    with door.warehouse() as con, ledger_of(door.shop) as ledger:
        write_settings(con, Night(door.shop, AS_OF, "test"))
        write_ledger_tables(con, ledger)
        build(con, read_models(SQL), read_rules(SQL), only={"core"})
        facts = [model.table for model in read_models(SQL) if model.schema == "core"]
        tables = [*(f"valid.{table}" for table in load_contracts()), *facts]
        # A shop's secret is its own, so the same customer has other keys in another shop.
        keys = ("customer_key", "phone_key", "address_key")
        return {table: content_hash(con, table, keys) for table in tables}


def lay(door: Door, names: Sequence[str]) -> None:
    for name in names:
        content, at = FILES[name]
        door.drop(name, content, at)


@pytest.fixture(scope="module")
def at_once(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What all files come to when they land in one night."""
    with pytest.MonkeyPatch.context() as patch:
        door = Door(tmp_path_factory.mktemp("at_once"), patch)
        lay(door, list(FILES))
        door.night()
        return hashes(door)


@pytest.mark.whole
@pytest.mark.parametrize("seed", range(3))
def test_files_in_any_order_once_or_again_give_the_same(
    at_once: dict[str, str], door: Door, seed: int
) -> None:
    chance = random.Random(seed)
    order = chance.sample(list(FILES), len(FILES))
    for landed in (chance.randrange(1, len(order)), len(order), len(order)):
        lay(door, order[:landed])
        door.night()
    assert hashes(door) == at_once


@pytest.mark.whole
def test_a_night_killed_after_any_step_is_made_good_by_the_next(
    at_once: dict[str, str], door: Door
) -> None:
    lay(door, list(FILES))
    door.pull()
    log = door.folder.raw / "arrivals.jsonl"
    log.write_bytes(log.read_bytes()[:-40])
    (door.folder.raw / ".new-77").write_bytes(b"half")
    (door.folder.work / "left").mkdir(parents=True)
    (door.folder.work / "left" / "over.utf8").write_bytes(b"half")
    door.night()
    assert hashes(door) == at_once


@pytest.mark.whole
def test_a_warehouse_that_was_deleted_is_built_again_from_raw(
    at_once: dict[str, str], door: Door
) -> None:
    lay(door, list(FILES))
    door.night()
    door.folder.warehouse.unlink()
    for path in door.folder.inbox.iterdir():
        path.unlink()
    door.ingest()
    assert hashes(door) == at_once


@pytest.mark.whole
def test_a_warehouse_of_an_older_version_is_rebuilt_without_loss(
    at_once: dict[str, str], door: Door
) -> None:
    lay(door, list(FILES))
    door.night()
    hashes(door)
    with duckdb.connect(str(door.folder.warehouse)) as con:
        con.execute("update landing.files set export_version = 'older'")
        for column in ("completeness", "controls", "warnings"):  # came later
            con.execute(f"alter table landing.files drop column {column}")
        tables = con.execute(
            "select schema_name || '.' || table_name, max(column_name) from duckdb_columns()"
            " where schema_name = 'staged' and database_name = current_database()"
            " and table_name in (select table_name from duckdb_tables()) group by 1"
        ).fetchall()
        assert tables
        for table, column in tables:
            con.execute(f'alter table {table} drop column "{column}"')
            con.execute(f"alter table {table} add column of_then varchar")
    for path in door.folder.inbox.iterdir():
        path.unlink()
    door.ingest()
    assert hashes(door) == at_once


def test_a_line_whose_sku_is_in_no_map_is_kept_with_its_money(door: Door) -> None:
    door.drop("orders.csv", shopify_orders("#900", "#901"))
    door.drop("map.csv", MAP + "shopify,OTHER,OTHER\n")
    door.night()
    assert door.rows("select count(*) from valid.orders") == [(2,)]
    assert door.rows(
        "select channel_sku, gross_amount > 0 from valid.order_lines order by all"
    ) == [
        ("POT-S", True),
        ("TRAY", True),
    ]
    assert door.rows("select count(*) from landing.unreferenced") == [(0,)]


def test_without_any_map_a_channel_sells_under_the_sellers_own_skus(door: Door) -> None:
    door.drop("orders.csv", shopify_orders("#900"))
    door.night()
    assert door.rows("select channel_sku from valid.order_lines") == [("TRAY",)]


def test_a_parcel_waits_for_its_order(door: Door) -> None:
    door.drop("shipments.csv", sample("fulfilment/shipments.csv"))
    door.night()
    assert door.rows("select count(*) from valid.shipments") == [(0,)]
    door.drop("orders.csv", sample("shopify/orders.csv"))
    door.night()
    assert door.rows("select order_name from valid.shipments") == [("#1003",), ("#1003",)]


def test_a_bad_line_keeps_its_order(door: Door) -> None:
    content = shopify_orders("#900")
    door.drop("orders.csv", content.replace(",1,Pine tray,", ",one,Pine tray,"))
    door.night()
    assert door.rows("select order_name, total_amount from valid.orders") == [("#900", 24)]
    assert door.rows("select count(*) from valid.order_lines") == [(0,)]
    assert door.rows("select reason, column_name from landing.quarantine") == [
        ("not_a_whole_number", "quantity_units")
    ]


def test_a_bad_first_row_does_not_lose_an_order_that_others_repeat(door: Door) -> None:
    header, first, second, *_ = sample("wholesale/orders.csv").splitlines()
    door.drop("orders.csv", "\n".join([header, first.replace("2026-12-01", "soon"), second, ""]))
    door.night()
    assert door.rows("select order_id, requested_date::varchar from valid.orders") == [
        ("PO-500", "2026-12-01")
    ]
    assert door.rows("select channel_sku from valid.order_lines") == [("TRAY",)]


def test_a_list_that_is_put_back_holds_again_and_an_order_is_not_opened_again(door: Door) -> None:
    lists = [MAP + f"shopify,TRAY,{sku}\n" for sku in ("TRAY", "WRONG", "TRAY")]
    states = [shopify_orders("#900", state=state) for state in ("unfulfilled", "fulfilled")]
    for day, (content, orders) in enumerate(
        zip(lists, [*states, states[0]], strict=True), start=-2
    ):
        door.drop(f"map {day}.csv", content, EVENING + day * 24 * HOUR)
        door.drop(f"orders {day}.csv", orders, EVENING + day * 24 * HOUR)
    door.night()
    with door.warehouse() as con:
        record_sightings(con, Night(door.shop, AS_OF, "test"))
    newest = "select arg_max({0}, exported_at), max(exported_at) from valid.{1}"
    assert door.rows(newest.format("sku", "sku_map")) == [("TRAY", EVENING)]
    assert door.rows(newest.format("fulfilment_state", "orders")) == [
        ("fulfilled", EVENING - 24 * HOUR)
    ]


def test_a_table_that_no_file_feeds_is_there_and_empty(door: Door) -> None:
    door.night()
    for table in load_contracts():
        assert door.rows(f"select count(*) from valid.{table}") == [(0,)]


def test_a_canonical_table_has_the_columns_and_types_of_its_contract(door: Door) -> None:
    lay(door, list(FILES))
    door.night()
    with door.warehouse() as con:
        for table, contract in load_contracts().items():
            described = con.execute(f"describe valid.{table}").fetchall()
            types = {name: str(kind) for name, kind, *_ in described}
            for name, column in contract.columns.items():
                [(kind,)] = con.execute(f"select typeof(null::{column.type})").fetchall()
                assert types[name] == kind, f"{table}.{name}"


def test_a_canonical_table_says_what_it_and_each_of_its_columns_holds(door: Door) -> None:
    door.night()
    bare = "select table_name, column_name from duckdb_columns() where schema_name = 'valid' and comment is null"
    assert door.rows(bare) == []
    assert door.rows(
        "select count(*) from duckdb_views() where schema_name = 'valid' and comment is null"
    ) == [(0,)]


def test_exports_feed_only_tables_and_columns_that_a_contract_names() -> None:
    contracts = load_contracts()
    strangers = [
        f"{export.file}: {table}.{column}"
        for export in load_exports().values()
        for table, feeds in export.loads_into.items()
        for feed in feeds
        for column in (*feed.set_, *feed.first_of)
        if table not in contracts or column not in {*contracts[table].columns, *export.columns}
    ]
    assert not strangers


def test_the_facts_of_another_run_or_moment_are_loaded_again(door: Door) -> None:
    mine = Night(door.shop, AS_OF, "mine")
    with door.warehouse() as con:
        assert not has_facts(con, mine)
        forget_facts(con)
        assert not has_facts(con, mine)  # a run killed here left them half made
        note_facts(con, mine)
        assert has_facts(con, mine)
        assert not has_facts(con, Night(door.shop, AS_OF, "another's"))
        assert not has_facts(con, Night(door.shop, AS_OF + HOUR, "mine"))


def test_every_accepted_row_is_accounted_for_on_its_way_into_the_canonical_tables(
    door: Door,
) -> None:
    lay(door, list(FILES))
    door.night()
    for report in ("shopify.orders", "amazon.settlement_v2", "shopify.inventory"):
        table = load_exports()[report].table
        [(accepted,)] = door.rows(f"select count(*) from {table}")
        counted = {
            reason: int(str(rows))
            for reason, rows in door.rows(
                f"select reason, rows from meta.kept where name = 'valid' and source = '{table}'"
            )
        }
        assert sum(counted.values()) == accepted
        assert counted["kept"]
    parcels = door.rows(
        "select reason, rows from meta.kept where source = 'staged.fulfilment_shipments' order by all"
    )
    assert ("unknown_order", 1) in parcels
