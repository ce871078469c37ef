"""A SQL file becomes a table, whole and as promised, or nothing changes."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest
from duckdb import DuckDBPyConnection

from config.column import column_comments
from config.errors import FatalError
from config.strict import ROOT
from tasks.warehouse import connection, given
from tasks.warehouse.build import Built, build
from tasks.warehouse.catalog import comments_of, content_hash
from tasks.warehouse.models import Model, check_lineage, order, read_models, read_rules

PROJECT = read_models(ROOT / "sql")


@pytest.mark.parametrize("model", PROJECT, ids=lambda model: model.table)
def test_a_header_declares_what_the_sql_reads(model: Model) -> None:
    check_lineage(model)


def test_the_project_has_an_order() -> None:
    assert len(order(PROJECT)) == len(PROJECT)


# From here on: small files.


def write(root: Path, table: str, select: str, *, inputs: str = "none", keys: str = "id") -> Path:
    """Write the file that builds `table` (columns id and n) from `select`."""
    path = root / f"{table.replace('.', '/')}.sql"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        f"-- What {table} tells.\n-- grain:  one row per id\n-- keys:   {keys}\n"
        f"-- inputs: {inputs}\n\ncreate or replace table {table} as\n{select};\n\n"
        f"comment on column {table}.id is 'Id';\ncomment on column {table}.n is 'Number';\n"
    )
    return path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Three models in a row over one loaded table, and a rule."""
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules/double.sql").write_text("create or replace macro double(x) as x * 2;\n")
    write(tmp_path, "core.a", "select id, n from valid.a", inputs="valid.a")
    write(tmp_path, "ops.b", "select id, double(n) as n from core.a", inputs="core.a")
    write(tmp_path, "marts.c", "select id, n + 1 as n from ops.b", inputs="ops.b")
    return tmp_path


