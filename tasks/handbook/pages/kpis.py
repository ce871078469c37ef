"""The KPIs: what each means, when it is bad, and who does what then."""

from collections.abc import Iterator

from config.kpi import load_kpis
from tasks.handbook import links
from tasks.handbook.book import Book, Name, Page

PLACE = 50
TITLE = "KPIs"
ABOUT = "Every number somebody answers for: its formula, its limits, and what to do when it fails."


def pages(_: Book) -> Iterator[Page]:
    """Yield one page of all KPIs, by station."""
    kpis = load_kpis()
    yield Page(
        file="kpis.html",
        title=TITLE,
        template="kpis.html.j2",
        values={"kpis": kpis, "about": ABOUT},
        names=tuple(Name(name, kpi.title, links.kpi(name)) for name, kpi in kpis.items()),
    )
