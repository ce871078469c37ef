"""A warehouse of a shop to which nothing has come: every table is there, with its types and comments."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from config.folders import ShopFolder
from config.shop import Shop
from tasks.decide import backtest, reorders, stock
from tasks.ledger import open_ledger
from tasks.run.night import Night
from tasks.warehouse.build import build
from tasks.warehouse.connection import open_warehouse
from tasks.warehouse.ledger_tables import write_ledger_tables
from tasks.warehouse.load import load
from tasks.warehouse.models import read_models, read_rules
from tasks.warehouse.settings_tables import write_settings
from tasks.warehouse.steps import facts

NIGHT = datetime(2026, 1, 1, tzinfo=UTC)  # any: no figure is looked at
NOBODY = Shop(
    name="nobody", title="", timezone="UTC", currency="EUR", channels={}, locations={}, people={}
)


@contextmanager
def empty_warehouse() -> Iterator[duckdb.DuckDBPyConnection]:
    """Give a warehouse in which all of sql/ is built over no rows; it is gone afterwards."""
    night = Night(NOBODY, NIGHT, "handbook")
    with TemporaryDirectory() as room:
        folder = ShopFolder(Path(room))
        ledger = open_ledger(f"sqlite:///{folder.ledger}", NOBODY.name)
        with ledger, open_warehouse(folder) as con:
            load(con, NOBODY)
            write_settings(con, night)
            write_ledger_tables(con, ledger)
            models, rules = read_models(), read_rules()
            build(con, models, rules, only=facts(models))
            stock.decide_stock(con, night)
            reorders.decide_reorders(con, night)
            backtest.keep(con, ())
            build(con, models, rules)
            yield con
