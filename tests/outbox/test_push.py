"""The file for Shopify writes only locations that are ours to write."""

import csv
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest
from duckdb import DuckDBPyConnection

from tasks.outbox.push import shopify

NIGHT: Any = SimpleNamespace(moment=datetime(2026, 11, 24, 7, tzinfo=UTC))
TEXTS = (
    "handle", "title", "option1_name", "option1_value", "option2_name", "option2_value",
    "option3_name", "option3_value", "hs_code", "country_of_origin", "bin_name",
)  # fmt: skip


@pytest.fixture
def con() -> Iterator[DuckDBPyConnection]:
    """Ten mugs on the shelf, which are ours; four at the 3PL, whose app keeps them at Shopify."""
    with duckdb.connect() as made:
        texts = ", ".join(f"{name} varchar" for name in TEXTS)
        made.execute(
            f"""
            create schema staged; create schema settings; create schema core; create schema ops;
            create schema landing; create table landing.sightings (file_id varchar, seen_at timestamptz);
            create table ops.left_since_count (
                sku varchar, location varchar, platform varchar, left_units bigint, copied_units bigint);
            create table staged.shopify_inventory ({texts}, channel_sku varchar, location varchar,
                incoming_units bigint, unavailable_units bigint, committed_units bigint,
                available_units bigint, on_hand_units bigint, file_id varchar, exported_at timestamptz,
                line_no bigint);
            insert into staged.shopify_inventory by name
                select 'mug' as handle, 'MUG' as channel_sku, 'Shelf' as location, 0 as unavailable_units,
                    1 as committed_units, 9 as available_units, 10 as on_hand_units, 'f' as file_id, 1 as line_no
                union all by name
                select 'mug' as handle, 'MUG' as channel_sku, '3PL' as location, 0 as unavailable_units,
                    0 as committed_units, 4 as available_units, 4 as on_hand_units, 'f' as file_id, 2 as line_no;
            create table settings.locations as
                select * from (values ('Shelf', false), ('3PL', true)) t(location, is_read_only);
            create table settings.channel_locations as
                select * from (values ('web', 'Shelf', 1), ('web', '3PL', 2)) t(channel, location, preference);
            create table core.sku_map (channel varchar, channel_sku varchar, sku varchar);
            create table ops.stock_position as
                select * from (values ('MUG', 'Shelf', 9), ('MUG', '3PL', 4)) t(sku, location, available_units);
            """
        )
        yield made


@pytest.mark.parametrize(
    ("units", "written"),
    [
        (11, [("Shelf", "8")]),  # 4 are at the 3PL already: 7 free and 1 committed here
        (4, [("Shelf", "1")]),
        (2, [("Shelf", "1")]),  # the 3PL's own 4 are not ours to lower
        (13, []),  # all as it is
    ],
)
def test_a_read_only_location_is_never_written_and_counts_with_what_it_shows(
    con: DuckDBPyConnection, tmp_path: Path, units: int, written: list[tuple[str, str]]
) -> None:
    rows: Any = [SimpleNamespace(channel_sku="MUG", published_units=units)]
    path = shopify.write(con, NIGHT, "web", rows, tmp_path)
    with path.open(encoding="utf-8", newline="") as file:
        found = [(row["Location"], row["On hand (new)"]) for row in csv.DictReader(file)]
    assert found == written


def test_what_left_since_the_export_is_committed_no_more(
    con: DuckDBPyConnection, tmp_path: Path
) -> None:
    con.execute("insert into ops.left_since_count values ('MUG', 'Shelf', 'shopify', 0, 1)")
    rows: Any = [SimpleNamespace(channel_sku="MUG", published_units=11)]
    path = shopify.write(con, NIGHT, "web", rows, tmp_path)
    with path.open(encoding="utf-8", newline="") as file:
        found = [(row["Location"], row["On hand (new)"]) for row in csv.DictReader(file)]
    assert found == [("Shelf", "7")]  # Shopify has none committed by now: 7 are available


def test_an_export_that_comes_again_is_the_newest(con: DuckDBPyConnection, tmp_path: Path) -> None:
    con.execute(
        "update staged.shopify_inventory set exported_at = '2026-11-20';"
        "insert into staged.shopify_inventory by name select * replace (0 as committed_units,"
        " 'g' as file_id, timestamptz '2026-11-21' as exported_at) from staged.shopify_inventory;"
        "insert into landing.sightings values ('f', '2026-11-20'), ('g', '2026-11-21'), ('f', '2026-11-22')"
    )
    rows: Any = [SimpleNamespace(channel_sku="MUG", published_units=11)]
    path = shopify.write(con, NIGHT, "web", rows, tmp_path)
    with path.open(encoding="utf-8", newline="") as file:
        found = [(row["Location"], row["On hand (new)"]) for row in csv.DictReader(file)]
    assert found == [("Shelf", "8")]


def test_a_listing_that_the_import_leaves_out_is_not_sent(con: DuckDBPyConnection) -> None:
    con.execute(
        "insert into staged.shopify_inventory by name select 'CUP' as channel_sku, '3PL' as location,"
        " 4 as available_units, 4 as on_hand_units, 'f' as file_id, 3 as line_no"
    )
    con.execute(  # 'not stocked' is null
        "insert into staged.shopify_inventory by name select 'POT' as channel_sku, 'Shelf' as location,"
        " 'f' as file_id, 4 as line_no"
    )
    rows: Any = [SimpleNamespace(channel_sku=sku) for sku in ("MUG", "CUP", "POT", "NEW")]
    assert shopify.takes(con, "web", rows) == rows[:1]


def test_without_an_inventory_export_nothing_is_sent() -> None:
    rows: Any = [SimpleNamespace(channel_sku="MUG")]
    with duckdb.connect() as empty:
        assert shopify.takes(empty, "web", rows) == []
