"""Which files of a report are due to be read: the new, and those that would be staged otherwise now."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

import duckdb

from config.export import Export
from config.shop import Shop
from tasks.archive.raw import Arrival
from tasks.intake.failed import OURS
from tasks.intake.landing import forget, noted
from tasks.intake.report import Report
from tasks.intake.typing_sql import version_of
from tasks.warehouse.connection import has_table


@dataclass(frozen=True)
class Due:
    """A file to be read; one that holds the bytes of the file named `original` is noted, not read."""

    arrival: Arrival
    exported_at: datetime
    original: str | None


def files_due(
    con: duckdb.DuckDBPyConnection,
    report: Report,
    arrivals: Sequence[Arrival],
    everything: Sequence[Arrival],
) -> tuple[Due, ...]:
    """Return those of `arrivals` to read, after dropping what was made of them under other circumstances.

    Those are: an older mapping, or channels or corrections since changed; an earlier time of the
    file (it came again, unchanged); an older file of the same bytes that landed later and is the
    original now; a fault of ours. `everything` is all that came to the shop.
    """
    copies = duplicates(everything)
    due = [
        Due(a, exported_at(a, report.export, report.shop), copies.get(a.file_id)) for a in arrivals
    ]
    table, known = report.export.table, noted(con, report.export.name)
    version = version_of(report)
    if any(file.version != version for file in known):
        con.execute(f"drop table if exists {table}")
        forget(con, [file.file_id for file in known])
        return tuple(due)
    today = {each.arrival.file_id: each for each in due}
    stale = [
        file.file_id
        for file in known
        if file.code in OURS
        or (
            (now := today.get(file.file_id))
            and (file.exported_at, file.status == "duplicate")
            != (now.exported_at, now.original is not None)
        )
    ]
    if stale:
        forget(con, stale)
        if has_table(con, table):
            con.execute(f"delete from {table} where list_contains(?, file_id)", [stale])
    kept = {file.file_id for file in known} - set(stale)
    return tuple(each for each in due if each.arrival.file_id not in kept)


def exported_at(arrival: Arrival, export: Export | None, shop: Shop) -> datetime:
    """Return when a file was true: the day its name says where the export goes by it, else its time.

    A dated snapshot holds until the end of its day, but never beyond the file's own time.
    """
    if export and export.dated_by_name and (found := re.search(export.dated_by_name, arrival.name)):
        day = datetime.fromisoformat(found[1]).date()
        midnight = datetime.combine(day + timedelta(days=1), time(), tzinfo=shop.zone)
        return min(arrival.modified_at, midnight - timedelta(seconds=1))
    return arrival.modified_at


def duplicates(arrivals: Sequence[Arrival]) -> dict[str, str]:
    """Return file ids of arrivals whose bytes another arrival holds, with that one's name.

    The oldest is the original, among equals the shortest name ("x.txt" before "x (1).txt"): which
    it is does not depend on the order of landing.
    """
    originals: dict[tuple[str, str], Arrival] = {}
    copies = {}
    for arrival in sorted(arrivals, key=lambda a: (a.modified_at, len(a.name), a.name)):
        original = originals.setdefault((arrival.sha256, arrival.part), arrival)
        if original.file_id != arrival.file_id:
            copies[arrival.file_id] = original.name
    return copies
