"""How old the reports are that came."""

from tasks.run.wording import count, hours_old, lasting, words
from tasks.tell.sections.section import Section, Table
from tasks.tell.summary_figures import Summary


def section(summary: Summary) -> Section:
    """Return the reports that are older than their limit."""
    return Section("How fresh the reports are", _parts(summary))


def _parts(summary: Summary) -> tuple[str | Table, ...]:
    came = [one for one in summary.freshness if one.status in ("ok", "stale")]
    late = [one for one in came if one.status == "stale"]
    unused = sorted({one.report for one in summary.freshness if one.status == "not_used"})
    parts: list[str | Table] = []
    if not came:
        parts.append("No report has come yet.")
    elif not late:
        parts.append(f"{count(len(came), 'report')} came, and none is older than its limit.")
    if late:
        parts += [
            f"{len(late):,} of {count(len(came), 'report')} that came are older than their limit:",
            Table(
                ("status", "report", "place", "age", "limit"),
                "lllrr",
                tuple(
                    (
                        words(one.status),
                        one.report,
                        one.location,
                        hours_old(one.age_hours),
                        "none" if one.limit_hours is None else lasting(one.limit_hours * 3600),
                    )
                    for one in late
                ),
            ),
        ]
    if unused:
        parts.append(f"Came, and no figure uses it yet: {', '.join(unused)}.")
    return tuple(parts)
