"""The exports: where each is downloaded, and what its columns mean to us."""

from collections.abc import Iterator
from itertools import groupby

from config.export import load_exports
from tasks.handbook import links
from tasks.handbook.book import Book, Name, Page

PLACE = 30
TITLE = "Exports"
ABOUT = "Every report that is read: where to download it, its columns, and what is held of it."


def pages(_: Book) -> Iterator[Page]:
    """Yield the list of exports by platform, and a page for each."""
    exports = load_exports().values()
    platforms = {name: list(those) for name, those in groupby(exports, lambda each: each.platform)}
    yield Page("exports.html", TITLE, "exports.html.j2", {"platforms": platforms, "about": ABOUT})
    for export in exports:
        yield Page(
            file=links.export(export.name),
            title=export.title,
            template="export.html.j2",
            values={"export": export},
            names=(Name(export.name, export.title, links.export(export.name)),),
        )
