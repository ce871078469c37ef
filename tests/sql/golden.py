"""Golden cases: a table's specification in Markdown, and the runner that holds the SQL to it.

`tests/sql/<schema>/<name>.md` holds cases of `sql/<schema>/<name>.sql`:

    ## A cancelled order sells nothing

    given core.orders

    | order_id | business_date | units | cancelled_at        |
    | -------- | ------------- | ----- | ------------------- |
    | 1        | 2026-01-01    | 2     |                     |
    | 2        | 2026-01-01    | 5     | 2026-01-01 10:00:00 |

    then

    | business_date | units |
    | ------------- | ----- |
    | 2026-01-01    | 2     |

- An empty cell is NULL, `''` is an empty text, `\\|` is a bar. Moments are UTC.
- A column's type follows its name (`| lag bigint |`), or else the naming law gives it
  (config/names.py), or else it is text.
- `then` compares the columns it lists, and all rows in any order.
- `tests/sql/given/<schema>.<table>.md` holds one table that cases share: all columns with their
  types, and at most one row of defaults. A case then lists only the columns it is about, and may
  leave the input out altogether: it is empty.
- A case may give what an input is built from, instead of the input: then that is built, too. So is an
  input that the case does not give and that no file of tests/sql/given/ shows.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path

import duckdb
from duckdb import DuckDBPyConnection

from config.names import NUMBERS, faults, type_of
from config.strict import named
from tasks.rules.sql_text import quoted
from tasks.warehouse import parts
from tasks.warehouse.build import build
from tasks.warehouse.catalog import columns_of, tables_of
from tasks.warehouse.models import Model, Rule

Row = tuple[str | None, ...]

_SENTENCE = re.compile(r"## +(.+)")
_GIVEN = re.compile(r"given +`?(\w+\.\w+)`?")
_BAR = re.compile(r"(?<!\\)\|")
_RULER = re.compile(r"[\s|:-]+")


class CaseError(AssertionError):
    """A case that cannot be run as it is written; names the file and the line."""


@dataclass(frozen=True)
class Header:
    """A column of a Markdown table: its name, and its type where one is written."""

    name: str
    type: str | None


@dataclass(frozen=True)
class Grid:
    """A Markdown table: where it starts, its columns, and its rows by line."""

    path: Path
    line: int
    columns: tuple[Header, ...]
    rows: tuple[tuple[int, Row], ...]

    def error(self, line: int, message: str) -> CaseError:
        """Return the error that names this file and `line`."""
        return CaseError(f"{named(self.path)}:{line}: {message}")


@dataclass(frozen=True)
class Case:
    """One sentence that must be true of a model, as tables."""

    path: Path
    line: int
    sentence: str
    given: Mapping[str, Grid]
    then: Grid


def read_cases(path: Path) -> tuple[Case, ...]:
    """Return the cases of the Markdown at `path`.

    Raises:
        CaseError: what is no case, with the line and what was expected there.
    """
    lines = path.read_text("utf-8").splitlines()
    starts = [number for number, line in enumerate(lines) if _SENTENCE.fullmatch(line)]
    if not starts:
        raise CaseError(f"{named(path)} holds no case: begin one with `## A sentence`.")
    ends = [*starts[1:], len(lines)]
    return tuple(_case(path, lines, start, end) for start, end in zip(starts, ends, strict=True))


def read_shared(folder: Path) -> dict[str, Grid]:
    """Return the tables that cases share, by name.

    Raises:
        CaseError: a file that does not hold one table with at most one row.
    """
    shared = {}
    for path in sorted(folder.glob("*.md")):
        grids = list(_grids(path, path.read_text("utf-8").splitlines(), 0, None))
        if len(grids) != 1 or len(grids[0][1].rows) > 1:
            raise CaseError(f"{named(path)} must hold one table, with at most one row of defaults.")
        shared[path.stem] = grids[0][1]
    return shared


def run(
    case: Case,
    model: Model,
    rules: Sequence[Rule] = (),
    shared: Mapping[str, Grid] | None = None,
    others: Sequence[Model] = (),
) -> list[str]:
    """Build `model` from what `case` gives; return where it differs from `then`, if anywhere.

    Of `others` are built those that are between what the case gives and the model.

    The table is held to the naming law and to its own header too: its keys, what it keeps, and by what it is built.

    Raises:
        CaseError: the case does not fit the model.
        FatalError: the model does not build, or breaks what its header promises.
    """
    shared = shared or {}
    chain = _chain(case, model, others, shared)
    built = {each.table for each in chain}
    inputs = list(dict.fromkeys(n for each in chain for n in each.inputs if n not in built))
    strangers = [name for name in case.given if name not in inputs]
    if strangers:
        raise CaseError(
            f"{named(case.path)}:{case.line}: {model.table} does not read {', '.join(strangers)};"
            f" it reads {', '.join(model.inputs) or 'nothing'}."
        )
    lacking = [name for name in inputs if name not in case.given and name not in shared]
    if lacking:
        raise CaseError(
            f"{named(case.path)}:{case.line}: {model.table} reads {', '.join(lacking)}: say `given"
            f" {lacking[0]}` with a table, or add tests/sql/given/{lacking[0]}.md."
        )
    with _fresh(tuple(rules)) as con:
        for name in inputs:
            fill(con, name, case.given.get(name), shared.get(name))
        build(con, chain)
        return (
            differences(con, case, model.table) + _lost(con, model) + part_differences(con, model)
        )


@contextmanager
def _fresh(rules: tuple[Rule, ...]) -> Iterator[DuckDBPyConnection]:
    """Give an empty database in which the macros of `rules` are known; nothing is left of it.

    A connection of its own and its macros would take as long as the case itself.
    """
    con = _with_macros(rules)
    con.execute("attach ':memory:' as fresh; set search_path = 'fresh,memory'")
    try:
        yield con
    finally:
        con.execute("use memory; detach fresh")


@cache
def _with_macros(rules: tuple[Rule, ...]) -> DuckDBPyConnection:
    con = duckdb.connect()
    con.execute("set timezone = 'UTC'")
    for rule in rules:
        con.execute(rule.sql)
    return con


def _chain(
    case: Case, model: Model, others: Sequence[Model], shared: Mapping[str, Grid]
) -> tuple[Model, ...]:
    """Return `model` and those of `others` that read what the case gives and that it is built from."""
    by_table = {each.table: each for each in others}
    deeper = case.given.keys() - set(model.inputs)

    def reaches(name: str) -> bool:
        return (
            name in by_table
            and name not in case.given
            and any(each in deeper or reaches(each) for each in by_table[name].inputs)
        )

    chain, waiting = {model.table: model}, [model]
    while waiting:
        for name in waiting.pop().inputs:
            is_unknown = name in by_table and name not in case.given and name not in shared
            if name not in chain and (is_unknown or reaches(name)):
                chain[name] = by_table[name]
                waiting.append(by_table[name])
    return tuple(chain.values())


def differences(con: DuckDBPyConnection, case: Case, table: str) -> list[str]:
    """Return where a built table differs from the case's `then`, and where it breaks the naming law."""
    columns = {column.name: column.type for column in columns_of(con, table)}
    return _differences(con, case, table, columns) + faults(columns)


