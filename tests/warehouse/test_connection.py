"""What a connection to the warehouse brings with it."""

from collections.abc import Iterator

import duckdb
import pytest

from tasks.warehouse.connection import FRUGAL, frugally, open_to_read_files, within_memory
from tests.exports.door import Door


@pytest.mark.parametrize(
    ("values", "expected"),
    [("('USD'), ('CAD'), ('CAD')", "CAD"), ("('USD'), ('CAD')", "USD"), ("(null), (null)", None)],
)
def test_the_most_frequent_value_is_the_same_in_every_order(
    door: Door, values: str, expected: str | None
) -> None:
    with open_to_read_files(door.folder) as con:
        for direction in ("asc", "desc"):
            found = con.execute(
                f"select most_frequent(v) from (from (values {values}) as t (v) order by v {direction})"
            ).fetchall()
            assert found == [(expected,)]


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as con:
        con.execute("set threads = 2; set memory_limit = '4GiB'")
        yield con


def limit(con: duckdb.DuckDBPyConnection) -> str:
    [(found,)] = con.execute("select current_setting('memory_limit')").fetchall()
    return str(found)


@pytest.mark.parametrize(
    "second", [duckdb.OutOfMemoryException("again"), duckdb.IOException("the disk is full")]
)
def test_what_lacks_memory_is_done_with_less_and_then_with_all(
    con: duckdb.DuckDBPyConnection, second: duckdb.Error
) -> None:
    faults: list[duckdb.Error] = [duckdb.OutOfMemoryException("too much"), second]
    limits = []

    def do() -> str:
        limits.append(limit(con))
        if faults:
            raise faults.pop(0)
        return "done"

    with frugally(con):
        little = limit(con)
        assert within_memory(con, do) == "done"
        assert limit(con) == little == f"{2 * FRUGAL}.0 MiB"
    assert limits[:2] == [little, f"{2 * FRUGAL * 0.6:.1f} MiB"]
    assert limits[2] not in limits[:2]


def test_another_fault_is_raised_at_once_and_the_last_one_at_last(
    con: duckdb.DuckDBPyConnection,
) -> None:
    tries = []

    def fail_by(fault: duckdb.Error) -> str:
        tries.append(fault)
        raise fault

    with frugally(con):
        little = limit(con)
        with pytest.raises(duckdb.IOException):
            within_memory(con, lambda: fail_by(duckdb.IOException("no such file")))
        assert (len(tries), limit(con)) == (1, little)
        with pytest.raises(duckdb.OutOfMemoryException):
            within_memory(con, lambda: fail_by(duckdb.OutOfMemoryException("too much")))
        assert (len(tries), limit(con)) == (4, little)
