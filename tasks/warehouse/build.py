"""The builder: a SQL file becomes a table, in the order its header asks for, or nothing changes."""

import re
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path

import duckdb
from duckdb import DuckDBPyConnection

from config.column import column_comments
from config.errors import FatalError
from config.strict import named
from tasks.rules.sql_text import literal
from tasks.warehouse import changes, given, kept, parts
from tasks.warehouse.catalog import (
    Column,
    columns_of,
    content_digest,
    content_hash,
    digest,
    hash_of_rows,
    tables_of,
)
from tasks.warehouse.comments import describe
from tasks.warehouse.connection import frugally, transaction, within_memory
from tasks.warehouse.models import MISSING_REPORTS, SCHEMAS, Model, Rule, order
from tasks.warehouse.versions import VARIABLE, rule_versions

META = """
    create schema if not exists core;
    create schema if not exists ops;
    create schema if not exists marts;
    create schema if not exists checks;
    create schema if not exists meta;
    create table if not exists meta.built (
        name varchar, content varchar, built_at timestamptz, rows bigint, seconds double
    );
    alter table meta.built add column if not exists content varchar;
    alter table meta.built add column if not exists total hugeint;
    alter table meta.built add column if not exists basis varchar;
    alter table meta.built add column if not exists read map(varchar, varchar);
    alter table meta.built add column if not exists keys bigint;
"""

_COMMENT = re.compile(r"^comment on column [\w.]+\.(\w+)\s+is\s+'[^']", re.MULTILINE)

MISSING_COLUMN = "missing_reports"

# What is wrong with a statement or with what it computes; a full disk is neither.
_STATEMENT_ERRORS = (duckdb.ProgrammingError, duckdb.DataError, duckdb.IntegrityError)


@dataclass(frozen=True)
class Built:
    """What became of one model; `rebuilt` is false where nothing it depends on had changed."""

    table: str
    rows: int
    seconds: float
    rebuilt: bool


def build(
    con: DuckDBPyConnection,
    models: Iterable[Model],
    rules: Sequence[Rule] = (),
    *,
    only: Collection[str] = SCHEMAS,
    rebuild: bool = False,
) -> list[Built]:
    """Build the models whose SQL, rules or inputs changed; return what became of each, in order.

    A model is one transaction: its table, the check of its promises and the note in `meta.built`
    that it was built all happen, or none does. A second run changes nothing. What a model reads has
    changed where its rows have: a table that was built again to the same rows builds no other again.

    Args:
        con: The warehouse, in no transaction.
        models: All models there are: a table built earlier that has no model now is dropped.
        rules: The macro files, in order.
        only: Schemas or tables to build; what they read from others must be there.
        rebuild: Build the unchanged too.

    Raises:
        FatalError: an input is missing, a statement fails, keys repeat or are null, or a comment
            is missing. What was built before stays.
    """
    ordered = order(models)
    con.execute(META + kept.META + changes.META)
    for rule in rules:
        _run(con, rule.sql, rule.path)
    _drop_orphans(con, {model.table for model in ordered})

    chosen = [model for model in ordered if model.schema in only or model.table in only]
    existing = tables_of(con)
    _require_inputs(existing, chosen)
    contents = dict(given.contents(con))
    noted = _noted(con, existing)
    contents |= {name: note.content for name, note in noted.items()}
    common = digest(
        duckdb.__version__, *(rule.sql for rule in rules), *chain(*column_comments().items())
    )
    versions = rule_versions(ordered, rules)
    known = existing | {model.table for model in chosen}
    missing = MISSING_REPORTS in known
    counted, groups = kept.counted(con), changes.followed(ordered)
    done = []
    with frugally(con):
        for model in chosen:
            read = {}
            for name in [
                *model.inputs,
                *(m for m in [MISSING_REPORTS] if model.needs and m in known),
            ]:
                content = given.content_read(contents, name, model.sql)
                if content is None:
                    content = contents[name] = content_hash(con, name)
                read[name] = content
            version = versions[model.table]
            basis = digest(common, model.sql, version)
            before = noted.get(model.table)
            if before and not rebuild and (before.basis, before.read) == (basis, read):
                done.append(Built(model.table, before.rows, 0.0, rebuilt=False))
            else:
                con.execute(f"set variable {VARIABLE} = {literal(version)}")
                job = _Job(
                    model,
                    basis,
                    read,
                    None if rebuild else before,
                    groups.get(model.table, ()),
                    counted=bool(model.keeps) or model.table in counted,
                    knows_missing=missing,
                )
                built, contents[model.table] = within_memory(con, partial(_build_one, con, job))
                done.append(built)
    return done


