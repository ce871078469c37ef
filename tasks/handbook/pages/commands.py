"""The commands: what each says of itself, and how it ends."""

from collections.abc import Iterator

from tasks.handbook.book import Book, Name, Page

PLACE = 90
TITLE = "Commands"
ABOUT = "Every command of backroom with its options, and what its exit code means."


def pages(book: Book) -> Iterator[Page]:
    """Yield one page of all commands."""
    yield Page(
        file="commands.html",
        title=TITLE,
        template="commands.html.j2",
        values={"commands": book.commands, "exits": book.exits, "about": ABOUT},
        names=tuple(
            Name(f"backroom {each.name}", "Command", f"commands.html#{each.name}")
            for each in book.commands
        ),
    )
