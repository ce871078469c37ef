"""A question to the marts sees the marts, and nothing else of the machine."""

import io
from pathlib import Path

import duckdb
import pytest

from config.errors import FatalError
from tasks.warehouse.ask import asked, write_csv


@pytest.fixture
def marts(tmp_path: Path) -> Path:
    """Published marts next to the warehouse they came from and a file of somebody else."""
    for name in ("warehouse", "marts"):
        with duckdb.connect(str(tmp_path / f"{name}.duckdb")) as con:
            con.execute(
                "create table kpi_daily as select 'revenue' as kpi, 10.50::decimal(18, 2) as value,"
                " cast(null as bigint) as n, timestamptz '2026-11-28 02:00+00' as judged_at"
            )
    (tmp_path / "marts.duckdb").chmod(0o444)
    (tmp_path / "secret.txt").write_text("a\n1\n")
    return tmp_path / "marts.duckdb"


@pytest.mark.parametrize(
    "sql",
    [
        "select kpi, value from kpi_daily",
        "from marts.kpi_daily select kpi, value;",
        "with one as (select * from kpi_daily) select kpi, value from one -- ; all of it",
        "select * from (pivot kpi_daily on kpi in ('revenue') using sum(value))",
        "show tables",
        "describe kpi_daily",
        "summarize kpi_daily",
    ],
)
def test_one_select_is_answered(marts: Path, sql: str) -> None:
    with asked(marts, sql) as answer:
        assert answer.fetchall()


FILES = [
    "select * from read_text('{folder}/secret.txt')",
    "select * from read_blob('{folder}/secret.txt')",
    "select * from read_csv('{folder}/secret.txt')",
    "select * from sniff_csv('{folder}/secret.txt')",
    "select * from read_json('{folder}/secret.txt')",
    "select * from read_parquet('{folder}/secret.txt')",
    "select * from '{folder}/secret.txt'",
    "select * from '/etc/passwd'",
    "select * from read_text('https://shop.example/')",
    "select * from glob('{folder}/*')",
    "select * from query('from read_text(''{folder}/secret.txt'')')",
    "from (select 1) where exists (from read_csv('{folder}/secret.txt'))",
    "select getenv('HOME')",
    "select * from marts",  # a variable of the command, not a table
]
STATEMENTS = [
    "copy kpi_daily to '{folder}/out.csv'",
    "copy (select 1) to '{folder}/marts.duckdb' (format csv)",
    "explain analyze copy (select 1) to '{folder}/out.csv'",
    "export database '{folder}/out'",
    "attach '{folder}/warehouse.duckdb'",
    "attach '{folder}/warehouse.duckdb' as w; select * from w.kpi_daily",
    "attach '{folder}/out.duckdb'",
    "install httpfs",
    "load httpfs",
    "pragma database_list",
    "pragma enable_profiling",
    "call pragma_version()",
    "set enable_external_access = true",
    "reset lock_configuration",
    "set variable x = 1",
    "create temp table t as select 1",
    "create table t as select 1",
    "delete from kpi_daily",
    "with x as (select 1) insert into kpi_daily select * from kpi_daily",
    "prepare p as copy (select 1) to '{folder}/out.csv'",
    "checkpoint",
    "begin",
    "select 1; select 2",
    "select 1; copy (select 1) to '{folder}/out.csv'",
    "",
    "no SQL at all",
]


@pytest.mark.parametrize("sql", FILES + STATEMENTS)
def test_everything_else_is_refused_and_leaves_nothing(marts: Path, sql: str) -> None:
    folder = marts.parent
    before = {path: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(FatalError) as refused, asked(marts, sql.format(folder=folder)) as answer:
        answer.fetchall()
    assert {path: path.read_bytes() for path in folder.iterdir()} == before
    if sql in STATEMENTS[:-1]:
        assert "one select over the published marts" in str(refused.value)


def test_as_csv_a_decimal_keeps_its_digits_and_no_value_is_an_empty_cell(marts: Path) -> None:
    written = io.StringIO()
    with asked(marts, "select kpi, value, n, judged_at from kpi_daily") as answer:
        write_csv(answer, written)
    assert written.getvalue() == (
        "kpi,value,n,judged_at\nrevenue,10.50,,2026-11-28 02:00:00+00:00\n"
    )
