"""Which orders changed in a table from one content to the next: what a table that is built in part asks of its inputs.

Of a table that one with `-- by:` reads, each change is kept as a link: the content before, the content after, and the
values of those columns in every row that came, went or changed. Links follow each other without a gap, so that whoever
was built from an earlier content finds all that has changed since, or that nobody knows.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from duckdb import DuckDBPyConnection

from tasks.warehouse.catalog import Column, columns_of, hash_of_row
from tasks.warehouse.models import Model

META = """
    create schema if not exists meta;
    create schema if not exists changed;
    create table if not exists meta.changes (
        name varchar, number bigint, before varchar, after varchar, columns varchar
    );
"""
LINKS = 100  # of a table, the last: more than a shop has syncs between two nights
# Of a table's rows: where more of it changed, everything that reads it is built whole, which then costs less.
SHARE = 0.25

Followed = Mapping[str, Collection[tuple[str, ...]]]


def followed(models: Iterable[Model]) -> Followed:
    """Return, for each table, the columns by which those that read it are built in part."""
    found: dict[str, set[tuple[str, ...]]] = {}
    for model in models:
        for name in model.inputs if model.by else ():
            found.setdefault(name, set()).add(model.by)
    return found


def columns_to_note(groups: Iterable[tuple[str, ...]], has: Iterable[Column]) -> tuple[str, ...]:
    """Return the columns whose values are noted: those of each group that the table has whole."""
    names = {column.name for column in has}
    return tuple(sorted({name for group in groups if names.issuperset(group) for name in group}))


@dataclass(frozen=True)
class Watched:
    """A table whose rows are about to be others: `source` selects those that may be, before and after."""

    table: str
    columns: tuple[str, ...]
    every: tuple[Column, ...]
    source: str


def watch(
    con: DuckDBPyConnection, table: str, groups: Collection[tuple[str, ...]], source: str
) -> Watched | None:
    """Look at the rows before they change, for `note`; None where nobody asks what has changed."""
    every = columns_of(con, table) if groups else ()
    columns = columns_to_note(groups, every)
    if not columns:
        return None
    watched = Watched(table, columns, every, source)
    con.execute(f"create or replace temp table rows_before as {_hashed(watched)}")
    return watched


def note(
    con: DuckDBPyConnection,
    watched: Watched,
    columns: Sequence[Column],
    contents: tuple[str, str],
    rows: int,
) -> None:
    """Note what has changed of the `rows` since they were watched, and that they have these columns now."""
    if tuple(columns) == watched.every:
        named = ", ".join(watched.columns)
        differ = f"""
            select distinct {named}
            from (
                select {named} from (
                    select *, 1 as times from temp.rows_before union all select *, -1 from ({_hashed(watched)})
                ) group by {named}, row_hash having sum(times) <> 0
            )
        """
        add(con, watched.table, watched.columns, contents, differ, rows)
    else:
        forget(con, watched.table)
    con.execute("drop table temp.rows_before")


def _hashed(watched: Watched) -> str:
    columns = ", ".join(watched.columns)
    return f"select {columns}, {hash_of_row(watched.every)} as row_hash from ({watched.source})"


def add(
    con: DuckDBPyConnection,
    name: str,
    columns: Sequence[str],
    contents: tuple[str, str],
    changed: str,
    rows: int,
) -> None:
    """Add a link to the table's chain: from one content to the other, `changed` of its `rows` came, went or changed.

    Where the link does not follow the last, or much has changed, what was known is forgotten.
    """
    before, after = contents
    if before == after:
        return
    named = ", ".join(columns)
    links = _links(con, name)
    follows = bool(links) and (links[-1].after, links[-1].columns) == (before, named)
    number = links[-1].number + 1 if follows else 1
    con.execute(
        f"create or replace temp table link as select {number} as number, * from ({changed})"
    )
    [(count,)] = con.execute("select count(*) from temp.link").fetchall()
    if not follows or count > rows * SHARE:
        forget(con, name)
    if count <= rows * SHARE:
        if follows:
            con.execute(f"insert into {_home(name)} by name from temp.link")
        else:
            con.execute(f"create or replace table {_home(name)} as from temp.link")
        con.execute(
            "insert into meta.changes values (?, ?, ?, ?, ?)", [name, number, *contents, named]
        )
        oldest = number - LINKS
        con.execute(f"delete from {_home(name)} where number <= {oldest}")
        con.execute("delete from meta.changes where name = ? and number <= ?", [name, oldest])
    con.execute("drop table temp.link")


def forget(con: DuckDBPyConnection, name: str) -> None:
    """Say that nobody knows what has changed in the table up to now."""
    con.execute("delete from meta.changes where name = ?", [name])


def since(
    con: DuckDBPyConnection, name: str, columns: Sequence[str], contents: tuple[str, str]
) -> str | None:
    """Return the select of what has changed in the table from one content to the other; None where it is not known."""
    before, after = contents
    links = _links(con, name)
    starts = [link.number for link in links if link.before == before]
    if (
        not starts
        or links[-1].after != after
        or not set(columns) <= set(links[-1].columns.split(", "))
    ):
        return None
    return f"select {', '.join(columns)} from {_home(name)} where number >= {starts[-1]}"


def has_columns(con: DuckDBPyConnection, name: str, columns: Collection[str]) -> bool:
    """Return whether the table has all of these."""
    return {column.name for column in columns_of(con, name)}.issuperset(columns)


@dataclass(frozen=True)
class _Link:
    number: int
    before: str
    after: str
    columns: str


def _links(con: DuckDBPyConnection, name: str) -> list[_Link]:
    """Return the links of a table's chain, the oldest first."""
    found = con.execute(
        "select number, before, after, columns from meta.changes where name = ? order by number",
        [name],
    ).fetchall()
    return [_Link(*row) for row in found]


def _home(name: str) -> str:
    return f"changed.{name.replace('.', '_')}"
