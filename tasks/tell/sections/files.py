"""Which files came, what is quarantined, refused and ignored."""

from tasks.run.wording import clock, count, plain, words
from tasks.tell.sections.section import ROWS_SHOWN, Section, Table, more
from tasks.tell.summary_figures import IgnoredFile, RejectedFile, Summary


def section(summary: Summary) -> Section:
    """Return which files came, what is quarantined, refused and ignored."""
    return Section("Files", _parts(summary))


def _parts(summary: Summary) -> tuple[str | Table, ...]:
    files = summary.files
    if not files.accepted + files.rejected + files.duplicate:
        return (
            "No file has come yet. Put the exports listed below, under What to bring next, into"
            " the shop's inbox and run the night again.",
            *_ignored(summary),
        )
    came = clock(files.last_received_at, summary.zone, summary.business_date)
    again = f" {left}" if (left := came_again(summary)) else ""
    parts: list[str | Table] = [
        f"{count(files.accepted, 'file')} accepted, {files.rejected:,} rejected,"
        f" {count(files.duplicate, 'duplicate')}; the last came at {came}.",
        f"{count(files.rows_read, 'row')} read: {files.rows_accepted:,} accepted,"
        f" {files.rows_quarantined:,} quarantined{again}, {files.rows_non_data:,} totals or notes.",
    ]
    if summary.quarantined:
        rows = sum(kind.rows for kind in summary.quarantined)
        parts.append(f"{count(rows, 'row')} in quarantine until the file or the map is fixed:")
        parts.append(
            Table(
                ("rows", "report", "why"),
                "rll",
                tuple(
                    (f"{kind.rows:,}", kind.report, words(kind.reason))
                    for kind in summary.quarantined[:ROWS_SHOWN]
                ),
            )
        )
        parts += more(len(summary.quarantined), "reason")
    if summary.rejected_files:
        parts.append(f"{count(files.rejected, 'file')} refused, until a better export comes:")
        parts.append(
            Table(
                ("file", "why, and how to fix it"),
                "ll",
                tuple((file.name, why(file)) for file in summary.rejected_files[:ROWS_SHOWN]),
            )
        )
        parts += more(len(summary.rejected_files), "file")
    return (*parts, *_ignored(summary))


def came_again(summary: Summary) -> str:
    """Return how many rows of those quarantined still wait, where the others came again in a later file."""
    waiting = sum(kind.rows for kind in summary.quarantined)
    gone = summary.files.rows_quarantined - waiting
    return f"({gone:,} came again in a later file, {waiting:,} still wait)" if gone > 0 else ""


def _ignored(summary: Summary) -> list[str | Table]:
    """Return what was found and is of no known kind: nothing of it is in any figure."""
    if not summary.ignored_files:
        return []
    return [
        f"{count(len(summary.ignored_files), 'file')} ignored, of unknown kind:",
        Table(
            ("file", "what it looks like"),
            "ll",
            tuple((file.name, _without_name(file)) for file in summary.ignored_files[:ROWS_SHOWN]),
        ),
        *more(len(summary.ignored_files), "file"),
    ]


def why(file: RejectedFile | IgnoredFile) -> str:
    """Return why a file was rejected and how to fix it, without its name in front."""
    return _without_name(file)


def _without_name(file: RejectedFile | IgnoredFile) -> str:
    return plain(file.reason).removeprefix(plain(file.name)).lstrip(": ")
