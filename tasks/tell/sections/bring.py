"""Which reports to bring next."""

from tasks.run.wording import count
from tasks.tell.sections.section import Section, Table, goes_without
from tasks.tell.summary_figures import Summary


def section(summary: Summary) -> Section:
    """Return which reports never came, the first to bring first, and what each would show."""
    return Section("What to bring next", _parts(summary))


def _parts(summary: Summary) -> tuple[str | Table, ...]:
    asked = [one for one in summary.missing if one.is_asked]
    others = [one for one in summary.missing if not one.is_asked]
    parts: list[str | Table] = []
    if asked:
        parts += [
            f"{count(len(asked), 'report')} never came. Without a report the figures named after it"
            " have less data, or none:",
            Table(
                ("report", "of", "where to find it, and what it is for"),
                "lll",
                tuple(
                    (
                        one.report,
                        one.missing_for,
                        f"{one.bring_from or one.title}: for {goes_without(one)}",
                    )
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
