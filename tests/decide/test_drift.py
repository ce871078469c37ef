"""A number that drifts asks whoever has it, once, and the answer is kept."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from duckdb import DuckDBPyConnection

from config.shop import Shop
from tasks.decide.exceptions import sync_exceptions
from tasks.ledger import Ledger, open_ledger
from tasks.run.night import Night
from tests.tell.test_alerts import corner

MONDAY = datetime(2026, 11, 23, 2, tzinfo=UTC)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return corner(tmp_path, "  support: {owner: sam@corner.example}\n")


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}", "corner") as opened:
        yield opened


@pytest.fixture
def con() -> Iterator[DuckDBPyConnection]:
    with duckdb.connect() as opened:
        opened.execute("create schema checks")
        opened.execute(
            "create table checks.findings (type varchar, subject_kind varchar, subject_id varchar,"
            " channel varchar, order_id varchar, evidence varchar, amount_at_stake decimal(18, 2),"
            " currency varchar)"
        )
        yield opened


def drifts(con: DuckDBPyConnection, kpi: str) -> None:
    con.execute(
        "insert into checks.findings (type, subject_kind, subject_id, evidence)"
        " values ('kpi_drift', 'kpi', ?, 'left its usual range on 2026-11-22')",
        [kpi],
    )


def test_each_owner_is_asked_once_and_an_answer_stays(
    con: DuckDBPyConnection, shop: Shop, ledger: Ledger
) -> None:
    drifts(con, "on_time_ship_rate")
    drifts(con, "return_rate")
    for day in range(3):
        sync_exceptions(con, Night(shop, MONDAY + timedelta(days=day), f"night {day}"), ledger)
    cases = {row["subject_id"]: row for row in ledger.rows("exceptions")}
    assert {kpi: row["owner"] for kpi, row in cases.items()} == {
        "on_time_ship_rate": "ben@corner.example",
        "return_rate": "sam@corner.example",
    }
    asked = [(row["sent_to"], row["severity"]) for row in ledger.rows("alerts")]
    assert sorted(asked) == [("ben@corner.example", "medium"), ("sam@corner.example", "medium")]
    ledger.close_exceptions(
        [cases["return_rate"]["exception_id"]],
        who="Sam",
        why="the page is right: a bad batch",
        at=MONDAY + timedelta(days=3),
    )
    sync_exceptions(con, Night(shop, MONDAY + timedelta(days=4), "night 4"), ledger)
    states = {row["subject_id"]: row["state"] for row in ledger.rows("exceptions")}
    assert states == {"on_time_ship_rate": "open", "return_rate": "closed"}
    assert len(ledger.rows("alerts")) == 2
