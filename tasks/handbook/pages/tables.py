"""The tables that sql/ builds: grain, columns, lineage, promises and golden cases."""

from collections.abc import Iterator
from itertools import groupby

from tasks.handbook import links
from tasks.handbook.book import Book, Name, Page, Table
from tasks.handbook.cases import cases_of
from tasks.handbook.lineage import picture
from tasks.warehouse.models import upstream

PLACE = 10
TITLE = "Marts and tables"
ABOUT = "What can be asked: every table with its grain, columns, lineage and examples."
SCHEMAS = {
    "marts": "What people read, published each night in marts.duckdb.",
    "checks": "KPIs and findings: what the night judges.",
    "core": "Facts: what the exports say, with verdicts and reasons.",
    "ops": "What decisions need.",
}


def pages(book: Book) -> Iterator[Page]:
    """Yield the list of all tables, and a page for each."""
    schemas = {
        schema: (SCHEMAS[schema], list(tables))
        for schema, tables in groupby(book.tables.values(), lambda table: table.model.schema)
    }
    yield Page("tables.html", TITLE, "tables.html.j2", {"schemas": schemas, "about": ABOUT})
    models = [table.model for table in book.tables.values()]
    for name, table in book.tables.items():
        inputs, readers = table.model.inputs, book.readers(name)
        yield Page(
            file=links.table(name),
            title=name,
            template="table.html.j2",
            values={
                "table": table,
                "picture": picture(name, inputs, readers),
                "rests_on": _canonical(book, upstream(models, name)),
                "cases": cases_of(book.cases / table.model.schema / f"{table.model.name}.md"),
                "has_cases": book.cases.is_dir(),
            },
            names=tuple(_names(table)),
        )


def _canonical(book: Book, tables: frozenset[str]) -> list[str]:
    """Return the canonical tables that `tables` read."""
    read = {each for name in tables for each in book.tables[name].model.inputs}
    return sorted(name for name in read if name.startswith("valid."))


def _names(table: Table) -> Iterator[Name]:
    page = links.table(table.model.table)
    yield Name(table.model.table, table.comment, page)
    if table.model.schema == "marts":
        for column in table.columns:
            yield Name(f"{table.model.name}.{column.name}", column.comment, f"{page}#{column.name}")
