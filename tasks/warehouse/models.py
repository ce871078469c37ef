"""The SQL files: what each builds, what its header promises, and in which order they build."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatch
from functools import cache, lru_cache
from graphlib import CycleError, TopologicalSorter
from itertools import chain
from pathlib import Path

from config.errors import FatalError
from config.limit import load_limits
from config.strict import CONFIG, ROOT, named
from tasks.warehouse.kept import TABLE as KEPT
from tasks.warehouse.kept import Keeps, KeepsError, read_keeps

SCHEMAS = ("core", "ops", "marts", "checks")  # each reads those before it, and itself
# What the checks say, published.
MAY_READ_CHECKS = {"marts.kpi_daily", "marts.kpi_weekly", "marts.kpi_monthly"}
PARTS = ("grain", "keys", "inputs")
KEEPS = "keeps"  # may be there several times, or not at all
SQL = ROOT / "sql"
NEEDS, BY = "needs", "by"  # once, or not at all
MISSING_REPORTS = "ops.missing_reports"

_PART = re.compile(r"-- *(\w+): *(.*)")
_CONTINUED = re.compile(r"--\s{2,}(.+)")
_COMMENTS = re.compile(r"^\s*--.*\n|^comment on .*\n", re.MULTILINE)


@dataclass(frozen=True)
class Rule:
    """A file of `sql/rules/`, or the limits: macros that models call. It reads no table, only its arguments."""

    path: Path
    sql: str


@dataclass(frozen=True)
class Model:
    """A SQL file that builds one table, and what its header promises of it."""

    schema: str
    name: str
    path: Path
    description: str
    grain: str
    keys: tuple[str, ...]
    inputs: tuple[str, ...]
    sql: str
    keeps: tuple[Keeps, ...] = ()
    unions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # view → its tables
    needs: tuple[str, ...] = ()  # of config/requirements.yaml; `all x`: whomever the row is of
    by: tuple[str, ...] = ()  # of its keys: a row comes from the inputs' rows with the same values
    follows: tuple[str, ...] = ()  # the builder reads them for it

    @property
    def table(self) -> str:
        """The table's name with its schema."""
        return f"{self.schema}.{self.name}"

    @property
    def all_needs(self) -> tuple[str, ...]:
        """The names of its needs, whomever they are of."""
        return tuple(need.removeprefix("all ") for need in self.needs)

    @property
    def summary(self) -> str:
        """The first sentence of the description: the comment of the table."""
        return self.description.partition(". ")[0].rstrip(".") + "."


@cache
def code(sql: str) -> str:
    """Return `sql` without its lines of comments, and without what it comments on tables and columns."""
    return _COMMENTS.sub("", sql)


def read_rules(root: Path = SQL) -> tuple[Rule, ...]:
    """Return the limits, then the macro files under `root`/rules by name: a macro may use those before."""
    files = sorted(root.glob("rules/*.sql"))
    return (_limits(), *(Rule(path, path.read_text("utf-8")) for path in files))


def _limits() -> Rule:
    """Return config/limits.yaml as macros: SQL says `payout_overdue_rate()`."""
    macros = (
        f"create or replace macro {name}() as {limit.sql};" for name, limit in load_limits().items()
    )
    return Rule(CONFIG / "limits.yaml", "\n".join(macros))


def read_models(root: Path = SQL) -> tuple[Model, ...]:
    """Return every model under `root`, by schema and name.

    Raises:
        FatalError: headers that the builder cannot read, all of them at once.
    """
    files = [
        (path, schema, path.stat())
        for schema in SCHEMAS
        for path in sorted(root.glob(f"{schema}/*.sql"))
    ]
    return _read_models(
        tuple((path, schema, state.st_mtime_ns, state.st_size) for path, schema, state in files)
    )


