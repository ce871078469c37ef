"""The accountant's journal: one CSV a month out of `marts.journal_entries`, and what programs import."""

from collections.abc import Iterable, Mapping
from itertools import groupby
from operator import itemgetter
from pathlib import Path

from duckdb import DuckDBPyConnection

from config.shop import Shop
from tasks.outbox.books.beancount import write_beancount
from tasks.outbox.books.imports import unmapped, write_imports
from tasks.outbox.books.journals import check_balance, read_journals
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
    check_balance(con)
    rows = rows_of(
        con,
        f"""
        select strftime(max(entry_date) over (partition by journal_id), '%Y-%m') as month,
            {", ".join(COLUMNS)}
        from marts.journal_entries
        order by month, journal_id, debit_amount = 0, account
        """,
    )
    written = tuple(
        _write(folder, month, found) for month, found in groupby(rows, itemgetter("month"))
    )
    for path in set(folder.glob("journal_*.csv")) - set(written):
        path.unlink()
    return written


def write_books(con: DuckDBPyConnection, folder: Path, shop: Shop) -> tuple[list[Path], list[str]]:
    """Write the journal for Xero, QuickBooks Online and Beancount.

    A second run writes the same bytes; a file that has no entry any more goes.

    Returns:
        The files, and the accounts of the journal that the shop's chart does not name: they are
        booked to its suspense account. Without a chart no account is.

    Raises:
        FatalError: a journal whose debits are not its credits. No file is written.
    """
    journals = read_journals(con)
    books = write_beancount(con, folder, shop.title, shop.currency, journals, shop.accounts)
    written = {books, *write_imports(folder, journals, shop.accounts)}
    for path in {*folder.glob("*.csv")} - written:
        path.unlink()
    return sorted(written), unmapped(journals, shop.accounts) if shop.accounts else []


def _write(folder: Path, month: str, rows: Iterable[Mapping[str, object]]) -> Path:
    cells = [[row[name] for name in COLUMNS] for row in rows]
    return write_cells(folder / f"journal_{month}.csv", COLUMNS, cells)