def part_differences(con: DuckDBPyConnection, model: Model, some: int = 1_000) -> list[str]:
    """Return where rows differ that are built by themselves from inputs of the same `-- by:` columns, key by key.

    Of so many keys, the first by their hashes.
    """
    if not model.by:
        return []
    inputs, by = parts.keyed(con, model), ", ".join(model.by)
    found = []
    every = " union ".join(f"select {by} from {name}" for name in inputs)
    keys = con.execute(f"from ({every}) order by hash({by}) limit {some}").fetchall()
    for key in keys:
        con.execute(
            f"create or replace temp table changed_keys as select {by} from {model.table} limit 0"
        )
        con.execute(f"insert into changed_keys values ({', '.join('?' * len(key))})", key)
        part = parts.of_changed_keys(con, model, inputs)
        columns = ", ".join(quoted(column.name) for column in columns_of(con, part))
        whole = f"select {columns} from ({parts.of_keys(model.table, model.by)})"
        differ = con.execute(
            f"(from {part} except all {whole}) union all ({whole} except all from {part})"
        ).fetchall()
        found += [f"by {by}:   {key} alone differs: {row}" for row in differ]
        con.execute(f"drop table {part}")
    con.execute("drop table if exists temp.changed_keys")
    return found


def drift(con: DuckDBPyConnection, shared: Mapping[str, Grid]) -> list[str]:
    """Return where shared tables differ from the real ones of a built warehouse."""
    found = []
    existing = tables_of(con)
    for name, grid in shared.items():
        real = {c.name: c.type for c in columns_of(con, name)} if name in existing else {}
        ours = {header.name: _type(grid, header) for header in grid.columns}
        found += [
            f"{named(grid.path)}: {column} is {kind}, in {name} it is {real.get(column, 'missing')}"
            for column, kind in ours.items()
            if real.get(column) != kind
        ]
        found += [f"{named(grid.path)} lacks {column}" for column in real if column not in ours]
    return found


