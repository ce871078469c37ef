"""What a handbook is made of: what it describes, and the pages that describe it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import duckdb

from config.names import measure_of
from config.strict import ROOT
from tasks.warehouse.catalog import columns_of, comments_of
from tasks.warehouse.models import SCHEMAS, Model, read_models

CASES = ROOT / "tests" / "sql"  # absent where the tests are not installed


@dataclass(frozen=True)
class Column:
    """A column as a reader needs it."""

    name: str
    type: str
    unit: str
    comment: str


@dataclass(frozen=True)
class Table:
    """A table that a SQL file builds."""

    model: Model
    comment: str
    columns: tuple[Column, ...]


@dataclass(frozen=True)
class Command:
    """A command of the command line, and what it says of itself."""

    name: str
    help: str


@dataclass(frozen=True)
class Book:
    """What the handbook describes, besides the settings: their loaders keep those for everybody."""

    tables: Mapping[str, Table]  # by schema.name
    commands: tuple[Command, ...]
    exits: Mapping[int, str]
    cases: Path = CASES

    def readers(self, table: str) -> tuple[str, ...]:
        """Return the tables that are built from `table`, by name."""
        return tuple(name for name, each in self.tables.items() if table in each.model.inputs)


@dataclass(frozen=True)
class Name:
    """Something a reader looks for by its name, and where it is described."""

    text: str
    about: str
    href: str


@dataclass(frozen=True)
class Page:
    """One file of the handbook: the values that its template shows, and the names found on it."""

    file: str
    title: str
    template: str
    values: Mapping[str, Any]
    names: tuple[Name, ...] = field(default=())


class Chapter(Protocol):
    """A module of `pages/`: its first page is the chapter's front."""

    PLACE: int  # chapters are in this order
    TITLE: str
    ABOUT: str
    pages: Callable[[Book], Iterator[Page]]


def described(con: duckdb.DuckDBPyConnection, schema: str, table: str) -> tuple[Column, ...]:
    """Return the columns of a table as the builder commented them; the only place that asks."""
    comments = comments_of(con, schema)[table].columns
    return tuple(
        Column(each.name, each.type, measure_of(each.name) or "", comments[each.name] or "")
        for each in columns_of(con, f"{schema}.{table}")
    )


def read_tables(con: duckdb.DuckDBPyConnection) -> dict[str, Table]:
    """Return every table of sql/ that is built in the warehouse, marts first, by schema and name."""
    first = sorted(SCHEMAS, key=lambda schema: (schema != "marts", schema != "checks", schema))
    models = sorted(read_models(), key=lambda model: (first.index(model.schema), model.name))
    return {
        model.table: Table(
            model=model,
            comment=comments_of(con, model.schema)[model.name].table or "",
            columns=described(con, model.schema, model.name),
        )
        for model in models
    }
