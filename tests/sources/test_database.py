"""Queries become exact CSV files: from SQLite, and from a real PostgreSQL."""

import csv
import sqlite3
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine, text

from config.errors import FatalError, RetryableError
from config.shop import Shop
from config.source import DatabaseSource
from tasks.archive.raw import Raw
from tasks.intake.pull import pull
from tasks.sources import look
from tasks.sources.database import cell
from tasks.sources.found import pull_time
from tests.exports.door import AS_OF, Door
from tests.postgres import new_database

QUERY = "select iso_week, channel, plan_usd from plan"
PASSWORD = "hidden-p@ss"


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "shop.db"
    with sqlite3.connect(path) as con:
        con.execute("create table plan (iso_week text, channel text, plan_usd integer)")
        con.execute("insert into plan values ('2026-W47', 'shopify', 1)")
    con.close()
    monkeypatch.setenv("SHOP_DB", f"sqlite:///{path}")
    return path


def shop_of(door: Door, **queries: str) -> Shop:
    source = DatabaseSource(database_env="SHOP_DB", queries=queries)
    return door.shop.model_copy(update={"sources": (source,)})


def content(door: Door, query: str) -> str:
    """Return the file that a query becomes."""
    shop = shop_of(door, report=query)
    [found] = look(shop, shop.sources[0], pull_time(shop, AS_OF))
    with found.open() as path:
        return path.read_bytes().decode()


def failure(door: Door, query: str = QUERY) -> FatalError | RetryableError:
    [error] = pull(shop_of(door, plan=query), AS_OF).failures
    return error


def test_a_query_becomes_a_file_once_a_night(door: Door, database: Path) -> None:
    shop = shop_of(door, plan=QUERY)
    [arrival] = pull(shop, AS_OF).new
    assert (arrival.address, arrival.name) == ("database://SHOP_DB/plan", "plan.csv")
    kept = Raw(door.folder.raw).path(arrival.sha256).read_bytes()
    assert kept == b"iso_week,channel,plan_usd\r\n2026-W47,shopify,1\r\n"
    again = pull(shop, AS_OF + timedelta(hours=3))
    assert (again.new, again.known) == ((), 1)


def test_the_same_result_of_another_night_is_no_other_arrival(door: Door, database: Path) -> None:
    shop = shop_of(door, plan=QUERY)
    pull(shop, AS_OF)
    pull(shop, AS_OF + timedelta(days=1))
    [arrival] = Raw(door.folder.raw).arrivals()
    assert arrival.modified_at == AS_OF + timedelta(days=1)


def test_a_query_may_be_in_a_file_next_to_the_shop(door: Door, database: Path) -> None:
    (door.folder.root.parent.parent / "shops" / "plan.sql").write_text(f"-- the plan\n{QUERY};\n")
    assert len(pull(shop_of(door, plan="plan.sql"), AS_OF).new) == 1


def test_a_query_that_fails_stops_only_itself(door: Door, database: Path) -> None:
    pulled = pull(shop_of(door, broken="select * from nowhere", plan=QUERY), AS_OF)
    assert [one.name for one in pulled.new] == ["plan.csv"]
    [error] = pulled.failures
    assert isinstance(error, FatalError)
    assert "query broken" in str(error)


@pytest.mark.parametrize(
    "query", ["delete from plan", "select 1; delete from plan", "", "drop table plan", "none.sql"]
)
def test_a_query_only_reads(door: Door, database: Path, query: str) -> None:
    assert isinstance(failure(door, query), FatalError)


def test_null_and_empty_text_are_distinguished(door: Door, database: Path) -> None:
    query = "select null as a, '' as b, 'x,\"y\"' as c, 'é' as d, 'like 100%' as e, ':x' as f"
    assert content(door, query) == 'a,b,c,d,e,f\r\n,"","x,""y""",é,like 100%,:x\r\n'


