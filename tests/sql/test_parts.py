"""A table that is built by order is the one that is built whole: on golden cases (golden.py), and on made-up shops."""

import random
from collections.abc import Iterator

import duckdb
import pytest
from duckdb import DuckDBPyConnection

from config.strict import ROOT
from tasks.warehouse import given
from tasks.warehouse.build import build
from tasks.warehouse.changes import followed
from tasks.warehouse.models import read_models, read_rules, upstream
from tests.sql.golden import part_differences
from tests.sql.made_up import ORDERS, Row, add_rows, fill_shop, made_up

ALL, RULES = read_models(ROOT / "sql"), read_rules(ROOT / "sql")
IN_PART = {model.table for model in ALL if model.by}
MODELS = [model for model in ALL if model.table in upstream(ALL, *IN_PART)]
OF_ORDERS = ("valid.orders", "valid.order_lines", "valid.shipments")
LATER = 0.08  # of the orders come in files of the next day


@pytest.fixture(params=range(3))
def shop(
    request: pytest.FixtureRequest,
) -> Iterator[tuple[DuckDBPyConnection, dict[str, list[Row]]]]:
    """A made-up shop that was built as of one day, and what comes on the next, by table."""
    rng = random.Random(request.param)
    late = {number for number in range(1, ORDERS + 1) if rng.random() < LATER}
    tables = made_up(rng)
    came: dict[str, list[Row]] = {}
    for name in OF_ORDERS:
        rows = [(row, _number(row) in late) for row in tables[name]]
        tables[name] = [row for row, is_late in rows if not is_late]
        came[name] = [
            row | {"file_id": f"later {row['file_id']}"} for row, is_late in rows if is_late
        ]
    with duckdb.connect() as con:
        con.execute("set timezone = 'UTC'")
        fill_shop(con, tables, MODELS)
        build_night(con)
        yield con, came


def _number(row: Row) -> int:
    """Return the number of the order that the row is of, by whatever it calls it."""
    name = row.get("order_id") or row.get("order_name") or row.get("order_ref") or ""
    return int("".join(letter for letter in str(name) if letter.isdigit()) or 0)


def build_night(con: DuckDBPyConnection, *, rebuild: bool = False) -> dict[str, str]:
    """Note what is given and build all; return the content of each table."""
    given.forget(con)
    given.note(con, followed(MODELS))
    build(con, MODELS, RULES, rebuild=rebuild)
    return dict(con.execute("select name, content from meta.built").fetchall())


def built_in_part(con: DuckDBPyConnection) -> set[str]:
    return {
        name for (name,) in con.execute("select name from meta.built where keys > 0").fetchall()
    }


def test_a_new_day_is_built_in_part_and_is_what_is_built_whole(
    shop: tuple[DuckDBPyConnection, dict[str, list[Row]]],
) -> None:
    con, came = shop
    assert not built_in_part(con)
    first_day = build_night(con)
    for name, rows in came.items():
        add_rows(con, name, rows)
    new_day = build_night(con)
    # A word that no order had before may change what any order says.
    words = "core.word_meanings"
    has_new_word = first_day[words] != new_day[words]
    read_words = {model.table for model in MODELS if has_new_word and words in model.inputs}
    assert built_in_part(con) | read_words == IN_PART
    assert new_day == build_night(con, rebuild=True)


def test_days_that_nothing_read_are_caught_up_with(
    shop: tuple[DuckDBPyConnection, dict[str, list[Row]]],
) -> None:
    con, came = shop
    stock = [model for model in MODELS if model.table in upstream(ALL, "core.order_lines")]
    for (
        name
    ) in OF_ORDERS:  # three syncs build the lines, each with one report more; then comes the night
        add_rows(con, name, came[name])
        given.forget(con)
        given.note(con, followed(MODELS))
        build(con, MODELS, RULES, only={model.table for model in stock})
    night = build_night(con)
    assert built_in_part(con) >= {"core.order_lines", "ops.sale_costs", "marts.order_lines"}
    assert night == build_night(con, rebuild=True)


@pytest.mark.parametrize("fault", ["gone", "other"])
@pytest.mark.parametrize("others", ["alone", "while others come"])
def test_of_a_file_that_is_gone_or_another_all_is_built(
    shop: tuple[DuckDBPyConnection, dict[str, list[Row]]], fault: str, others: str
) -> None:
    con, came = shop
    if fault == "gone":
        con.execute("delete from valid.order_lines where file_id = 'file-2'")
    else:
        con.execute(
            "update valid.order_lines set title = 'Another' where line_no = 10 and file_id = 'file-1'"
        )
    if others == "while others come":
        add_rows(con, "valid.order_lines", came["valid.order_lines"])
    assert build_night(con) == build_night(con, rebuild=True)


@pytest.mark.parametrize("table", sorted(IN_PART))
def test_each_order_by_itself(
    shop: tuple[DuckDBPyConnection, dict[str, list[Row]]], table: str
) -> None:
    con, _ = shop
    [model] = [model for model in MODELS if model.table == table]
    assert con.execute(f"select count(*) from {table}").fetchall() > [(ORDERS // 10,)]
    assert not part_differences(con, model, some=20)
