"""What a section is made of, and what it says where reports are missing."""

from collections.abc import Sequence
from dataclasses import dataclass

from tasks.run.wording import count, words
from tasks.tell.summary_figures import MissingReport, Summary

Cells = tuple[str, ...]
ROWS_SHOWN = 10
FIGURES_SHOWN = 4


@dataclass(frozen=True)
class Table:
    """Rows under a head; `align` has an l or r per column, and the last column may be long."""

    head: Cells
    align: str
    rows: tuple[Cells, ...]


@dataclass(frozen=True)
class Section:
    """Sentences, then tables; a table follows the sentence that introduces it."""

    title: str
    parts: tuple[str | Table, ...]


def more(total: int, one: str) -> list[str | Table]:
    """Return how many more there are than the rows that are shown; nothing where there are none."""
    hidden = total - ROWS_SHOWN
    return [f"… and {count(hidden, f'more {one}')}: see the dashboard."] if hidden > 0 else []


def lacks(summary: Summary, mart: str) -> str:
    """Return why there is no row of `mart`: the reports that never came and that it needs."""
    names = [one.report for one in summary.missing if one.is_asked and mart in figures_of(one)]
    return f": no file ever came of {', '.join(names)}" if names else ""


def goes_without(report: MissingReport) -> str:
    """Return the first figures that a missing report leaves without data, and how many more."""
    figures = [words(name) for name in figures_of(report)]
    more = len(figures) - FIGURES_SHOWN
    return ", ".join(figures[:FIGURES_SHOWN]) + (f" and {more} more" if more > 0 else "")


def figures_of(report: MissingReport) -> list[str]:
    """Return the marts and KPIs that have less data, or none, without the report."""
    return [name for name in report.needed_by.split(", ") if name]


def join(parts: Sequence[str]) -> str:
    """Return lines as one text that ends in a newline."""
    return "\n".join(parts).rstrip("\n") + "\n"
