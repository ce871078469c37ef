"""The accountant's journal: one CSV a month, out of `marts.journal_entries`."""

from collections.abc import Iterable, Mapping
from itertools import groupby
from operator import itemgetter
from pathlib import Path

from duckdb import DuckDBPyConnection

from config.errors import FatalError
from tasks.outbox.push.spreadsheet import write_cells
from tasks.warehouse.tables import rows_of

COLUMNS = (
    "journal_id", "entry_date", "account", "debit_amount", "credit_amount", "currency", "memo",
    "payout_id",
)  # fmt: skip


def write_journal(con: DuckDBPyConnection, folder: Path) -> tuple[Path, ...]:
    """Write `journal_<month>.csv` for every month with an entry; return the files, oldest first.

    A journal is whole in the month of its latest entry, so that each file balances by itself.
    A second run writes the same bytes; a month that has no entry any more loses its file.

    Raises:
        FatalError: a journal whose debits are not its credits. No file is written.
    """
    _check_balance(con)
    rows = rows_of(
        con,
        f"""
        select strftime(max(entry_date) over (partition by journal_id), '%Y-%m') as month,
            {", ".join(COLUMNS)}
        from marts.journal_entries
        order by month, journal_id, debit_amount = 0, account
        """,
    )
    folder.mkdir(parents=True, exist_ok=True)
    written = tuple(
        _write(folder, month, found) for month, found in groupby(rows, itemgetter("month"))
    )
    for path in set(folder.glob("journal_*.csv")) - set(written):
        path.unlink()
    return written


def _check_balance(con: DuckDBPyConnection) -> None:
    unbalanced = con.execute(
        "select journal_id, sum(debit_amount), sum(credit_amount) from marts.journal_entries"
        " group by journal_id having sum(debit_amount) <> sum(credit_amount)"
        " or count(distinct currency) > 1 order by journal_id limit 3"
    ).fetchall()
    if unbalanced:
        differences = "; ".join(
            f"{name}: debit {debit}, credit {credit}" for name, debit, credit in unbalanced
        )
        raise FatalError(
            f"marts.journal_entries does not balance in one currency: {differences}. No journal was"
            " written. Fix sql/marts/journal_entries.sql."
        )


def _write(folder: Path, month: str, rows: Iterable[Mapping[str, object]]) -> Path:
    cells = [[row[name] for name in COLUMNS] for row in rows]
    return write_cells(folder / f"journal_{month}.csv", COLUMNS, cells)