@lru_cache(maxsize=1)  # a night asks several times, and the files change under a developer alone
def _read_models(files: Iterable[tuple[Path, str, int, int]]) -> tuple[Model, ...]:
    models, faults = [], []
    for path, schema, *_ in files:
        try:
            models.append(_model(path, schema))
        except FatalError as fault:
            faults.append(str(fault))
    if faults:
        raise FatalError("\n".join(faults))
    keeping = tuple(model.table for model in models if model.keeps)
    tables = [model.table for model in models]
    return tuple(
        replace(_expanded(model, tables), follows=_followed(model, keeping)) for model in models
    )


def _expanded(model: Model, tables: Collection[str]) -> Model:
    """Return `model` with each `checks.kpi_*` of its inputs replaced by the tables it stands for.

    A folder is a registry: the SQL reads them all as `checks.kpi_all`, a view of their union.

    Raises:
        FatalError: nothing matches the pattern.
    """
    unions = {
        name.replace("*", "all"): tuple(each for each in tables if fnmatch(each, name))
        for name in model.inputs
        if name.endswith("*")
    }
    if empty := [view for view, those in unions.items() if not those]:
        raise FatalError(f"{named(model.path)} reads {empty}, and no file of sql/ is one of them.")
    plain = tuple(name for name in model.inputs if not name.endswith("*"))
    return replace(model, inputs=(*plain, *chain(*unions.values())), unions=unions)


def _followed(model: Model, keeping: tuple[str, ...]) -> tuple[str, ...]:
    needed = (MISSING_REPORTS,) if model.needs else ()
    return needed + keeping if KEPT in model.inputs else needed


def upstream(models: Iterable[Model], *tables: str) -> frozenset[str]:
    """Return `tables` and every modelled table that they are built from."""
    by_table = {model.table: model for model in models}
    found: set[str] = set()
    waiting = list(tables)
    while waiting:
        table = waiting.pop()
        if table in by_table and table not in found:
            found.add(table)
            waiting.extend(by_table[table].inputs + by_table[table].follows)
    return frozenset(found)


def fed_by_ledger(models: Iterable[Model]) -> frozenset[str]:
    """Return the marts that show the ledger, or marts that do: what a person's decision changes at once."""
    found: set[str] = set()
    for model in order(models):
        if model.schema == "marts" and any(
            name.startswith("ledger.") or name in found for name in model.inputs
        ):
            found.add(model.table)
    return frozenset(found)


def order(models: Iterable[Model]) -> tuple[Model, ...]:
    """Return `models` so that each comes after those it reads.

    Raises:
        FatalError: models that read each other in a circle, which it names.
    """
    by_table = {model.table: model for model in models}
    graph = {
        table: [name for name in model.inputs + model.follows if name in by_table]
        for table, model in by_table.items()
    }
    try:
        return tuple(by_table[table] for table in TopologicalSorter(graph).static_order())
    except CycleError as error:
        circle = " reads ".join(reversed(error.args[1]))
        raise FatalError(
            f"No order to build in: {circle}. Move what two of them need into a table of its own."
        ) from error


def check_lineage(model: Model) -> None:
    """Hold the header's `inputs` to the tables that the SQL reads.

    Raises:
        FatalError: inputs that are read and not declared, or declared and not read.
    """
    import sqlglot  # for tests only: a night need not pay for its import
    from sqlglot import expressions as sql

    statements = [each for each in sqlglot.parse(model.sql, dialect="duckdb") if each]
    read: set[str] = set()
    for statement in statements:
        if isinstance(statement, sql.Comment):
            continue
        named_here = {cte.alias for cte in statement.find_all(sql.CTE)}
        tables = [
            f"{table.db}.{table.name}" if table.db else table.name
            for table in statement.find_all(sql.Table)
            if not isinstance(table.this, sql.Func)  # range(…), or a macro that gives a table
        ]
        read.update(table for table in tables if table not in named_here)
    read.discard(model.table)
    for view in model.unions.keys() & read:
        read = (read - {view}) | set(model.unions[view])
    faults = [f"reads {table} and does not say so" for table in sorted(read - set(model.inputs))]
    faults += [f"says it reads {table} and does not" for table in model.inputs if table not in read]
    place = SCHEMAS.index(model.schema)
    faults += [
        f"reads {table}, and {model.schema} comes before {table.partition('.')[0]}"
        for table in model.inputs
        if table.partition(".")[0] in SCHEMAS[place + 1 :] and model.table not in MAY_READ_CHECKS
    ]
    if faults:
        raise FatalError(f"{named(model.path)} {'; '.join(faults)}. Fix `-- inputs:`.")


