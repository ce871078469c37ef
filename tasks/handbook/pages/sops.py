"""The SOPs: one page that a trained person can run a station by."""

from collections.abc import Iterator

from config.kpi import load_kpis, load_sops
from config.strict import ROOT
from tasks.handbook import links
from tasks.handbook.book import Book, Name, Page

PLACE = 70
TITLE = "SOPs"
ABOUT = "A page per station: steps, decision rules, exceptions, templates, escalation."


def pages(_: Book) -> Iterator[Page]:
    """Yield the list of SOPs, and a page for each."""
    sops = load_sops()
    yield Page("sops.html", TITLE, "sops.html.j2", {"sops": sops, "about": ABOUT})
    for name, sop in sops.items():
        body = (ROOT / sop.link).read_text(encoding="utf-8").partition("\n---\n")[2]
        yield Page(
            file=links.sop(name),
            title=sop.title,
            template="sop.html.j2",
            values={"sop": sop, "body": body, "has_kpi": sop.metric in load_kpis()},
            names=(Name(name, f"SOP: {sop.title}", links.sop(name)),),
        )
