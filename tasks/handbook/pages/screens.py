"""What it looks like: pictures of what people open, taken by `python -m tests.screens`."""

from base64 import b64encode
from collections.abc import Iterator, Mapping
from pathlib import Path

from tasks.handbook.book import Book, Page

PLACE = 5
TITLE = "What it looks like"
ABOUT = "Pictures of what each person opens after a night of the demo shop."
FOLDER = Path(__file__).parents[1] / "screens"
SHOWN: Mapping[str, str] = {
    "dashboard_desk": "The owner's dashboard: the week, what is red and whose it is, what waits.",
    "dashboard_phone": "The same page on a phone.",
    "station_phone": "A station's page on a phone: its metrics, then its parts, folded.",
    "dashboard_print": "The dashboard on paper.",
    "worklist": "The worklist: what is whose to do, with evidence, next step and the form.",
    "form": "A person's decision in the UI: the form says what is asked, and by whom.",
    "deployments": "The deployments in the UI: every flow of every shop, with its tags.",
    "run": "A night's own page in the UI: what happened, what to do now, whose it is.",
    "terminal_80": "What a night says at its end, on a terminal of 80 columns.",
    "terminal_120": "A question to the published marts, on a terminal of 120 columns.",
}


def pages(_: Book) -> Iterator[Page]:
    """Yield one page with every picture in it: the handbook is its HTML files and nothing else."""
    pictures = {
        name: (about, b64encode((FOLDER / f"{name}.png").read_bytes()).decode())
        for name, about in SHOWN.items()
    }
    yield Page("screens.html", TITLE, "screens.html.j2", {"pictures": pictures, "about": ABOUT})
