"""The kinds of exceptions: who answers, by when, and what they do next."""

from collections.abc import Iterator

from config.kpi import load_exceptions
from tasks.handbook import links
from tasks.handbook.book import Book, Name, Page

PLACE = 60
TITLE = "Exceptions"
ABOUT = "Every kind of case that needs a person: who answers, by when, and the next step."


def pages(_: Book) -> Iterator[Page]:
    """Yield one page of all kinds, by station."""
    kinds = load_exceptions()
    yield Page(
        file="exceptions.html",
        title=TITLE,
        template="exceptions.html.j2",
        values={"kinds": kinds, "about": ABOUT},
        names=tuple(
            Name(name, kind.next_step, links.exception(name)) for name, kind in kinds.items()
        ),
    )
