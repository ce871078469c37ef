"""What the handbook says of other programs is true: each of its examples runs as it is written."""

from pathlib import Path

import duckdb
import pytest

from tasks.handbook.pages.questions import FROM_DUCKDB, FROM_PANDAS
from tasks.warehouse.questions import load_questions


@pytest.fixture
def marts(tmp_path: Path) -> Path:
    path = tmp_path / "marts.duckdb"
    with duckdb.connect(str(path)) as con:
        con.execute(
            "create table kpi_daily as select 'cancel_rate' as kpi, 0.02 as value, 'ok' as status,"
            " 'all' as channel"
        )
        con.execute(
            "create table order_inbox as select 'shopify' as channel, date '2026-11-24' as as_of,"
            " unnest([date '2026-11-23', date '2026-11-01']) as business_date"
        )
    return path


def test_the_example_for_pandas_gives_a_frame(marts: Path) -> None:
    found: dict[str, object] = {}
    example = FROM_PANDAS.replace("data/demo/published/current/marts.duckdb", str(marts))
    exec(example, found)  # noqa: S102, our own page
    assert found["frame"].to_dict("records") == [  # type: ignore[attr-defined]
        {"kpi": "cancel_rate", "value": 0.02, "status": "ok"}
    ]


def test_the_example_for_duckdb_gives_rows(marts: Path) -> None:
    with duckdb.connect(str(marts), read_only=True) as con:
        assert con.execute(FROM_DUCKDB).fetchall() == [("shopify", 1)]


def test_a_question_reads_its_variable_as_duckdb_sets_it() -> None:
    """A number that a client sets as a number, or as text, is the same."""
    sql = load_questions()["orders_by_hour"].sql
    assert "cast(coalesce(getvariable('days'), '28') as integer)" in sql
    with duckdb.connect() as con:
        for value in ("7", "'7'"):
            con.execute(f"set variable days = {value}")
            assert con.execute(
                "select cast(coalesce(getvariable('days'), '28') as integer)"
            ).fetchall() == [(7,)]
