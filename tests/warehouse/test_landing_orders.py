"""Files in all 120 orders, twice, split, merged, renamed and overlapping come to the same tables.

An order is a way through the sets of files that have landed: five files have 32 sets, joined by 80 steps. Each step is
made from one state of its set; that all steps into a set come to the same state makes all 120 ways equal.
"""

import csv
import io
import shutil
from collections.abc import Iterable
from datetime import datetime
from itertools import combinations
from pathlib import Path

import duckdb
import pytest

from tasks.archive.raw import Raw
from tasks.warehouse.catalog import columns_of, content_hash
from tasks.warehouse.models import read_models
from tests.exports.door import EVENING, Door
from tests.warehouse.test_load import FILES, SQL, hashes, lay, shopify_orders

FIVE = ("orders monday.csv", "orders tuesday.csv", "map.csv", "map newer.csv", "inventory.csv")
# Where a row came from, and hashes with the key of its shop: not what it says.
PLACES = (
    "file_id",
    "source_file_id",
    "lines_file_id",
    "line_no",
    "customer_key",
    "phone_key",
    "address_key",
)


def state(door: Door) -> dict[str, str]:
    """Return a hash of every table of the warehouse and every view of it, and of what raw knows."""
    with duckdb.connect(str(door.folder.warehouse)) as con:
        con.execute("set timezone = 'UTC'")
        names = con.execute(
            "select schema_name || '.' || table_name from duckdb_tables() where not temporary"
            " and schema_name <> 'changed' and table_name <> 'changes'"  # the way there, not what is there
        ).fetchall()
        found = {
            name: content_hash(con, name, ("built_at", "seconds", "keys")) for (name,) in names
        }
    arrivals = sorted(map(repr, Raw(door.folder.raw).landings()))
    return found | {"arrivals": "\n".join(arrivals)}


def facts(door: Door) -> dict[str, str]:
    """Return a hash of every fact; the canonical tables before it hold each sighting of an order."""
    hashes(door)  # builds them
    with door.warehouse() as con:
        tables = [model.table for model in read_models(SQL) if model.schema == "core"]
        return {
            table: content_hash(
                con, table, [c.name for c in columns_of(con, table) if c.name in PLACES]
            )
            for table in tables
        }


@pytest.mark.whole
def test_five_files_come_to_the_same_in_all_120_orders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    door = Door(tmp_path / "shop", monkeypatch)

    def place(names: Iterable[str]) -> Path:
        return tmp_path / "sets" / " + ".join(["none", *sorted(names)])

    door.night()
    shutil.copytree(door.folder.root, place(()))
    steps = 0
    for size in range(1, len(FIVE) + 1):
        for landed in combinations(FIVE, size):
            found: dict[str, dict[str, str]] = {}
            for last in landed:
                before = [name for name in landed if name != last]
                shutil.rmtree(door.folder.root)
                shutil.copytree(place(before), door.folder.root)
                lay(door, [last])
                door.night()
                found[last] = state(door)
                steps += 1
            first = found[landed[0]]
            for last, other in found.items():
                differing = {name for name in first if first[name] != other.get(name)}
                assert not differing, f"{landed}: {last} came last"
            shutil.copytree(door.folder.root, place(landed))
    assert steps == 80


def nights(door: Door, files: Iterable[tuple[str, str, datetime]]) -> dict[str, str]:
    for name, content, at in files:
        door.drop(name, content, at)
    door.night()
    return facts(door)


def turned(text: str) -> str:
    """Return a CSV with its columns in reverse."""
    made = io.StringIO()
    rows = csv.reader(io.StringIO(text))
    csv.writer(made, lineterminator="\n").writerows(row[::-1] for row in rows)
    return made.getvalue()


ORDERS = shopify_orders("#900", "#901")
ONE, OTHER = shopify_orders("#900"), shopify_orders("#901")
MAP = FILES["map.csv"]
SAME = {
    "the same file twice": [("a.csv", ORDERS), ("a (1).csv", ORDERS)],
    "the same file under another name": [("Kopie von a.csv", ORDERS)],
    "split into a file per order": [("a1.csv", ONE), ("a2.csv", OTHER)],
    "two windows that overlap": [("a1.csv", ONE), ("a2.csv", ORDERS)],
    "its rows the other way round": [
        ("a.csv", "\n".join([ORDERS.splitlines()[0], *ORDERS.splitlines()[:0:-1], ""]))
    ],
    "its columns the other way round": [("a.csv", turned(ORDERS))],
}


@pytest.fixture(scope="module")
def merged(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What one file with all the orders comes to."""
    with pytest.MonkeyPatch.context() as patch:
        door = Door(tmp_path_factory.mktemp("merged"), patch)
        return nights(door, [("map.csv", *MAP), ("a.csv", ORDERS, EVENING)])


@pytest.mark.whole
@pytest.mark.parametrize("how", SAME)
def test_the_same_orders_come_to_the_same_however_their_files_are_made(
    door: Door, merged: dict[str, str], how: str
) -> None:
    files = [(name, text, EVENING) for name, text in SAME[how]]
    assert nights(door, [("map.csv", *MAP), *files]) == merged
