"""Days that follow each other, each with its own exports: what is built in part is what is built from nothing."""

import shutil
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from flows.desk.demo import write
from tasks.warehouse.build import build
from tasks.warehouse.models import read_models, read_rules
from tests.nights.night import ROOT, backroom

FIRST = datetime.fromisoformat("2026-11-24T06:00:00+00:00")
OPENED = date(2026, 8, 26)
BY_ORDER = {model.table for model in read_models() if model.by}


def contents(warehouse: Path) -> dict[str, str]:
    with duckdb.connect(str(warehouse), read_only=True) as con:
        return dict(con.execute("select name, content from meta.built").fetchall())


def rebuilt(warehouse: Path, copy: Path) -> dict[str, str]:
    """Return the contents of every table, built once more from what is loaded; the warehouse stays as it is."""
    shutil.copy(warehouse, copy)
    with duckdb.connect(str(copy)) as con:
        con.execute("set timezone = 'UTC'")
        build(con, read_models(), read_rules(), rebuild=True)
    return contents(copy)


@pytest.mark.whole
def test_nights_of_new_days_come_to_what_is_built_from_nothing(tmp_path: Path) -> None:
    shop, shops = tmp_path / "demo", ROOT / "config" / "shops"
    in_part: list[int] = []
    for night, days in enumerate((90, 2, 2, 30)):
        as_of = FIRST + timedelta(days=night)
        write(shop, as_of, opened=OPENED, days=days)
        backroom(
            "nightly", "--shop", "demo", "--as-of", as_of.isoformat(), data=tmp_path, shops=shops
        )
        warehouse = shop / "warehouse.duckdb"
        assert contents(warehouse) == rebuilt(warehouse, tmp_path / "rebuilt.duckdb")
        with duckdb.connect(str(warehouse), read_only=True) as con:
            built = con.execute("select name from meta.built where keys > 0").fetchall()
        in_part.append(len({name for (name,) in built} & BY_ORDER))
    # On the first night all is new, and of an export of a month too much of so small a shop.
    assert in_part[0] == 0
    assert min(in_part[1:3]) > len(BY_ORDER) / 2, in_part