def _model(path: Path, schema: str) -> Model:
    text = path.read_text("utf-8")
    description, parts, promised = _header(text, path)
    inputs = () if parts["inputs"] == "none" else _listed(parts["inputs"])
    if not re.search(
        rf"^create or replace table {schema}\.{path.stem} as\b", text, re.IGNORECASE | re.MULTILINE
    ):
        raise FatalError(
            f"{named(path)} must say `create or replace table {schema}.{path.stem} as`: "
            "a path is a name."
        )
    return Model(
        schema=schema,
        name=path.stem,
        path=path,
        description=description,
        grain=parts["grain"],
        keys=_listed(parts["keys"]),
        inputs=inputs,
        sql=text,
        keeps=_keeps(promised, inputs, path),
        needs=_listed(parts.get(NEEDS, "")),
        by=_by(parts, inputs, path),
    )


def _by(parts: Mapping[str, str], inputs: Collection[str], path: Path) -> tuple[str, ...]:
    by = _listed(parts.get(BY, ""))
    if strangers := [column for column in by if column not in _listed(parts["keys"])]:
        raise FatalError(f"{named(path)} is built by {strangers}, but they are not among its keys.")
    if by and any(name.endswith("*") for name in inputs):
        raise FatalError(f"{named(path)} reads a whole folder: take `-- by:` out of its header.")
    return by


def _keeps(promised: Iterable[str], inputs: Collection[str], path: Path) -> tuple[Keeps, ...]:
    try:
        keeps = tuple(read_keeps(text) for text in promised)
    except KeepsError as fault:
        raise FatalError(f"{named(path)}: in `-- keeps:` {fault}.") from fault
    strangers = [each.source for each in keeps if each.source not in inputs]
    if strangers:
        raise FatalError(f"{named(path)} keeps {strangers}, but they are not among its inputs.")
    return keeps


def _header(text: str, path: Path) -> tuple[str, dict[str, str], list[str]]:
    """Return the comment that `text` begins with: its description, its parts, what it keeps."""
    description: list[str] = []
    parts: dict[str, str] = {}
    promised: list[str] = []
    faults: list[str] = []
    part = ""
    for line in text.splitlines():
        if not line.startswith("--"):
            break
        begun, continued = _PART.fullmatch(line), _CONTINUED.fullmatch(line)
        if begun and begun[1] in (*PARTS, NEEDS, BY):
            part = begun[1]
            if part in parts:
                faults.append(f"`-- {part}:` is there twice")
            parts[part] = begun[2].strip()
        elif begun and begun[1] == KEEPS:
            part = KEEPS
            promised.append(begun[2].strip())
        elif not part:
            description.append(line.removeprefix("--").strip())
        elif continued and not begun and part == KEEPS:
            promised[-1] = f"{promised[-1]} {continued[1].strip()}"
        elif continued and not begun:
            parts[part] = f"{parts[part]} {continued[1].strip()}".strip()
        else:
            faults.append(f"`{line}` is no part of a header")
    if not any(description):
        faults.append("its first line, `-- What the table shows.`, is missing")
    faults += [f"`-- {each}:` is missing or empty" for each in PARTS if not parts.get(each)]
    if faults:
        raise FatalError(
            f"{named(path)} has a header the builder cannot read: {'; '.join(faults)}. A header is"
            " what the table shows, then `-- grain:`, `-- keys:` and `-- inputs:` (or"
            " `-- inputs: none`); a long list goes on after `--   `."
        )
    return " ".join(description), parts, promised


def _listed(text: str) -> tuple[str, ...]:
    return tuple(item for item in (part.strip() for part in text.split(",")) if item)
