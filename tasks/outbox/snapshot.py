"""Publish the marts: a whole new file next to the old ones, then one atomic swap.

A reader opens `<folder>/current/marts.duckdb`. Until the swap it is the old snapshot, from then on
the new one, and whoever has the old one open keeps it: no reader ever sees a half.
"""

import shutil
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
from duckdb import DuckDBPyConnection

from config.errors import FatalError
from tasks.rules.sql_text import literal, quoted
from tasks.run.whole_file import make_folder, put, sync
from tasks.warehouse.catalog import (
    Comments,
    comments_of,
    content_hash,
    content_hashes,
    digest,
    noted_contents,
)
from tasks.warehouse.connection import transaction

FILE = "marts.duckdb"
CURRENT = "current"
LEFTOVER = ".tmp-"
KEPT_NIGHTS = 7

# In the file the marts are in `main`: DuckDB names a catalog after its file, so an analyst writes
# `marts.kpi_daily`. A schema `marts` in a file `marts` would make just that name ambiguous.
SCHEMA = "main"

PUBLISHED = {
    "version": "The snapshot's name, and its folder's",
    "shop": "The shop whose marts these are",
    "as_of": "Business date that the marts describe",
    "business_date": "Business date of the run that published them",
    "published_at": "Moment the snapshot was written, UTC",
    "content_hash": "Hash of the marts and their comments; equal where nothing changed",
}


def publish(
    con: DuckDBPyConnection,
    folder: Path,
    version: str,
    *,
    shop: str,
    as_of: date,
    business_date: date,
    keep: int = KEPT_NIGHTS,
) -> Path:
    """Publish the tables of schema `marts` and return the snapshot that readers now get.

    Where the current snapshot says the same, it stays and is returned: a second run changes
    nothing. Safe to kill at any moment; the next call removes what was left. One publisher at a
    time (the shop's lock sees to it), any number of readers.

    Args:
        con: The warehouse, in no transaction.
        folder: Where the versions are, and the link `current`.
        version: A name for the new snapshot; `-2`, `-3` … is added where it is taken, because a
            reader may have the old file of that name open.
        shop: Written to `marts.published`.
        as_of: Written to `marts.published`.
        business_date: Written to `marts.published`.
        keep: Of how many nights before this one the last version is kept: a week's, so that the
            same weekday is among them however often a night is run again.

    Raises:
        FatalError: there is no mart, or the file that was written is not what was meant.
    """
    make_folder(folder)
    for leftover in folder.glob(f"{LEFTOVER}*"):
        _remove(leftover)
    _link_again(folder)

    marts = _tables(con, "marts")
    if not marts:
        raise FatalError("There is no mart to publish: run `build` before `publish`.")
    facts = (shop, str(as_of), str(business_date))
    noted = noted_contents(con)
    rows = {
        mart: noted.get(f"marts.{mart}") or content_hash(con, f"marts.{mart}") for mart in marts
    }
    meant = _said(con, "marts", rows)
    content = _content(meant, *facts)
    current = folder / CURRENT / FILE
    if _stated(current, "content_hash") == content:
        return current.resolve()

    name = _free(folder, version)
    half_done = folder / f"{LEFTOVER}{name}"
    half_done.mkdir()
    published = [name, shop, as_of, business_date, content]
    _write_changed(con, current, half_done / FILE, meant, published)
    _audit(half_done / FILE, meant)

    (half_done / FILE).chmod(0o444)
    sync(half_done / FILE)
    put(half_done, folder / name)
    (folder / name).chmod(0o555)
    _point(folder, name)
    _prune(folder, name, keep)
    return folder.resolve() / name / FILE


def _write_changed(
    con: DuckDBPyConnection,
    current: Path,
    file: Path,
    meant: Mapping[str, str],
    published: Sequence[object],
) -> None:
    """Write the snapshot: where most rows are as they were, as a copy of the current one with the others put in."""
    before = _held_by_readers(current)
    changed = [mart for mart, stated in meant.items() if before.get(mart) != stated]
    if not before or 2 * _rows(con, changed) > _rows(con, meant):
        _write(con, file, list(meant), published)
        return
    shutil.copyfile(current, file)
    file.chmod(0o644)
    _write(con, file, changed, published, gone=sorted(before.keys() - meant.keys()))


def _write(
    con: DuckDBPyConnection,
    file: Path,
    marts: Sequence[str],
    published: Sequence[object],
    gone: Sequence[str] = (),
) -> None:
    """Write `marts` and what the snapshot is to the file, new or with others in it; drop those that are `gone`."""
    # Version 1.5 of the storage, so that an analyst's older client opens it.
    con.execute(f"attach {literal(str(file))} as snapshot (storage_version 'v1.5.0')")
    try:
        comments = comments_of(con, "marts")
        with transaction(con):  # else each comment waits for the disk: some 1,500 times
            for mart in gone:
                con.execute(f"drop table snapshot.{SCHEMA}.{mart}")
            for mart in marts:
                con.execute(
                    f"create or replace table snapshot.{SCHEMA}.{mart} as from marts.{mart}"
                )
                for statement in _comments(mart, comments[mart]):
                    con.execute(statement)
            con.execute(
                f"create or replace table snapshot.{SCHEMA}.published as select ? as version, ? as shop,"
                " ? as as_of, ? as business_date, now() as published_at, ? as content_hash",
                published,
            )
            con.execute(
                f"comment on table snapshot.{SCHEMA}.published is 'What this snapshot is: one row.'"
            )
            for column, comment in PUBLISHED.items():
                con.execute(
                    f"comment on column snapshot.{SCHEMA}.published.{column} is {literal(comment)}"
                )
        con.execute("checkpoint snapshot")  # detaching would hide one that fails
    finally:
        con.execute("detach snapshot")
    if file.with_name(f"{FILE}.wal").exists():
        raise FatalError(f"{file} was not written to its end. Is the disk full? Run again.")