@pytest.fixture
def con() -> Iterator[DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("create schema valid; create table valid.a as select 1 as id, 5 as n")
        yield connection


def build_all(con: DuckDBPyConnection, root: Path, *, rebuild: bool = False) -> list[Built]:
    return build(con, read_models(root), read_rules(root), rebuild=rebuild)


def rebuilt(done: list[Built]) -> list[str]:
    return [each.table for each in done if each.rebuilt]


def test_a_table_that_needs_more_memory_is_built_all_the_same(
    con: DuckDBPyConnection, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lacked: list[str] = []

    @contextmanager
    def counted(of: DuckDBPyConnection) -> Iterator[None]:
        lacked.append("memory")
        with generously(of):
            yield

    generously = connection.generously
    monkeypatch.setattr(connection, "FRUGAL", 4)
    monkeypatch.setattr(connection, "generously", counted)
    many = (
        "select id, n + (select count(distinct i) from range(2000000) as t (i)) as n from valid.a"
    )
    write(root, "core.a", many, inputs="valid.a")
    con.execute("set temp_directory = ''; set threads = 2")
    [(usual,)] = con.execute("select current_setting('memory_limit')").fetchall()
    assert rebuilt(build_all(con, root)) == ["core.a", "ops.b", "marts.c"]
    assert lacked == ["memory"]
    assert con.execute("from core.a").fetchall() == [(1, 2_000_005)]
    assert con.execute("select current_setting('memory_limit')").fetchall() == [(usual,)]


def test_models_build_after_what_they_read(con: DuckDBPyConnection, root: Path) -> None:
    done = build_all(con, root)
    assert [(each.table, each.rows) for each in done] == [
        ("core.a", 1),
        ("ops.b", 1),
        ("marts.c", 1),
    ]
    assert con.execute("select * from marts.c").fetchall() == [(1, 11)]


def test_a_second_run_builds_nothing(con: DuckDBPyConnection, root: Path) -> None:
    build_all(con, root)
    again = build_all(con, root)
    assert rebuilt(again) == []
    assert [each.rows for each in again] == [1, 1, 1]


def test_from_scratch_builds_the_unchanged_too(con: DuckDBPyConnection, root: Path) -> None:
    build_all(con, root)
    assert rebuilt(build_all(con, root, rebuild=True)) == ["core.a", "ops.b", "marts.c"]


def test_changed_rows_rebuild_what_hangs_on_them(con: DuckDBPyConnection, root: Path) -> None:
    build_all(con, root)
    con.execute("insert into valid.a values (2, 6)")
    assert rebuilt(build_all(con, root)) == ["core.a", "ops.b", "marts.c"]


def test_changed_sql_rebuilds_only_downstream(con: DuckDBPyConnection, root: Path) -> None:
    build_all(con, root)
    write(root, "ops.b", "select id, double(n) + 0 as n from core.a", inputs="core.a")
    assert rebuilt(build_all(con, root)) == ["ops.b", "marts.c"]


def test_what_is_built_again_to_the_same_rows_builds_no_other_again(
    con: DuckDBPyConnection, root: Path
) -> None:
    write(root, "ops.b", "select id, n % 2 as n from core.a", inputs="core.a")
    build_all(con, root)
    con.execute("update valid.a set n = n + 2")
    assert rebuilt(build_all(con, root)) == ["core.a", "ops.b"]
    con.execute("update valid.a set n = n + 1")
    assert rebuilt(build_all(con, root)) == ["core.a", "ops.b", "marts.c"]
    assert con.execute("from marts.c").fetchall() == [(1, 1)]


def test_a_warehouse_of_an_older_version_is_built_again(
    con: DuckDBPyConnection, root: Path
) -> None:
    build_all(con, root)
    con.execute("alter table meta.built drop column content")
    assert rebuilt(build_all(con, root)) == ["core.a", "ops.b", "marts.c"]
    assert rebuilt(build_all(con, root)) == []


def test_what_moves_from_one_list_to_another_is_a_change(
    con: DuckDBPyConnection, root: Path
) -> None:
    con.execute("create table valid.l as select 1 as id, ['a'] as n, cast([] as varchar[]) as o")
    write(root, "ops.d", "select id, len(n) as n from valid.l", inputs="valid.l")
    build_all(con, root)
    con.execute("update valid.l set n = [], o = ['a']")
    assert rebuilt(build_all(con, root)) == ["ops.d"]


def test_a_later_run_builds_only_what_names_its_moment(con: DuckDBPyConnection, root: Path) -> None:
    con.execute("create schema settings; create table settings.run as select 1 as as_of, 2 as shop")
    run = "core.a, settings.run"
    write(
        root, "ops.b", "select id, run.as_of as n from core.a cross join settings.run", inputs=run
    )
    day = "select a.id, run.shop as n, 5 as as_of from core.a cross join settings.run"
    write(root, "ops.d", day, inputs=run)
    given.forget(con)
    given.note(con)
    build_all(con, root)
    con.execute("update settings.run set as_of = 3")
    given.forget(con)
    given.note(con)
    assert rebuilt(build_all(con, root)) == ["ops.b", "marts.c"]


def test_a_changed_rule_rebuilds(con: DuckDBPyConnection, root: Path) -> None:
    build_all(con, root)
    (root / "rules/double.sql").write_text("create or replace macro double(x) as x + x;\n")
    assert rebuilt(build_all(con, root)) == ["core.a", "ops.b", "marts.c"]


def test_what_a_load_noted_is_not_hashed_again_before_the_next_load(
    con: DuckDBPyConnection, root: Path
) -> None:
    given.forget(con)
    given.note(con)
    build_all(con, root)
    con.execute("insert into valid.a values (2, 6)")
    assert rebuilt(build_all(con, root)) == []
    given.forget(con)  # a load that is cut short from here on: the rows themselves count
    assert rebuilt(build_all(con, root)) == ["core.a", "ops.b", "marts.c"]
    given.note(con)
    assert rebuilt(build_all(con, root)) == []


def test_schemas_build_one_after_the_other(con: DuckDBPyConnection, root: Path) -> None:
    models, rules = read_models(root), read_rules(root)
    for schema, table in (("core", "core.a"), ("ops", "ops.b"), ("marts", "marts.c")):
        assert rebuilt(build(con, models, rules, only={schema})) == [table]
    assert rebuilt(build(con, models, rules)) == []


def test_a_table_dropped_by_hand_is_built_again(con: DuckDBPyConnection, root: Path) -> None:
    build_all(con, root)
    con.execute("drop table marts.c")
    assert rebuilt(build_all(con, root)) == ["marts.c"]


def test_a_table_whose_file_is_gone_is_dropped(con: DuckDBPyConnection, root: Path) -> None:
    build_all(con, root)
    (root / "marts/c.sql").unlink()
    build_all(con, root)
    assert con.execute("select * from duckdb_tables() where table_name = 'c'").fetchall() == []


def test_a_pattern_of_inputs_reads_every_file_of_the_folder(
    con: DuckDBPyConnection, root: Path
) -> None:
    write(root, "checks.kpi_x", "select id, 1 as n from ops.b", inputs="ops.b")
    write(root, "checks.kpi_y", "select n, id + 1 as id from ops.b", inputs="ops.b")
    write(root, "checks.all_kpis", "select id, n from checks.kpi_all", inputs="checks.kpi_*")
    models = read_models(root)
    check_lineage(next(model for model in models if model.table == "checks.all_kpis"))
    build(con, models, read_rules(root))
    assert con.execute("from checks.all_kpis order by id").fetchall() == [(1, 1), (2, 10)]
    write(root, "checks.kpi_z", "select id + 2 as id, n from ops.b", inputs="ops.b")
    build(con, read_models(root), read_rules(root))
    assert con.execute("select count(*) from checks.all_kpis").fetchall() == [(3,)]


def test_a_pattern_that_nothing_matches_is_named(root: Path) -> None:
    write(root, "checks.all_kpis", "select id, n from checks.kpi_all", inputs="checks.kpi_*")
    with pytest.raises(FatalError, match=r"checks\.all_kpis|checks.kpi_all.*no file of sql/"):
        read_models(root)


def test_a_schema_reads_those_before_it_only(root: Path) -> None:
    write(root, "ops.d", "select id, n from marts.c", inputs="marts.c")
    backwards = next(model for model in read_models(root) if model.table == "ops.d")
    with pytest.raises(FatalError, match=r"reads marts\.c, and ops comes before marts"):
        check_lineage(backwards)


def test_a_missing_input_is_named(con: DuckDBPyConnection, root: Path) -> None:
    write(root, "marts.d", "select id, n from ledger.alerts", inputs="ledger.alerts")
    with pytest.raises(FatalError, match=r"marts\.d reads ledger\.alerts, but there is no such"):
        build_all(con, root)


@pytest.mark.parametrize("value", ["1", "null"])
def test_a_broken_grain_is_rolled_back(con: DuckDBPyConnection, root: Path, value: str) -> None:
    build_all(con, root)
    con.execute(f"insert into valid.a values ({value}, 6)")
    with pytest.raises(FatalError) as error:
        build_all(con, root)
    assert str(error.value).startswith(
        "core.a promises one row per id, but (id) repeats or is null"
    )
    assert "core/a.sql" in str(error.value)
    assert con.execute("select * from core.a").fetchall() == [(1, 5)]
    assert con.execute("select count(*) from meta.built").fetchall() == [(3,)]


def test_three_offending_keys_are_shown(con: DuckDBPyConnection, root: Path) -> None:
    con.execute("insert into valid.a select i // 2, i from range(100, 120) t(i)")
    with pytest.raises(FatalError, match=r"example \[\(50, 2\), \(51, 2\), \(52, 2\)\]"):
        build_all(con, root)


def test_columns_without_a_comment_are_named(con: DuckDBPyConnection, root: Path) -> None:
    path = root / "core/a.sql"
    bare = path.read_text().split("comment on")[0]
    path.write_text(bare.replace("select id, n from", "select id, n, n as bare from"))
    with pytest.raises(FatalError, match="no comment on column bare"):
        build_all(con, root)
    assert con.execute("select * from duckdb_tables() where table_name = 'a'").fetchall()[1:] == []


def test_a_column_is_described_by_the_settings_unless_the_sql_says_more(
    con: DuckDBPyConnection, root: Path
) -> None:
    select = "select 1 as id, 2 as n, 'a' as sku, now() as paid_at"
    write(root, "marts.d", select)
    build_all(con, root)
    comments = comments_of(con, "marts")["d"]
    assert comments.table == "What marts.d tells."
    assert comments.columns["n"] == "Number"
    assert comments.columns["sku"] == column_comments()["sku"] == "Seller's SKU"
    assert comments.columns["paid_at"] == "Moment it was paid; UTC"


def test_a_failing_statement_names_its_file(con: DuckDBPyConnection, root: Path) -> None:
    write(root, "ops.b", "select id, nonsense as n from core.a", inputs="core.a")
    with pytest.raises(FatalError, match=r"ops/b\.sql fails: Binder Error"):
        build_all(con, root)
    assert con.execute("select name from meta.built").fetchall() == [("core.a",)]


def test_a_rule_that_reads_a_table_fails(con: DuckDBPyConnection, root: Path) -> None:
    (root / "rules/zone.sql").write_text("create macro zone() as (select z from core.shop);\n")
    with pytest.raises(FatalError, match=r"rules/zone\.sql fails"):
        build_all(con, root)


def test_a_killed_build_leaves_whole_tables(tmp_path: Path, root: Path) -> None:
    warehouse = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(warehouse)) as con:
        con.execute("create schema valid; create table valid.a as select 1 as id, 5 as n")
        build_all(con, root)
        con.execute("insert into valid.a values (2, 6)")
    killed = subprocess.run(
        [sys.executable, "-c", KILLED_IN_B, str(warehouse), str(root)],
        cwd=ROOT,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL
    with duckdb.connect(str(warehouse)) as con:
        assert con.execute("select max(id) from core.a").fetchall() == [(2,)]
        assert con.execute("select max(id) from ops.b").fetchall() == [(1,)]
        assert rebuilt(build_all(con, root)) == ["ops.b", "marts.c"]
        assert con.execute("select max(id) from marts.c").fetchall() == [(2,)]


KILLED_IN_B = """
import os, signal, sys
from pathlib import Path
import duckdb
import tasks.warehouse.build as builder
from tasks.warehouse.models import read_models, read_rules

audit = builder._audit

def die_at_b(con, model, *rest):
    audited = audit(con, model, *rest)
    if model.table == "ops.b":
        os.kill(os.getpid(), signal.SIGKILL)
    return audited

builder._audit = die_at_b
root = Path(sys.argv[2])
builder.build(duckdb.connect(sys.argv[1]), read_models(root), read_rules(root))
"""


# Headers.


def test_a_header_is_read(tmp_path: Path) -> None:
    path = tmp_path / "marts/d.sql"
    path.parent.mkdir()
    path.write_text(
        "-- What each channel sold.\n-- Closed days only.\n-- grain:  one row per day\n"
        "-- keys:   channel, sale_date\n-- inputs: core.lines,\n--         core.channels\n"
        "create or replace table marts.d as select 1;\n"
    )
    [model] = read_models(tmp_path)
    assert (model.table, model.description) == (
        "marts.d",
        "What each channel sold. Closed days only.",
    )
    assert model.grain == "one row per day"
    assert model.keys == ("channel", "sale_date")
    assert model.inputs == ("core.lines", "core.channels")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("-- grain:  one row per id\n", "", "`-- grain:` is missing or empty"),
        ("-- keys:   id", "-- keys:", "`-- keys:` is missing or empty"),
        ("-- keys:   id", "-- key:    id", "`-- key:    id` is no part of a header"),
        ("-- inputs:", "-- keys:   id\n-- inputs:", "`-- keys:` is there twice"),
        ("-- What core.a tells.\n", "", "its first line, .* is missing"),
        ("table core.a as", "table core.b as", "must say `create or replace table core.a as`"),
    ],
)
def test_a_header_that_cannot_be_read_is_fixed_by_its_message(
    root: Path, old: str, new: str, message: str
) -> None:
    path = root / "core/a.sql"
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(FatalError, match=rf"core/a\.sql .*{message}"):
        read_models(root)