def _case(path: Path, lines: list[str], start: int, end: int) -> Case:
    sentence = lines[start].removeprefix("##").strip()
    given: dict[str, Grid] = {}
    then: Grid | None = None
    for lead, grid in _grids(path, lines[:end], start + 1, "given"):
        if lead == "then":
            if then:
                raise grid.error(grid.line, "a case has one `then`; this is the second.")
            then = grid
        elif lead in given:
            raise grid.error(grid.line, f"{lead} is given twice.")
        else:
            given[lead] = grid
    if then is None:
        raise CaseError(
            f"{named(path)}:{start + 1}: “{sentence}” lacks its `then` with the expected rows."
        )
    return Case(path, start + 1, sentence, given, then)


def _grids(
    path: Path, lines: list[str], start: int, must_lead: str | None
) -> Iterator[tuple[str, Grid]]:
    """Yield each table from line index `start` on, with what leads to it: `then` or a name."""
    lead, lead_line = "", 0
    number = start
    while number < len(lines):
        line = lines[number].strip()
        given = _GIVEN.fullmatch(line)
        if given or line == "then":
            if lead:
                raise CaseError(f"{named(path)}:{lead_line}: a table must follow `{lead}`.")
            lead, lead_line = (given[1] if given else "then"), number + 1
        elif line.startswith("|"):
            length = next(
                (n for n, each in enumerate(lines[number:]) if not each.strip().startswith("|")),
                len(lines) - number,
            )
            grid = _grid(path, number + 1, lines[number : number + length])
            if must_lead and not lead:
                raise grid.error(
                    grid.line, "a table must follow `given <schema>.<table>` or `then`."
                )
            yield lead, grid
            lead, number = "", number + length
            continue
        number += 1
    if lead:
        raise CaseError(f"{named(path)}:{lead_line}: a table must follow `{lead}`.")


def _grid(path: Path, line: int, lines: list[str]) -> Grid:
    names = [part.partition(" ") for part in _cells(lines[0])]
    columns = tuple(Header(name, kind.strip() or None) for name, _, kind in names)
    grid = Grid(path, line, columns, ())
    if len(lines) < 2 or not _RULER.fullmatch(lines[1].strip()):
        raise grid.error(line + 1, "a ruler `| --- | --- |` must follow the names of columns.")
    repeated = [name for name, n in Counter(each.name for each in columns).items() if n > 1]
    if repeated or not all(each.name for each in columns):
        raise grid.error(line, f"each column needs a name of its own: {lines[0].strip()}")
    rows = []
    for number, text in enumerate(lines[2:], line + 2):
        cells = _cells(text)
        if len(cells) != len(columns):
            raise grid.error(
                number, f"{len(columns)} cells were expected, here are {len(cells)}: {text.strip()}"
            )
        rows.append((number, tuple(_value(cell) for cell in cells)))
    return Grid(path, line, columns, tuple(rows))


def _cells(line: str) -> list[str]:
    inner = line.strip().removeprefix("|")
    inner = inner[:-1] if inner.endswith("|") and not inner.endswith("\\|") else inner
    return [cell.strip().replace("\\|", "|") for cell in _BAR.split(inner)]


def _value(cell: str) -> str | None:
    return {"": None, "''": ""}.get(cell, cell)


def _shown(row: Row) -> str:
    cells = ("" if cell is None else cell or "''" for cell in row)
    return f"| {' | '.join(cells)} |"