def test_a_database_file_that_is_missing_is_not_made(
    door: Door, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_DB", f"sqlite:///{tmp_path}/none.db")
    assert isinstance(failure(door), RetryableError)
    assert not (tmp_path / "none.db").exists()


@pytest.mark.parametrize("url", [None, f"nonsense {PASSWORD}", f"nodb://u:{PASSWORD}@host/x"])
def test_an_address_that_cannot_be_opened_is_never_repeated(
    door: Door, monkeypatch: pytest.MonkeyPatch, url: str | None
) -> None:
    if url:
        monkeypatch.setenv("SHOP_DB", url)
    error = failure(door)
    assert isinstance(error, FatalError)
    assert PASSWORD not in str(error)
    assert "SHOP_DB" in str(error)


def test_a_database_out_of_reach_is_tried_again(
    door: Door, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("SHOP_DB", f"postgresql://u:{PASSWORD.replace('@', '%40')}@127.0.0.1:1/x")
    error = failure(door)
    assert isinstance(error, RetryableError)
    assert PASSWORD not in str(error) + caplog.text


@pytest.fixture
def shop_database(postgres: str, monkeypatch: pytest.MonkeyPatch) -> str:
    url = new_database(postgres, "source")
    monkeypatch.setenv("SHOP_DB", url)
    return url


def test_values_of_postgresql_are_exact(door: Door, shop_database: str) -> None:
    query = """
        select 12345678901234567890.10::numeric(30, 2) as money, 1e2::numeric as hundred,
            0.1::float8 as share, 1e-7::float8 as small, 9223372036854775807 as big,
            date '2026-11-20' as day, true as yes,
            timestamptz '2026-11-20 18:00:00.123456-05' as moment,
            timestamp '2026-11-20 18:00:00' as wall, '{"a": "é"}'::jsonb as document
    """
    assert content(door, query).splitlines()[1] == (
        "12345678901234567890.10,100,0.1,0.0000001,9223372036854775807,2026-11-20,true,"
        '2026-11-20T23:00:00.123456+00:00,2026-11-20T18:00:00,"{""a"": ""é""}"'
    )


def test_rows_of_postgresql_are_streamed_and_only_read(door: Door, shop_database: str) -> None:
    engine = create_engine(shop_database.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as con:
        con.execute(text("create table plan (n integer)"))
        con.execute(text("insert into plan select * from generate_series(1, 10000)"))
    rows = content(door, "select n from plan where n::text like '%' order by n").splitlines()
    assert rows == ["n", *map(str, range(1, 10_001))]
    error = failure(door, "with gone as (delete from plan returning n) select n from gone")
    assert isinstance(error, FatalError)
    with engine.begin() as con:
        assert con.execute(text("select count(*) from plan")).scalar() == 10_000
    engine.dispose()


def test_a_database_that_does_not_let_us_in_is_for_a_person(
    door: Door, shop_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_DB", shop_database.replace("ledger@", "stranger:hidden@"))
    error = failure(door)
    assert isinstance(error, FatalError)
    assert "hidden" not in str(error)


VALUES = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    st.decimals(allow_nan=False, allow_infinity=False),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.dates(),
)


@given(values=st.lists(VALUES, min_size=1))
def test_every_value_reads_back_as_itself(values: list[Any]) -> None:
    [row] = csv.reader([",".join(cell(value) for value in values)]) if _one_line(values) else [None]
    for value, written in zip(values, row or [], strict=False):
        match value:
            case str():
                assert written == value
            case Decimal():
                assert Decimal(written) == value
                assert "E" not in written
            case float():
                assert float(written) == value
                assert "e" not in written
            case date():
                assert date.fromisoformat(written) == value
            case _:
                assert int(written) == value


def _one_line(values: list[Any]) -> bool:
    return not any(isinstance(value, str) and ("\r" in value or "\n" in value) for value in values)


def test_a_moment_is_given_in_utc() -> None:
    moment = datetime(2026, 11, 20, 18, tzinfo=timezone(timedelta(hours=-5)))
    assert cell(moment) == datetime(2026, 11, 20, 23, tzinfo=UTC).isoformat()