def test_a_circle_is_named(root: Path) -> None:
    write(root, "core.a", "select id, n from marts.c", inputs="marts.c")
    with pytest.raises(FatalError, match=r"core\.a reads marts\.c reads ops\.b reads core\.a"):
        order(read_models(root))


# Lineage.


@pytest.mark.parametrize(
    ("select", "inputs", "fault"),
    [
        ("with t as (select * from core.x) select * from t", "core.x", None),
        ("select f(id, by := 2) from core.x join range(3) on true", "core.x", None),
        ("select * from core.x where id in (select id from core.y)", "core.x, core.y", None),
        ("select * from core.x", "core.x, core.y", "says it reads core.y and does not"),
        ("select * from core.x semi join core.y using (id)", "core.x", "reads core.y and does"),
        ("select * from core.x, x", "core.x", "reads x and does not say so"),
        ("select * from spread(3)", "none", None),
    ],
)
def test_lineage_is_what_the_sql_reads(
    tmp_path: Path, select: str, inputs: str, fault: str | None
) -> None:
    write(tmp_path, "ops.z", select, inputs=inputs)
    [model] = read_models(tmp_path)
    if fault is None:
        check_lineage(model)
    else:
        with pytest.raises(FatalError, match=fault):
            check_lineage(model)


# Content.


