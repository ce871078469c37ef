"""What no model builds and only a load changes: hashed once a load, not at every build that reads it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from duckdb import DuckDBPyConnection

from tasks.rules.sql_text import literals
from tasks.warehouse import changes
from tasks.warehouse.catalog import (
    Column,
    columns_of,
    content_digest,
    content_hashes,
    digest,
    hash_of_rows,
    tables_of,
)
from tasks.warehouse.models import code

SCHEMAS = ("valid", "settings")

_FILES = "create table if not exists meta.given_files (name varchar, file_id varchar, rows bigint, total hugeint);"

RUN = "settings.run"  # one row, of which the moment is another at each run: it is hashed by column


def forget(con: DuckDBPyConnection) -> None:
    """Say that they are being loaded: what was known of their content holds no longer."""
    con.execute("create schema if not exists meta")
    con.execute("create or replace table meta.given (name varchar, fingerprint varchar)")


def note(con: DuckDBPyConnection, followed: changes.Followed = MappingProxyType({})) -> None:
    """Keep a hash over all rows of each: a model that reads one is built again where it differs.

    Of those in `followed`, by the columns that are asked for, what the files that came have changed is noted too.
    """
    con.execute(changes.META + _FILES)
    existing = tables_of(con)
    by_file = {
        name: noted
        for name in sorted(followed.keys() & existing)
        if name.partition(".")[0] in SCHEMAS
        and (noted := changes.columns_to_note(followed[name], columns_of(con, name)))
    }
    rows = content_hashes(con, SCHEMAS, [RUN, *by_file])
    rows |= {name: _by_file(con, name, noted) for name, noted in by_file.items()}
    if RUN in existing:
        rows |= dict(_of_run(con))
    con.executemany("insert into meta.given values (?, ?)", sorted(rows.items()))


def _by_file(con: DuckDBPyConnection, name: str, noted: Sequence[str]) -> str:
    """Return the hash over all rows of a table, and note what the files that came since the last load have changed."""
    every = columns_of(con, name)
    before = _files(con, name)
    con.execute("delete from meta.given_files where name = ?", [name])
    con.execute(
        f"insert into meta.given_files select ?, file_id, count(*), {hash_of_rows(every)} from {name} group by file_id",
        [name],
    )
    after = _files(con, name)
    content, came = _content(every, after), after.keys() - before.keys()
    if not before or before.items() - after.items():
        changes.forget(
            con, name
        )  # nobody can say what was in a file that is another now, or is gone
    elif came:
        named = (
            f"select distinct {', '.join(noted)} from {name} where file_id in ({literals(came)})"
        )
        rows = sum(count for count, _ in after.values())
        changes.add(con, name, noted, (_content(every, before), content), named, rows)
    return content


def _files(con: DuckDBPyConnection, name: str) -> dict[str, tuple[int, int]]:
    """Return of each file how many rows of the table it has, and the sum of their hashes."""
    found = con.execute(
        "select file_id, rows, total from meta.given_files where name = ?", [name]
    ).fetchall()
    return {file_id: (rows, total) for file_id, rows, total in found}


def _content(columns: Sequence[Column], files: Mapping[str, tuple[int, int]]) -> str:
    """Return the `content_hash` of a table that has these files."""
    rows = sum(count for count, _ in files.values())
    return content_digest(
        columns, rows, sum(total for _, total in files.values()) if rows else None
    )


def contents(con: DuckDBPyConnection) -> Mapping[str, str]:
    """Return the hash that is kept of each; nothing where a load did not end."""
    if "meta.given" not in tables_of(con):
        return {}
    return dict(con.execute("select name, fingerprint from meta.given").fetchall())


def content_read(contents: Mapping[str, str], name: str, sql: str) -> str | None:
    """Return the hash of what `sql` reads of the table `name`: of the run, the columns that it names (`run.as_of`).

    None where nothing is kept of it.
    """
    prefix = f"{RUN}."
    columns = {key: kept for key, kept in contents.items() if key.startswith(prefix)}
    if name != RUN or not columns:
        return contents.get(name)
    return digest(
        *(
            kept
            for key, kept in sorted(columns.items())
            if re.search(rf"\brun\.{key.removeprefix(prefix)}\b", code(sql))
        )
    )


def _of_run(con: DuckDBPyConnection) -> Iterator[tuple[str, str]]:
    """Yield each column of the run, and a hash of what it says."""
    for column in columns_of(con, RUN):
        [(value,)] = con.execute(f"select cast({column.name} as varchar) from {RUN}").fetchall()
        yield f"{RUN}.{column.name}", digest(column.type, repr(value))
