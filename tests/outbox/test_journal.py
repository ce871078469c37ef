"""The accountant's file balances, month by month, and holds no formula."""

import csv
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from duckdb import DuckDBPyConnection

from config.errors import FatalError
from tasks.outbox.journal import write_journal


@pytest.fixture
def con() -> Iterator[DuckDBPyConnection]:
    with duckdb.connect() as con:
        con.execute(
            "create schema marts; create table marts.journal_entries (journal_id varchar,"
            " entry_date date, account varchar, debit_amount decimal(18, 2),"
            " credit_amount decimal(18, 2), currency varchar, memo varchar, payout_id varchar)"
        )
        con.execute(
            "insert into marts.journal_entries values"
            " ('web-1-05', '2026-05-31', 'sale', 0, 10.10, 'GBP', '=cmd()', '1'),"
            " ('web-1-05', '2026-05-31', 'clearing web', 10.10, 0, 'GBP', 'Owed', '1'),"
            " ('web-1-bank', '2026-06-02', 'bank GBP', 10.10, 0, 'GBP', 'Received', '1'),"
            " ('web-1-bank', '2026-06-02', 'clearing web', 0, 10.10, 'GBP', 'Paid', '1')"
        )
        yield con


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_each_month_has_its_file_and_balances(con: DuckDBPyConnection, tmp_path: Path) -> None:
    files = write_journal(con, tmp_path)
    assert [path.name for path in files] == ["journal_2026-05.csv", "journal_2026-06.csv"]
    for path in files:
        sums: defaultdict[str, Decimal] = defaultdict(Decimal)
        for row in read(path):
            sums[row["journal_id"]] += Decimal(row["debit_amount"]) - Decimal(row["credit_amount"])
        assert set(sums.values()) == {Decimal(0)}


def test_no_cell_is_a_formula(con: DuckDBPyConnection, tmp_path: Path) -> None:
    [sale] = [row for row in read(write_journal(con, tmp_path)[0]) if row["account"] == "sale"]
    assert sale["memo"] == "'=cmd()"


def test_a_second_run_writes_the_same(con: DuckDBPyConnection, tmp_path: Path) -> None:
    first = [path.read_bytes() for path in write_journal(con, tmp_path)]
    assert [path.read_bytes() for path in write_journal(con, tmp_path)] == first


def test_a_month_without_entries_loses_its_file(con: DuckDBPyConnection, tmp_path: Path) -> None:
    write_journal(con, tmp_path)
    con.execute("delete from marts.journal_entries where journal_id = 'web-1-bank'")
    write_journal(con, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["journal_2026-05.csv"]


def test_what_does_not_balance_is_not_written(con: DuckDBPyConnection, tmp_path: Path) -> None:
    con.execute("update marts.journal_entries set credit_amount = 10.11 where account = 'sale'")
    with pytest.raises(FatalError, match=r"web-1-05: debit 10\.10, credit 10\.11"):
        write_journal(con, tmp_path)
    assert not list(tmp_path.iterdir())
