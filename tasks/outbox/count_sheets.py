"""The count sheet of each counted location: what to count tonight, with room for what is found."""

from pathlib import Path

from duckdb import DuckDBPyConnection

from tasks.outbox.push.spreadsheet import file_name, write_cells
from tasks.run.night import Night
from tasks.warehouse.tables import rows_of

# As config/exports/stock/counts.yaml reads it back; `counted_units` and `counted_at` are for who counts.
HEADER = (
    "location", "bin", "sku", "class", "book_units", "counted_units", "counted_at", "count_id",
    "due_date", "note",
)  # fmt: skip
# Second counts come first, of the very bin that was wrong; then what is due longest, class A before the others.
DUE = """
    select location, bin, sku, class, book_units, due_date, reason,
        row_number() over (
            partition by location order by recount_due desc, due_date, class nulls last, sku, bin
        ) as place
    from (
        select schedule.location, results.bin, schedule.sku, schedule.class, schedule.recount_due,
            schedule.due_date, schedule.reason
            || case when results.bin is null then '' else '; enter what the book says of the bin' end as reason,
            case when results.bin is null then position.on_hand end as book_units
        from marts.count_schedule as schedule
        left join marts.stock_position as position using (location, sku)
        left join marts.cycle_count_results as results
            on schedule.recount_due and results.recount_due
                and schedule.location = results.location and schedule.sku = results.sku
        where schedule.due_date <= schedule.as_of or schedule.due_date is null or schedule.recount_due
    )
    qualify place <= ? order by location, place
"""


def write_count_sheets(con: DuckDBPyConnection, night: Night) -> list[Path]:
    """Write a sheet per counted location of what is due, at most a night's lines; return the files.

    `count_id` is of the location and the night: a sheet that comes back later is still its own
    count. A location with nothing due has no sheet; where no count ever came, everything is due.
    """
    places = [name for name, place in night.shop.locations.items() if place.counts]
    rows = rows_of(con, DUE, [night.shop.counting.sheet_lines])
    folder = night.shop.folder.outbox / "counts"
    written = []
    for location in places:
        name = file_name(location)
        lines = [
            (location, row["bin"], row["sku"], row["class"], row["book_units"], None, None,
             f"{name}-{night.business_date}", row["due_date"], row["reason"])
            for row in rows
            if row["location"] == location
        ]  # fmt: skip
        if lines:
            written.append(write_cells(folder / f"{name}.csv", HEADER, lines))
    for path in set(folder.glob("*.csv")) - set(written):
        path.unlink()  # nothing of that location is due any more
    return written