@dataclass(frozen=True)
class _Noted:
    """What is noted of a table that was built: of which SQL and rules, and of what it read."""

    basis: str | None
    read: Mapping[str, str] | None
    content: str
    rows: int
    total: int | None  # of its rows' hashes


@dataclass(frozen=True)
class _Job:
    """A table to build, and what is known of it."""

    model: Model
    basis: str
    read: Mapping[str, str]
    before: _Noted | None
    followed: Collection[tuple[str, ...]]
    counted: bool
    knows_missing: bool


def _noted(con: DuckDBPyConnection, existing: Collection[str]) -> dict[str, _Noted]:
    found = con.execute(
        "select name, basis, read, content, rows, total from meta.built where content is not null"
    ).fetchall()
    return {name: _Noted(*rest) for name, *rest in found if name in existing}


def _build_one(con: DuckDBPyConnection, job: _Job) -> tuple[Built, str]:
    """Build the table, in part where that is enough; return what became of it, and the hash of its rows."""
    started = time.perf_counter()
    model, before = job.model, job.before
    read = before.read if before and before.basis == job.basis else None
    with transaction(con), parts.built(con, model, read or {}, job.read) as part:
        source = parts.of_keys(model.table, model.by) if part else f"from {model.table}"
        watched = changes.watch(con, model.table, job.followed, source) if before else None
        if part and before:
            columns, rows, total = _replace(con, job, before, part.table)
        else:
            columns, rows, total = _whole(con, job)
        content = content_digest(columns, rows, total)
        if watched and before:
            changes.note(con, watched, columns, (before.content, content), rows)
        if job.counted:
            _count_kept(con, model)
        seconds = time.perf_counter() - started
        con.execute("delete from meta.built where name = ?", [model.table])
        con.execute(
            "insert into meta.built by name select ? as name, ? as content, now() as built_at, ? as rows,"
            " ? as seconds, ? as total, ? as basis, map(?, ?) as read, ? as keys",
            [
                model.table,
                content,
                rows,
                seconds,
                total,
                job.basis,
                [*job.read],
                [*job.read.values()],
                part.keys if part else None,
            ],
        )
    return Built(model.table, rows, seconds, rebuilt=True), content


def _whole(con: DuckDBPyConnection, job: _Job) -> tuple[Sequence[Column], int, int | None]:
    """Build the whole table; return its columns, how many rows it has, and the sum of their hashes."""
    model = job.model
    for view, tables in model.unions.items():
        union = " union all by name ".join(f"from {table}" for table in tables)
        con.execute(f"create or replace view {view} as {union}")
    _run(con, model.sql, model.path)
    for view in model.unions:
        con.execute(f"drop view {view}")
    columns = columns_of(con, model.table)
    columns += _name_missing_reports(con, job, model.table, columns)
    rows, total = _audit(con, model, model.table, columns)
    _comment(con, model, columns)
    return columns, rows, total


def _replace(
    con: DuckDBPyConnection, job: _Job, before: _Noted, part: str
) -> tuple[Sequence[Column], int, int | None]:
    """Put the rows of `part` in the place of those with the same keys; return what `_whole` does."""
    model = job.model
    columns = columns_of(con, part)
    columns += _name_missing_reports(con, job, part, columns)
    came, came_total = _audit(con, model, part, columns)
    old = parts.of_keys(model.table, model.by)
    [(went, went_total)] = con.execute(
        f"select count(*), {hash_of_rows(columns)} from ({old})"
    ).fetchall()
    parts.replace(con, model, part)
    rows = before.rows - went + came
    total = (before.total or 0) - (went_total or 0) + (came_total or 0)
    return columns, rows, total if rows else None


def _audit(
    con: DuckDBPyConnection, model: Model, table: str, columns: Sequence[Column]
) -> tuple[int, int | None]:
    """Hold the rows of `table` to the model's keys, in one pass; return how many there are, and their hashes' sum."""
    keys = ", ".join(model.keys)
    any_null = " or ".join(f"{key} is null" for key in model.keys)
    [(rows, total, different, has_null)] = con.execute(
        f"select count(*), {hash_of_rows(columns)}, count(distinct hash({keys})),"
        f" coalesce(bool_or({any_null}), false) from {table}"
    ).fetchall()
    # As many different hashes as rows: nothing repeats. Only where there are fewer, the keys themselves are compared.
    if different < rows or has_null:
        _require_keys(con, model, table)
    return rows, total


