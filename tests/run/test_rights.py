"""Nobody but its owner reads a shop's data; what is made for others is theirs to read."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest

from tasks.ledger import ledger_of
from tasks.outbox.snapshot import publish
from tasks.run.lock import shop_lock
from tasks.run.rights import close_folder
from tests.exports.door import Door

PRIVATE = ("warehouse.duckdb", "ledger.db", "hash.key", ".lock", "raw", "vault", "work")


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


@contextmanager
def umask(value: int) -> Iterator[None]:
    before = os.umask(value)
    try:
        yield
    finally:
        assert os.umask(before) == value, "the lock puts the umask back"


def work_a_little(door: Door) -> None:
    """Read a file, decide something, publish and write a file for others, as a night does."""
    door.drop("unknown.csv", "a,b\n1,2\n")
    door.pull()
    with ledger_of(door.shop), door.warehouse() as con:
        con.execute("create or replace table marts.kpi_daily as select 1 as value")
        day = date(2026, 11, 28)
        publish(con, door.folder.published, "v", shop="x", as_of=day, business_date=day)
    written = door.folder.outbox / "stock" / "shopify.csv"
    written.parent.mkdir(parents=True, exist_ok=True)
    written.write_text("SKU,On hand (new)\n")
    door.folder.dashboard.write_text("<!doctype html>")


def test_what_a_run_writes_is_its_owners_but_for_what_is_made_for_others(door: Door) -> None:
    with umask(0o022):
        with shop_lock(door.shop):
            work_a_little(door)
        folder = door.folder
        for name in PRIVATE:
            path = folder.root / name
            assert not path.exists() or mode(path) & 0o077 == 0, name
        assert mode(folder.warehouse) == mode(folder.ledger) == 0o600
        assert [mode(path) for path in folder.raw.rglob("*.jsonl")] in ([], [0o600])
        assert mode(folder.marts) == 0o444
        assert mode(folder.published) == mode(folder.root) == 0o755
        assert mode(folder.marts.parent) == 0o555
        assert mode(folder.outbox / "stock") == 0o755
        assert mode(folder.outbox / "stock" / "shopify.csv") == mode(folder.dashboard) == 0o644


def test_what_an_earlier_version_left_open_is_closed_before_anything_is_read(door: Door) -> None:
    with umask(0o022):
        work_a_little(door)
        door.folder.warehouse.chmod(0o644)
        door.folder.raw.chmod(0o755)
        (door.folder.root / "ledger.db-wal").touch(0o644)
        with shop_lock(door.shop):
            assert mode(door.folder.warehouse) == 0o600
            assert mode(door.folder.raw) == 0o700
            assert mode(door.folder.root / "ledger.db-wal") == 0o600


@pytest.mark.parametrize("value", [0o077, 0o027])
def test_a_stricter_umask_of_the_users_own_holds_for_all(door: Door, value: int) -> None:
    with umask(value):
        with shop_lock(door.shop):
            work_a_little(door)
        assert mode(door.folder.outbox / "stock" / "shopify.csv") & value == 0
        assert mode(door.folder.dashboard) & value == 0


def test_the_servers_folder_is_closed_even_if_it_was_open(tmp_path: Path) -> None:
    (tmp_path / "prefect").mkdir(0o755)
    close_folder(tmp_path / "prefect")
    assert mode(tmp_path / "prefect") == 0o700
