"""What each person has to do tonight, as a file of their own: `marts.worklist` by person."""

from itertools import groupby
from operator import itemgetter
from pathlib import Path

from duckdb import DuckDBPyConnection

from tasks.outbox.push.spreadsheet import file_name, write_cells
from tasks.warehouse.tables import rows_of

COLUMNS = (
    "rank", "kind", "id", "station", "severity", "is_late", "due_at", "amount_at_stake", "currency", "title",
    "evidence", "next_step", "message", "note", "flow", "parameters",
)  # fmt: skip


def write_worklists(con: DuckDBPyConnection, folder: Path) -> tuple[Path, ...]:
    """Write `<person>.csv`, what comes first on top, due moments in the shop's time; return the files.

    A second run writes the same bytes; who has nothing to do any more loses their file. What has no
    person, since nobody has the role, is in `nobody.csv`.
    """
    rows = rows_of(
        con,
        f"""
        select coalesce(person, 'nobody') as person,
            {", ".join(COLUMNS)},
            strftime(timezone(timezone, due_at), '%Y-%m-%d %H:%M') as due
        from marts.worklist cross join (select timezone from settings.run)
        order by person, rank
        """,
    )
    written = tuple(
        write_cells(
            folder / f"{file_name(person)}.csv",
            [*(name if name != "due_at" else "due" for name in COLUMNS)],
            [[row["due" if name == "due_at" else name] for name in COLUMNS] for row in found],
        )
        for person, found in groupby(rows, itemgetter("person"))
    )
    for path in set(folder.glob("*.csv")) - set(written):
        path.unlink()
    return written
