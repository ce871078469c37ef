"""The pick list of each location: what leaves its shelves today, as CSV and as a page to print."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from duckdb import DuckDBPyConnection

from tasks.outbox.page import render
from tasks.outbox.push.spreadsheet import file_name, write_cells
from tasks.run.night import Night
from tasks.run.whole_file import write_whole
from tasks.warehouse.tables import rows_of

NO_LOCATION = "no location"
COLUMNS = (
    "wave", "bin", "category", "sku", "title", "pick_units", "order_name", "channel", "order_id", "bundle_sku",
    "ship_by", "is_overdue", "box", "carrier", "service", "open_units", "short_units", "instruction", "note",
)  # fmt: skip
# In the order of the walk: wave by wave along the shelves; what is not to be picked comes last.
ROWS = f"""
    select {", ".join(COLUMNS)}, coalesce(nullif(location, ''), '{NO_LOCATION}') as location
    from (
        select *, strftime(timezone(timezone, ship_by_at), '%Y-%m-%d %H:%M') as ship_by
        from marts.pick_list cross join (select timezone from settings.run)
    )
    order by location, wave nulls last, bin nulls last, category nulls last, sku, order_name, channel, order_id
"""
# Due and not on the list, as a case keeps it from leaving.
BLOCKED = f"""
    select coalesce(nullif(location, ''), '{NO_LOCATION}') as location, order_name, channel, order_id,
        replace(blocking_exception, '_', ' ') as waits_for
    from marts.order_inbox
    inner join (
        select distinct location, channel, order_id from ops.pick_lines
        cross join settings.run where ship_by_date <= business_date
    ) using (channel, order_id)
    where blocking_exception is not null
    order by location, order_name, channel, order_id
"""


def write_pick_lists(con: DuckDBPyConnection, night: Night) -> list[Path]:
    """Write a CSV and a page per location into the day's folder; return the files.

    A second run of the day writes what is still to be picked then; a location with nothing left
    loses its files. Days before are kept as they were.
    """
    folder = night.shop.folder.outbox / "pick_lists" / f"{night.business_date}"
    picked = _by_location(rows_of(con, ROWS))
    blocked = _by_location(rows_of(con, BLOCKED))
    written = []
    for location in sorted({*picked, *blocked}):
        rows = picked.get(location, [])
        path = folder / f"{file_name(location)}.csv"
        written.append(write_cells(path, COLUMNS, [[row[c] for c in COLUMNS] for row in rows]))
        written.append(
            write_whole(
                path.with_suffix(".html"),
                render(
                    "pick_list.html.j2",
                    location=location,
                    day=night.business_date,
                    as_of=night.moment.astimezone(night.shop.zone),
                    shop=night.shop,
                    waves=[
                        (wave, list(found))
                        for wave, found in groupby(
                            (row for row in rows if row["wave"]), itemgetter("wave")
                        )
                    ],
                    waiting=[row for row in rows if row["wave"] is None],
                    blocked=blocked.get(location, []),
                ),
            )
        )
    for path in {*folder.glob("*.csv"), *folder.glob("*.html")} - set(written):
        path.unlink()  # nothing is to be picked there any more
    return written


def _by_location(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    return {location: list(found) for location, found in groupby(rows, itemgetter("location"))}
