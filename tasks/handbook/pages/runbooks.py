"""The runbooks: one page for each thing that can go wrong, with commands that a test runs."""

from collections.abc import Iterator

from config.strict import CONFIG
from tasks.handbook.book import Book, Name, Page

PLACE = 75
TITLE = "Runbooks"
ABOUT = "What to do when something went wrong: a page each. SHOP, BACKROOM_DATA and BACKUPS are yours to set."
FOLDER = CONFIG / "runbooks"


def pages(_: Book) -> Iterator[Page]:
    """Yield the list of runbooks, and a page for each."""
    books = {}
    for path in sorted(FOLDER.glob("*.md")):
        title, body = path.read_text(encoding="utf-8").split("\n", 1)
        books[f"runbook.{path.stem}.html"] = (title.removeprefix("# "), body)
    yield Page("runbooks.html", TITLE, "runbooks.html.j2", {"books": books, "about": ABOUT})
    for file, (title, text) in books.items():
        name = Name(title, "Runbook", file)
        yield Page(file, title, "glossary.html.j2", {"body": text, "about": title}, (name,))
