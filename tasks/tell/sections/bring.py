"""Which reports to bring next."""

from tasks.run.wording import count
from tasks.tell.sections.section import Section, Table, figures_of
from tasks.tell.summary_figures import MissingReport, Summary


def section(summary: Summary) -> Section:
    """Return which reports never came, the first to bring first, and what each would show."""
    return Section("What to bring next", _parts(summary))


def _parts(summary: Summary) -> tuple[str | Table, ...]:
    asked = [one for one in summary.missing if one.is_asked]
    others = [one for one in summary.missing if not one.is_asked]
    parts: list[str | Table] = []
    if asked:
        parts += [
            f"{count(len(asked), 'report')} never came. Without"
            f" {'it' if len(asked) == 1 else 'them, the first above all,'} some figures have less"
            " data, or none:",
            Table(
                ("report", "where to find it, and what it is for"),
                "ll",
                tuple(
                    (one.report, f"{one.bring_from or one.title}: for {_what_for(one)}")
                    for one in asked
                ),
            ),
        ]
    else:
        parts.append("Nothing: every report that the shop needs has come.")
    if others:
        names = ", ".join(one.report for one in others)
        parts.append(f"More would be known with these, where the shop has them: {names}.")
    return tuple(parts)


def _what_for(report: MissingReport) -> str:
    whose = f" of {report.missing_for}" if report.missing_for else ""
    return f"{count(len(figures_of(report)), 'figure')}{whose}"
