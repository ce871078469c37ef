"""Sightings: each time an accepted file came, the same bytes again included.

The same again is news: a snapshot with the bytes of yesterday says that they still hold today. The
rows are staged once; here is every moment at which they were said. A file that was refused was
never said: however often it comes, its report is no fresher for it.
"""

from collections import defaultdict
from datetime import datetime

import duckdb

from config.export import load_exports
from tasks.archive.raw import Arrival, Raw
from tasks.intake.due import exported_at
from tasks.run.night import Night
from tasks.warehouse.connection import transaction
from tasks.warehouse.tables import insert


def record_sightings(con: duckdb.DuckDBPyConnection, night: Night) -> None:
    """Write landing.sightings from scratch: the moments of each accepted file up to the night's."""
    exports, same = load_exports(), defaultdict[tuple[str, str], list[Arrival]](list)
    raw = Raw(night.shop.folder.raw)
    for landing in raw.landings(night.moment):
        same[landing.sha256, landing.part].append(landing)
    accepted = con.execute(
        "select file_id, report, exported_at from landing.files where status = 'accepted'"
    ).fetchall()
    by_id = {arrival.file_id: arrival for arrival in raw.arrivals(night.moment)}
    rows: set[tuple[str, str, datetime]] = set()
    for file_id, report, moment in accepted:
        rows.add((file_id, report, moment))
        if (file := by_id.get(file_id)) is None:
            continue
        export = exports.get(report)
        for landing in same[file.sha256, file.part]:
            rows.add((file_id, report, exported_at(landing, export, night.shop)))
    with transaction(con):
        con.execute("delete from landing.sightings")
        insert(con, "landing.sightings", sorted(rows))