def _comments(mart: str, comments: Comments) -> list[str]:
    """Return the statements that give the snapshot's `mart` the comments of ours."""
    table = f"snapshot.{SCHEMA}.{mart}"
    statements = [
        f"comment on column {table}.{quoted(name)} is {literal(comment)}"
        for name, comment in comments.columns.items()
        if comment
    ]
    if comments.table:
        statements.append(f"comment on table {table} is {literal(comments.table)}")
    return statements


def _audit(file: Path, meant: Mapping[str, str]) -> None:
    """Open what readers will open, before they can, and hold it to what was meant."""
    if _held(file) != meant:
        raise FatalError(
            f"{file} does not hold the marts it was written from; readers keep the old"
            " snapshot. Run again; if it repeats, look at the disk."
        )


def _held(file: Path) -> dict[str, str]:
    """Return what the snapshot at `file` holds and says of each mart, every row read."""
    # By its own name: under `current`, this process may still have an older version open.
    with duckdb.connect(str(file.resolve()), read_only=True) as con:
        rows = content_hashes(con, [SCHEMA], without=[f"{SCHEMA}.published"])
        return _said(con, SCHEMA, {name.partition(".")[2]: rows[name] for name in sorted(rows)})


def _held_by_readers(current: Path) -> dict[str, str]:
    """Return what the current snapshot holds; nothing where there is none, or it is damaged or of another make."""
    try:
        return _held(current) if current.exists() else {}
    except duckdb.Error:
        return {}  # a new snapshot is the fix


def _said(con: DuckDBPyConnection, schema: str, rows: Mapping[str, str]) -> dict[str, str]:
    """Return what each mart holds (the hash of its rows is given) and what its comments say."""
    comments = comments_of(con, schema)
    return {
        mart: repr((mart, content, comments[mart].table, list(comments[mart].columns.values())))
        for mart, content in rows.items()
    }


def _content(stated: Mapping[str, str], *facts: str) -> str:
    """Return a hash of the facts and of what each mart holds and says."""
    return digest(*facts, *stated.values())


def _rows(con: DuckDBPyConnection, marts: Collection[str]) -> int:
    """Return how many rows these have together."""
    [(rows,)] = con.execute(
        "select coalesce(sum(estimated_size), 0) from duckdb_tables()"
        " where database_name = current_database() and schema_name = 'marts'"
        " and list_contains(?, table_name)",
        [list(marts)],
    ).fetchall()
    return int(rows)


def _stated(file: Path, fact: str) -> Any:
    """Return what the snapshot at `file` states of itself; None where nothing can be read."""
    if not file.exists():
        return None
    try:
        # By its own name: under `current`, this process may still have an older version open.
        with duckdb.connect(str(file.resolve()), read_only=True) as con:
            [(value,)] = con.execute(f"select {fact} from {SCHEMA}.published").fetchall()
    except duckdb.Error:
        return None  # damaged, or of another make: a new snapshot is the fix
    return value


def _tables(con: DuckDBPyConnection, schema: str) -> list[str]:
    found = con.execute(
        "select table_name from duckdb_tables()"
        " where database_name = current_database() and schema_name = ? order by table_name",
        [schema],
    ).fetchall()
    return [name for (name,) in found]


def _free(folder: Path, version: str) -> str:
    """Return `version`, or `version-2`, `version-3` …, later than each that is there."""
    again = [each.name.removeprefix(f"{version}-") for each in folder.glob(f"{version}-*")]
    numbers = [int(number) for number in again if number.isdecimal()]
    if not numbers and not (folder / version).exists():
        return version
    return f"{version}-{max(numbers, default=1) + 1}"


def _point(folder: Path, name: str) -> None:
    """Let `current` mean `name`, in one step that is on the disk when this returns."""
    link = folder / f"{LEFTOVER}{CURRENT}"
    link.symlink_to(name)
    link.replace(folder / CURRENT)
    sync(folder)


def _link_again(folder: Path) -> None:
    """Make `current` a link where it is a folder: a program that copied the shop followed it."""
    current = folder / CURRENT
    if current.is_symlink() or not current.is_dir():
        return
    version = _stated(current / FILE, "version")
    if version and not (folder / version).exists():
        current.rename(folder / version)
    else:
        _remove(current.rename(folder / f"{LEFTOVER}{CURRENT}"))
    if version:
        _point(folder, version)


def _prune(folder: Path, name: str, keep: int) -> None:
    """Keep the version `name`, and the last one of each of `keep` nights before its own.

    A reader who has one open keeps its file.
    """
    files = [file for file in folder.glob(f"[!.]*/{FILE}") if file.parent.name != CURRENT]
    files.sort(key=lambda file: (file.parent.name == name, file.stat().st_mtime_ns))
    last = {_stated(file, "business_date") or date.min: file for file in files}
    kept = [last[night] for night in sorted(last, reverse=True)[: keep + 1]]
    for file in files:
        if file not in kept and file.parent.name != name:
            # Renamed first: a kill halfway leaves what the next call removes.
            _remove(file.parent.rename(folder / f"{LEFTOVER}{file.parent.name}"))


def _remove(leftover: Path) -> None:
    if leftover.is_symlink():
        leftover.unlink()
        return
    leftover.chmod(0o755)
    shutil.rmtree(leftover)