def test_content_is_the_same_in_any_order(con: DuckDBPyConnection) -> None:
    con.execute("create table x as from range(1000) t(i) order by i")
    con.execute("create table y as from range(1000) t(i) order by i desc")
    assert content_hash(con, "main.x") == content_hash(con, "main.y")


@pytest.mark.parametrize(
    "other",
    [
        "select 1 as i, 'a' as s union all select 1, 'a'",  # once more
        "select 1 as i, 'b' as s",
        "select 1 as i, null as s",
        "select 1 as j, 'a' as s",
        "select 1::bigint as i, 'a' as s",
        "select 1 as i, 'a' as s where false",
    ],
)
def test_other_content_has_another_hash(con: DuckDBPyConnection, other: str) -> None:
    con.execute("create table x as select 1 as i, 'a' as s")
    con.execute(f"create table y as {other}")
    assert content_hash(con, "main.x") != content_hash(con, "main.y")


def test_columns_may_be_left_out_of_the_content(con: DuckDBPyConnection) -> None:
    con.execute("create table x as select 1 as i, 'run 1' as run_id")
    con.execute("create table y as select 1 as i, 'run 2' as run_id")
    hashes = {content_hash(con, table, ignoring={"run_id"}) for table in ("main.x", "main.y")}
    assert len(hashes) == 1
