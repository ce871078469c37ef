"""What waits for a person, and for whom."""

from tasks.run.wording import age, clock, count
from tasks.tell.sections.section import ROWS_SHOWN, Section, Table, more
from tasks.tell.summary_figures import Summary


def section(summary: Summary) -> Section:
    """Return what waits for whom."""
    return Section("What to do, and whose it is", _parts(summary))


def _parts(summary: Summary) -> tuple[str | Table, ...]:
    parts: list[str | Table] = []
    if summary.alerts:
        parts.append(f"{count(len(summary.alerts), 'alert')} whose cause is still there:")
        parts.append(
            Table(
                ("whose", "since", "answer", "what"),
                "llll",
                tuple(
                    (
                        alert.owner,
                        clock(alert.opened_at, summary.zone, summary.business_date),
                        f"{alert.acknowledged_by} has it" if alert.acknowledged_by else "none yet",
                        alert.subject,
                    )
                    for alert in summary.alerts[:ROWS_SHOWN]
                ),
            )
        )
        parts += more(len(summary.alerts), "alert")
    if summary.exceptions:
        total = sum(one.open for one in summary.exceptions)
        parts.append(f"{count(total, 'open case')}:")
        parts.append(
            Table(
                ("whose", "open", "overdue", "oldest"),
                "lrrr",
                tuple(
                    (
                        one.owner,
                        f"{one.open:,}",
                        f"{one.overdue:,}",
                        age(one.oldest_at, summary.moment),
                    )
                    for one in summary.exceptions
                ),
            )
        )
    return tuple(parts) or ("Nothing waits for a person.",)
