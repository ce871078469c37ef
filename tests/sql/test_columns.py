"""A column is described once, and described everywhere."""

import re
from collections.abc import Collection, Iterator
from dataclasses import fields
from pathlib import Path

import duckdb
import pytest
import sqlglot
from duckdb import DuckDBPyConnection
from sqlglot import expressions as sql

from config.column import column_comments, load_columns
from config.contract import load_contracts
from config.strict import ROOT, read_yaml
from tasks.decide.purchases import Supply
from tasks.decide.reorders import Capped
from tasks.rules.backtest import Result
from tasks.rules.columns import Columns
from tasks.rules.reorder_plan import ReorderPlan
from tasks.rules.reorder_pools import Transfer
from tasks.rules.stock import Published
from tasks.warehouse.build import build
from tasks.warehouse.catalog import comments_of
from tasks.warehouse.columns import create_columns
from tasks.warehouse.models import SCHEMAS, Model, read_models, read_rules
from tasks.warehouse.tables import write_rows
from tests.sql.golden import fill, read_shared

MODELS = read_models(ROOT / "sql")
BUILT = {model.table for model in MODELS}
WRITTEN: dict[str, type] = {"ops.reorder_plan": ReorderPlan, "ops.reorder_supply": Supply, "ops.capped_days": Capped,
           "ops.channel_stock": Published, "ops.backtest": Result, "ops.transfers": Transfer}  # fmt: skip
OWN_COMMENT = re.compile(r"^comment on column \w+\.\w+\.(\w+) is '((?:[^']|'')*)';$", re.MULTILINE)


@pytest.fixture(scope="module")
def warehouse() -> Iterator[DuckDBPyConnection]:
    """Every table that SQL builds, from inputs without a row."""
    shared = read_shared(Path(__file__).parent / "given")
    with duckdb.connect() as con:
        con.execute("set timezone = 'UTC'")
        for name in {name for model in MODELS for name in model.inputs} - BUILT:
            fill(con, name, None, shared[name])
        build(con, MODELS, read_rules(ROOT / "sql"))
        yield con


@pytest.mark.parametrize("schema", SCHEMAS)
def test_every_table_and_every_column_is_described(
    warehouse: DuckDBPyConnection, schema: str
) -> None:
    bare = []
    for table, comments in comments_of(warehouse, schema).items():
        if f"{schema}.{table}" not in BUILT:
            continue
        bare += [table] * (not comments.table)
        bare += [f"{table}.{column}" for column, comment in comments.columns.items() if not comment]
    assert not bare


@pytest.mark.parametrize("table", WRITTEN)
def test_every_table_that_code_writes_is_described(table: str) -> None:
    with duckdb.connect() as con:
        con.execute("create schema ops")
        kind = WRITTEN[table]
        if issubclass(kind, Columns):
            create_columns(con, table, kind)
        else:
            write_rows(con, table, kind, [])
        comments = comments_of(con, "ops")[table.removeprefix("ops.")]
    assert comments.table
    assert all(comments.columns.values())


def test_no_description_is_of_a_column_that_nothing_has(warehouse: DuckDBPyConnection) -> None:
    used = {
        column
        for schema in SCHEMAS
        for comments in comments_of(warehouse, schema).values()
        for column in comments.columns
    }
    used |= {field.name for kind in WRITTEN.values() for field in fields(kind)}
    used |= {column for contract in load_contracts().values() for column in contract.columns}
    assert not load_columns().keys() - used, "take them out of config/columns.yaml"


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.table)
def test_sql_describes_only_what_means_something_else_there(model: Model) -> None:
    common = column_comments()
    own = {name: text.replace("''", "'") for name, text in OWN_COMMENT.findall(model.sql)}
    assert len(own) == model.sql.lower().count("comment on"), "one line, one comment of a column"
    repeated = [
        name
        for name, text in own.items()
        if name in common and same(text) in (same(common[name]), same(load_columns()[name].meaning))
    ]
    assert not repeated, "config/columns.yaml says it already"
    unknown = [name for name in own if name not in common]
    assert not unknown, "describe it in config/columns.yaml: it has no other meaning yet"


@pytest.mark.parametrize("table", load_contracts())
def test_a_contract_describes_only_what_means_something_else_there(table: str) -> None:
    columns = read_yaml(ROOT / f"config/contracts/{table}.yaml")["columns"]
    own = {name: column[1] for name, column in columns.items() if isinstance(column, list)}
    repeated = [name for name, text in own.items() if same(text) == same(column_comments()[name])]
    assert not repeated, "config/columns.yaml says it already"


def same(text: str) -> str:
    """Return `text` without what makes two wordings of one sentence differ."""
    return re.sub(r"[\W_]+|\butc\b", " ", text.casefold()).strip()


# What a model reads of the run.


def run_faults(text: str, of_run: Collection[str]) -> Iterator[str]:
    """Yield how columns of the run are taken so that nobody sees that they are: by a star, or without `run.`."""
    for select in (
        found
        for each in sqlglot.parse(text, dialect="duckdb")
        if each
        for found in each.find_all(sql.Select)
    ):
        joined = [join.this for join in select.args.get("joins") or []]
        tables = [
            source.this for key in ("from", "from_") if (source := select.args.get(key))
        ] + joined
        if not any(
            isinstance(table, sql.Table) and table.sql() in ("settings.run", "settings.run AS run")
            for table in tables
        ):
            continue
        for column in select.find_all(sql.Column, sql.Star):
            is_own = column.find_ancestor(sql.Select) is select
            if (
                is_own
                and isinstance(column, sql.Star)
                and not isinstance(column.parent, sql.Column | sql.Count)
            ):
                yield "*"
            elif (
                is_own
                and isinstance(column, sql.Column)
                and isinstance(column.this, sql.Star)
                and column.table == "run"
            ):
                yield "run.*"
            elif (
                is_own
                and isinstance(column, sql.Column)
                and not column.table
                and column.name in of_run
            ):
                yield column.name


def test_a_column_of_the_run_is_named_as_its_own() -> None:
    of_run = {
        header.name
        for header in read_shared(Path(__file__).parent / "given")["settings.run"].columns
    }
    found = {
        model.table: faults for model in MODELS if (faults := [*run_faults(model.sql, of_run)])
    }
    assert not found, (
        f"Write `run.as_of`, for a table is built again where a column that its SQL names so has changed: {found}"
    )


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("select a.id, run.as_of from core.a cross join settings.run", []),
        ("select a.*, as_of from core.a cross join settings.run", ["as_of"]),
        ("select * from core.a cross join settings.run", ["*"]),
        ("select a.id, run.* from core.a cross join settings.run as run", ["run.*"]),
        ("select as_of, count(*) from core.a group by all", []),
        ("with days as (select as_of from settings.run) select as_of from days", ["as_of"]),
    ],
)  # fmt: skip
def test_a_hidden_column_of_the_run_is_found(text: str, faults: list[str]) -> None:
    assert [*run_faults(text, {"as_of", "shop"})] == faults
