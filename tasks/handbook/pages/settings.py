"""The settings: every key of every settings file, with its type, its default and its meaning."""

from collections.abc import Iterator
from dataclasses import dataclass

from config.contract import Contract
from config.correction import Correction
from config.export import Export
from config.kpi import ExceptionType, Kpi, Sop
from config.requirement import Need
from config.shop import Shop
from config.strict import Strict
from config.words import Words
from tasks.handbook import links
from tasks.handbook.book import Book, Name, Page
from tasks.handbook.schema import Section, sections

PLACE = 80
TITLE = "Settings"
ABOUT = "Every key of the files in config/: what it holds, its default, what it means."


@dataclass(frozen=True)
class File:
    """A kind of settings file: where it is, and the models of its keys."""

    path: str
    sections: tuple[Section, ...]


# Where a file is, its model, and the fields that come from its name or place instead of its text.
FILES: tuple[tuple[str, type[Strict], frozenset[str]], ...] = (
    ("shops/<shop>.yaml", Shop, frozenset({"name"})),
    ("corrections/<shop>.yaml, each entry", Correction, frozenset({"correction_id"})),
    ("exports/<platform>/<report>.yaml", Export, frozenset({"platform", "report"})),
    ("words/<platform>.yaml", Words, frozenset()),
    ("contracts/<table>.yaml", Contract, frozenset({"table"})),
    ("kpis.yaml, each entry", Kpi, frozenset()),
    ("exceptions.yaml, each entry", ExceptionType, frozenset()),
    ("sops/<name>.md, its front matter", Sop, frozenset({"link", "words", "complete"})),
    ("requirements.yaml, each entry", Need, frozenset()),
)


def pages(_: Book) -> Iterator[Page]:
    """Yield one page of all settings files; a model that several files hold is described once."""
    seen: set[str] = set()
    files = []
    for path, model, unsaid in FILES:
        every = [each for each in sections(model, unsaid) if each.name not in seen]
        seen |= {each.name for each in every}
        files.append(File(links.settings_file(path), tuple(every)))
    yield Page(
        file="settings.html",
        title=TITLE,
        template="settings.html.j2",
        values={"files": files, "about": ABOUT},
        names=tuple(
            Name(f"{section.name}.{key.name}", key.about, links.setting(section.name))
            for file in files
            for section in file.sections
            for key in section.keys
        ),
    )