def fill(con: DuckDBPyConnection, table: str, grid: Grid | None, shared: Grid | None) -> None:
    """Create `table` with the columns of `shared`, or else of `grid`, and the rows of `grid`."""
    shape = shared or grid
    if shape is None:
        raise ValueError(f"{table} is neither given nor shared")
    types = {header.name: _type(shape, header) for header in shape.columns}
    columns = ", ".join(f"{quoted(name)} {kind}" for name, kind in types.items())
    con.execute(f"create schema if not exists {table.split('.')[0]}")
    con.execute(f"create table {table} ({columns})")

    if grid:
        _fill(con, table, types, grid, shared)


def _fill(
    con: DuckDBPyConnection, table: str, types: Mapping[str, str], grid: Grid, shared: Grid | None
) -> None:
    names = [header.name for header in grid.columns]
    defaults: dict[str, str | None] = {}
    if shared:
        for header in grid.columns:
            if header.name not in types or header.type:
                raise grid.error(
                    grid.line,
                    f"`{header.name} {header.type or ''}`: the columns of {table} and their types"
                    f" are in {named(shared.path)}; a case lists names only.",
                )
        for _, row in shared.rows:
            defaults = dict(zip(types, row, strict=True))
    marks = ", ".join("?" * len(types))
    rows = [(line, defaults | dict(zip(names, cells, strict=True))) for line, cells in grid.rows]
    if rows:
        con.execute(
            f"insert into {table} values {', '.join([f'({marks})'] * len(rows))}",
            [
                _canonical(grid, line, values.get(name), kind)
                for line, values in rows
                for name, kind in types.items()
            ],
        )


def _type(grid: Grid, header: Header) -> str:
    """Return the type of a given column, as DuckDB spells it."""
    kind = header.type or type_of(header.name) or "VARCHAR"
    try:
        return _spelled(kind)
    except duckdb.ProgrammingError as error:
        raise grid.error(
            grid.line, f"`{header.name} {kind}`: DuckDB knows no such type."
        ) from error


@cache
def _calculator() -> DuckDBPyConnection:
    """Return a connection without tables: what it computes depends on nothing but the question."""
    con = duckdb.connect()
    con.execute("set timezone = 'UTC'")
    return con


@cache
def _spelled(kind: str) -> str:
    [(spelled,)] = _calculator().execute(f"select typeof(cast(null as {kind}))").fetchall()
    return str(spelled)


@cache
def _written(cell: str, kind: str) -> str:
    [(text,)] = (
        _calculator().execute(f"select cast(cast(? as {kind}) as varchar)", [cell]).fetchall()
    )
    return str(text)


def _canonical(grid: Grid, line: int, cell: str | None, kind: str) -> str | None:
    """Return `cell` as a value of type `kind` is written; a cast that would round is an error."""
    if cell is None:
        return None
    try:
        text = _written(cell, kind)
        exact = not kind.startswith(NUMBERS) or Decimal(cell) == Decimal(text)
    except (duckdb.ConversionException, InvalidOperation):
        exact = False
    if not exact:
        raise grid.error(line, f"`{cell}` is no {kind}.")
    return text


def _lost(con: DuckDBPyConnection, model: Model) -> list[str]:
    """Return what the model lost of its inputs without a named reason."""
    return [
        f"lost:       {rows} rows or sums of {source} ({amount})"
        for source, rows, amount in con.execute(
            "select source, rows, amount from meta.kept where reason = 'unexplained' and name = ?",
            [model.table],
        ).fetchall()
    ]


def _differences(
    con: DuckDBPyConnection, case: Case, table: str, columns: Mapping[str, str]
) -> list[str]:
    then = case.then
    names = [header.name for header in then.columns]
    unknown = [name for name in names if name not in columns]
    if unknown:
        raise then.error(
            then.line, f"{table} has no {', '.join(unknown)}; it has {', '.join(columns)}."
        )
    expected = Counter(
        tuple(
            _canonical(then, line, cell, columns[name])
            for name, cell in zip(names, row, strict=True)
        )
        for line, row in then.rows
    )
    texts = ", ".join(f"cast({quoted(name)} as varchar)" for name in names)
    actual = Counter(con.execute(f"select {texts} from {table} order by all").fetchall())
    return [
        *(f"missing:    {_shown(row)}" for row in (expected - actual).elements()),
        *(f"unexpected: {_shown(row)}" for row in (actual - expected).elements()),
    ]
