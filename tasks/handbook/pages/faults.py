"""What a night survives: the table of faults and steps, and what was tried of it, with the command that tries it."""

from collections.abc import Iterator
from typing import Any

import yaml

from config.strict import ROOT
from tasks.handbook.book import Book, Page

PLACE = 97
TITLE = "What a night survives"
ABOUT = (
    "Each fault at each step of a night: what was tried, which test covers it, or why nothing does."
)
FOLDER = ROOT / "tests" / "torture"


def pages(_: Book) -> Iterator[Page]:
    """Yield one page: the table as it is kept and checked, and the figures of its last tries."""
    table, tried = _read("matrix.yaml"), _read("tried.yaml")
    yield Page(
        "faults.html",
        TITLE,
        "faults.html.j2",
        {"faults": table["faults"] if table else {}, "tried": tried or [], "about": ABOUT},
    )


def _read(name: str) -> Any:
    """Return a file of the tests; None where they are not installed."""
    file = FOLDER / name
    return yaml.safe_load(file.read_text(encoding="utf-8")) if file.is_file() else None
