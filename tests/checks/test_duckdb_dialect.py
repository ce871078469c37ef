"""The dialect runs SQLAlchemy on a connection that stays its owner's."""

from collections.abc import Iterator

import duckdb
import pytest
import sqlalchemy as sa

from tasks.checks.duckdb_dialect import shared, sql_type


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as con:
        yield con


@pytest.fixture
def engine(con: duckdb.DuckDBPyConnection) -> Iterator[sa.Engine]:
    with shared("dialect", con) as url:
        yield sa.create_engine(url)


def test_temporary_and_uncommitted_rows_are_seen(
    con: duckdb.DuckDBPyConnection, engine: sa.Engine
) -> None:
    con.execute("begin")
    con.execute("create temp table parcels as select 7 as parcel_count")
    with engine.connect() as connection:
        assert connection.execute(sa.text("select parcel_count from parcels")).scalar_one() == 7


def test_a_commit_of_ours_is_not_a_commit_of_the_owner(
    con: duckdb.DuckDBPyConnection, engine: sa.Engine
) -> None:
    con.execute("create table parcels (parcel_count integer)")
    con.execute("begin")
    with engine.begin() as connection:
        connection.execute(sa.text("insert into parcels values (1)"))
    con.execute("rollback")
    assert con.execute("select count(*) from parcels").fetchall() == [(0,)]


def test_rows_outlive_the_connection_and_the_next_statement(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        first = connection.execute(sa.text("select range from range(3)"))
        connection.execute(sa.text("select 42"))
    assert first.fetchone() == (0,)
    assert [tuple(row) for row in first.fetchmany(1)] == [(1,)]
    assert [tuple(row) for row in first.fetchall()] == [(2,)]


def test_parameters_are_bound(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        query = sa.text("select :word || :word, :units + 1")
        assert connection.execute(query, {"word": "O'", "units": 4}).one() == ("O'O'", 5)


def test_columns_are_reflected_and_a_temporary_table_hides_its_namesake(
    con: duckdb.DuckDBPyConnection, engine: sa.Engine
) -> None:
    con.execute("create table parcels (hidden integer)")
    con.execute("create temp table parcels (parcel_id varchar, fee_amount decimal(18, 2))")
    inspector = sa.inspect(engine)
    columns = inspector.get_columns("parcels")
    assert [(column["name"], str(column["type"])) for column in columns] == [
        ("parcel_id", "VARCHAR"),
        ("fee_amount", "DECIMAL(18, 2)"),
    ]
    assert inspector.has_table("parcels")
    assert not inspector.has_table("letters")
    with pytest.raises(sa.exc.NoSuchTableError, match="letters"):
        inspector.get_columns("letters")


def test_a_table_is_reflected_in_the_schema_that_is_named(
    con: duckdb.DuckDBPyConnection, engine: sa.Engine
) -> None:
    con.execute("create schema marts")
    con.execute("create table marts.parcels (sold_units integer)")
    assert [column["name"] for column in sa.inspect(engine).get_columns("parcels", "marts")] == [
        "sold_units"
    ]


def test_a_nested_type_reads_as_text() -> None:
    assert str(sql_type("STRUCT(a INTEGER)[]")) == "VARCHAR"


def test_a_name_is_lent_once_and_ends_with_its_block(con: duckdb.DuckDBPyConnection) -> None:
    with shared("once", con) as url, pytest.raises(ValueError, match="once"), shared("once", con):
        pass
    with pytest.raises(sa.exc.DBAPIError, match="no connection is shared as 'once'"):
        sa.create_engine(url).connect()
