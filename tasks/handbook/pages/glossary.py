"""The glossary: the trade's words as they are used here."""

from collections.abc import Iterator

from config.strict import ROOT
from tasks.handbook.book import Book, Page

PLACE = 100
TITLE = "Glossary"
ABOUT = "The trade's words as they are used here."
FILE = ROOT / "GLOSSARY.md"


def pages(_: Book) -> Iterator[Page]:
    """Yield the glossary as it is written."""
    body = FILE.read_text(encoding="utf-8").partition("\n")[2]  # below its title
    yield Page("glossary.html", TITLE, "glossary.html.j2", {"body": body, "about": ABOUT})