def _require_keys(con: DuckDBPyConnection, model: Model, table: str) -> None:
    keys = ", ".join(model.keys)
    any_null = " or ".join(f"{key} is null" for key in model.keys)
    offending = con.execute(
        f"select {keys}, count(*) from {table} group by {keys}"
        f" having count(*) > 1 or {any_null} order by all limit 3"
    ).fetchall()
    if offending:
        raise FatalError(
            f"{model.table} promises {model.grain}, but ({keys}) repeats or is null, for example"
            f" {offending} (the last number counts the rows). Look for a join that multiplies rows"
            f" in {named(model.path)}."
        )


def _name_missing_reports(
    con: DuckDBPyConnection, job: _Job, table: str, columns: Sequence[Column]
) -> tuple[Column, ...]:
    """Add and return the column that says of each row which reports it lacks: `-- needs:` of the header.

    A need of a channel or a location speaks of the rows that are of it, of `all`, or of none; with
    `all` before it in the header it speaks of every row.
    """
    model = job.model
    if not model.needs:
        return ()
    con.execute(f"alter table {table} add column {MISSING_COLUMN} varchar")
    added = (Column(MISSING_COLUMN, "VARCHAR"),)
    if not job.knows_missing:
        return added
    of_any = [need.removeprefix("all ") for need in model.needs if need.startswith("all ")]
    needs = list(model.all_needs)
    names = {column.name for column in columns}
    scopes = "".join(
        f" and (missing.need in (select unnest($of_any)) or missing.{scope} = ''"
        f" or this.{scope} is null or this.{scope} in (missing.{scope}, 'all'))"
        for scope in ("channel", "location")
        if scope in names
    )
    arguments = {"needs": needs} | ({"of_any": of_any} if scopes else {})
    [(count,)] = con.execute(
        f"select count(*) from {MISSING_REPORTS} where need in (select unnest($1))", [needs]
    ).fetchall()
    if count:
        con.execute(
            f"""
            update {table} as this set {MISSING_COLUMN} = (
                select string_agg(distinct missing.what, ', ' order by missing.what)
                from {MISSING_REPORTS} as missing where missing.need in (select unnest($needs)){scopes}
            )
            """,
            arguments,
        )
    return added


def _count_kept(con: DuckDBPyConnection, model: Model) -> None:
    """Note what became of the rows that the model promises to keep."""
    con.execute(f"delete from {kept.TABLE} where name = ?", [model.table])
    for keeps in model.keeps:
        has_currency = any(each.name == "currency" for each in columns_of(con, keeps.source))
        counted = kept.count_kept(
            model.table, keeps, has_currency=has_currency, table_keys=model.keys
        )
        statement = f"""
            insert into {kept.TABLE}
            select ?, ?, reason, currency, cast(sum(rows) as bigint), sum(units), sum(amount)
            from ({counted}) group by all
        """
        try:
            con.execute(statement, [model.table, keeps.source])
        except _STATEMENT_ERRORS as error:
            raise FatalError(f"`-- keeps:` of {named(model.path)} fails: {error}") from error


def _comment(con: DuckDBPyConnection, model: Model, columns: Sequence[Column]) -> None:
    own = set(_COMMENT.findall(model.sql))
    bare = [column.name for column in columns if column.name not in own]
    describe(con, model.table, model.summary, bare)


def _require_inputs(existing: Collection[str], chosen: Sequence[Model]) -> None:
    """Raise, naming them, where inputs that this run does not build are not there to be read."""
    coming = {model.table for model in chosen}
    missing = [
        f"{model.table} reads {name}"
        for model in chosen
        for name in model.inputs
        if name not in coming and name not in existing
    ]
    if missing:
        raise FatalError(
            f"{'; '.join(missing)}, but there is no such table. Load it before, or fix the"
            " `-- inputs:` and the SQL."
        )


def _drop_orphans(con: DuckDBPyConnection, tables: set[str]) -> None:
    """Drop what was built from a file that is gone: nobody may read it as if it were new."""
    with transaction(con):
        for (name,) in con.execute("select name from meta.built").fetchall():
            if name not in tables:
                con.execute(f"drop table if exists {name}")
                con.execute("delete from meta.built where name = ?", [name])
                con.execute(f"delete from {kept.TABLE} where name = ?", [name])
                changes.forget(con, name)


def _run(con: DuckDBPyConnection, statements: str, path: Path) -> None:
    try:
        con.execute(statements)
    except _STATEMENT_ERRORS as error:
        raise FatalError(f"{named(path)} fails: {error}") from error
