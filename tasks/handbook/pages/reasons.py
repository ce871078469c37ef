"""Every code under which a file is refused or a row quarantined."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import get_args

from config.contract import load_contracts
from config.expectation import Expectation
from config.export import Column, ColumnType, Export, load_exports
from tasks.handbook import links
from tasks.handbook.book import Book, Name, Page
from tasks.handbook.codes import stated_reasons
from tasks.intake.judge import REPEATED
from tasks.intake.landing import NOTHING_USED
from tasks.intake.quarantine import DROPPED, of_no_channel
from tasks.reading import cells

PLACE = 40
TITLE = "Reason codes"
ABOUT = "Why a file was refused or a row quarantined, as landed_files and quarantined_rows say it."


@dataclass
class Reason:
    """A code, what its messages say, and which reports or tables may give it."""

    code: str
    says: dict[str, str] = field(default_factory=dict)  # why → how to fix
    exports: list[str] = field(default_factory=list)
    tables: list[str] = field(default_factory=list)
    is_common: bool = False  # any report may give it


def pages(_: Book) -> Iterator[Page]:
    """Yield one page of all codes in alphabetical order."""
    reasons = every_reason()
    yield Page(
        file="reasons.html",
        title=TITLE,
        template="reasons.html.j2",
        values={"reasons": reasons, "about": ABOUT},
        names=tuple(Name(each.code, next(iter(each.says)), links.reason(each.code)) for each in reasons),
    )  # fmt: skip


def every_reason() -> list[Reason]:
    """Return all codes: of the code itself, of cells, of exports and of canonical tables."""
    found: dict[str, Reason] = {}

    def add(code: str, why: str, fix: str = "", *, export: str = "", table: str = "") -> None:
        reason = found.setdefault(code, Reason(code))
        reason.says.setdefault(why, fix)
        reason.is_common |= not (export or table)
        reason.exports += [export] if export and export not in reason.exports else []
        reason.tables += [table] if table and table not in reason.tables else []

    for code, messages in stated_reasons().items():
        for message in messages:
            add(code, message)
    for rule in (*cells.RULES, REPEATED):
        add(rule.reason, rule.why, rule.fix)
    for kind in get_args(ColumnType):
        if reason := cells.fault(Column(type=kind)):
            add(reason, cells.UNREADABLE.why, cells.UNREADABLE.fix)
    add(cells.fault(Column(pattern=".")), cells.UNREADABLE.why, cells.UNREADABLE.fix)
    add(
        NOTHING_USED,
        "None of the file's rows can be used; its reason names what most of them have.",
    )
    add(DROPPED, "A person's correction leaves the row out (config/corrections).")
    for export in load_exports().values():
        for expectation in _expectations(export):
            add(expectation.reason, expectation.why, expectation.fix, export=export.name)
        for rule_of_file in export.refuse_where:
            add(rule_of_file.name, rule_of_file.fix, export=export.name)
    for table, contract in load_contracts().items():
        for reference in contract.all_references:
            add(reference.reason, reference.why, reference.fix, table=f"valid.{table}")
    return [found[code] for code in sorted(found)]


def _expectations(export: Export) -> Iterator[Expectation]:
    yield from export.expectations
    if export.needs_channel:
        yield from of_no_channel(export)
