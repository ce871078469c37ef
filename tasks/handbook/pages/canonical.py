"""The canonical tables: what every export is brought to, whatever its platform."""

from collections.abc import Iterator

from config.contract import load_contracts
from config.export import load_exports
from tasks.handbook import links
from tasks.handbook.book import Book, Name, Page

PLACE = 20
TITLE = "Canonical tables"
ABOUT = "What every platform's exports are brought to: one table per thing, seen by SQL as valid.<table>."


def pages(book: Book) -> Iterator[Page]:
    """Yield the list of the canonical tables, and a page for each."""
    contracts = load_contracts()
    loading = {
        name: [export for export in load_exports().values() if name in export.loads_into]
        for name in contracts
    }
    yield Page(
        "canonical.html",
        TITLE,
        "canonical.html.j2",
        {"contracts": contracts, "loading": loading, "about": ABOUT},
    )
    for name, contract in contracts.items():
        table = f"valid.{name}"
        yield Page(
            file=links.table(table),
            title=table,
            template="contract.html.j2",
            values={
                "contract": contract,
                "exports": loading[name],
                "readers": book.readers(table),
            },
            names=(
                Name(table, contract.grain, links.table(table)),
                *(
                    Name(f"{table}.{column}", each.comment, f"{links.table(table)}#{column}")
                    for column, each in contract.columns.items()
                ),
            ),
        )
