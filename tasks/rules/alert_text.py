"""What an alert says: enough for a tired person to act on, and nothing personal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

ROWS_SHOWN = 5
CELL_WIDTH = 160  # an evidence is a sentence


@dataclass(frozen=True)
class Failure:
    """What failed, in words, figures and days as they are to be read.

    Of new cases there is no threshold, and why they matter is in the rows. `rows` are the first failing rows;
    whoever gives them has left out personal data.
    """

    what: str
    station: str
    day: str  # or week
    observed: str
    threshold: str
    why: str
    fix: str
    owner: str
    sop: str
    deputy: str | None = None
    channel: str = ""
    since: str = ""  # the first day of this failure, where it is not the first
    lacks: str = ""  # what the figure goes without
    rows: Sequence[Mapping[str, object]] = ()
    rows_are: str = "failing rows"
    failing_count: int | None = None

    @property
    def place(self) -> str:
        """The station as its name is written."""
        return self.station.replace("_", " ").capitalize()


def alert_subject(failure: Failure) -> str:
    """Return one line: what failed, where and on which day, and since when if that is not new."""
    lacks = f"; {failure.lacks}" if failure.lacks else ""
    since = f", since {failure.since}" if failure.since else ""
    verb = "still fails" if failure.since else "failed"
    return f"{failure.what} {verb} at {failure.place}, {failure.day}{since}{lacks}"


def cases_subject(cases: Failure) -> str:
    """Return one line of new cases: how many of what kind, where and on which day."""
    return f"{cases.what} at {cases.place}, {cases.day}"


def alert_body(failure: Failure) -> str:
    """Return the alert as Markdown: the figures, whose it is, how to fix it, the first rows.

    At most five rows are shown, and the number of those left out.
    """
    deputy = f" (deputy: {failure.deputy})" if failure.deputy else ""
    lines = [
        f"Observed: {failure.observed}",
        *([f"The figure is partial: {failure.lacks}"] if failure.lacks else []),
        *([f"Threshold: {failure.threshold}"] if failure.threshold else []),
        *([f"Channel: {failure.channel}"] if failure.channel else []),
        *([f"Since: {failure.since}"] if failure.since else []),
        f"Owner: {failure.owner}{deputy}",
        *([f"Why it matters: {failure.why}"] if failure.why else []),
        f"Next step: {failure.fix}",
        f"SOP: {failure.sop}",
    ]
    shown = failure.rows[:ROWS_SHOWN]
    if shown:
        count = len(failure.rows) if failure.failing_count is None else failure.failing_count
        rows = [f"- {', '.join(f'{name} {cell(row[name])}' for name in row)}" for row in shown]
        lines += ["", f"First {failure.rows_are} ({len(shown)} of {count}):", *rows]
    return "\n".join(lines)


def cell(value: object) -> str:
    """Return a value on one line; an absent one is named, a long one cut."""
    words = "(empty)" if value is None else " ".join(str(value).split())
    return words if len(words) <= CELL_WIDTH else f"{words[: CELL_WIDTH - 1]}…"
