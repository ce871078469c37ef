"""The journal as the CSV files that Xero and QuickBooks Online import.

Xero (https://help.xero.com/nz/ManualJournalsImport, and the header of its own template): one narration
and date per journal, dd/mm/yyyy, a debit positive and a credit negative, at most 300 lines a file; in
the organisation's own currency. It refuses a manual journal of a bank account
(https://help.xero.com/nz/Q_JournalBankAcc): what the bank received is in its own feed, and is reconciled
there to the clearing account. QuickBooks Online (https://quickbooks.intuit.com/learn-support, Import
journal entries): one number of at most 21 characters per journal, accounts by name, debits and credits
in columns of their own; dates here as mm/dd/yyyy, which its mapping page asks for.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from config.accounts import BANK, Account, account_of, is_mapped
from tasks.outbox.books.journals import Journal
from tasks.outbox.push.spreadsheet import write_cells

Cells = tuple[object, ...]
Rows = Callable[[Journal, Mapping[str, Account]], Iterator[Cells]]


@dataclass(frozen=True)
class Layout:
    """The file that a program imports: its head, its rows of a journal, and how many it takes."""

    program: str
    head: tuple[str, ...]
    lines: int
    rows: Rows
    takes_bank: bool  # whether a journal may be of a bank account


def _xero(journal: Journal, chart: Mapping[str, Account]) -> Iterator[Cells]:
    for posting in journal.postings:
        account = account_of(chart, posting.account)
        yield (
            f"{journal.number} {journal.channel} {journal.payout_id}",
            f"{journal.entry_date:%d/%m/%Y}",
            f"{posting.account}: {posting.memo}",
            account.code,
            account.tax_rate,
            posting.amount,
        )


def _quickbooks(journal: Journal, chart: Mapping[str, Account]) -> Iterator[Cells]:
    for posting in journal.postings:
        yield (
            journal.number,
            f"{journal.entry_date:%m/%d/%Y}",
            account_of(chart, posting.account).name,
            f"{posting.account}: {posting.memo}",
            posting.amount if posting.amount > 0 else None,
            -posting.amount if posting.amount < 0 else None,
        )


XERO = Layout(
    "xero",
    ("*Narration", "*Date", "Description", "*AccountCode", "*TaxRate", "*Amount"),
    300,
    _xero,
    takes_bank=False,
)
QUICKBOOKS = Layout(
    "quickbooks",
    ("Journal No.", "Journal Date", "Account Name", "Description", "Debits", "Credits"),
    1000,
    _quickbooks,
    takes_bank=True,
)


def write_imports(
    folder: Path, journals: Sequence[Journal], chart: Mapping[str, Account]
) -> set[Path]:
    """Write the files of both programs, by currency, month and as many lines as one takes.

    A journal is whole in one file. Without a chart there is no file: nothing could be booked.
    """
    if not chart:
        return set()
    ordered = sorted(journals, key=_group)
    return {
        _write(folder / f"{layout.program}_{currency}_{month}_{number}.csv", layout, part, chart)
        for layout in (XERO, QUICKBOOKS)
        for (currency, month), those in groupby(
            [each for each in ordered if layout.takes_bank or not _is_of_bank(each)], _group
        )
        for number, part in enumerate(_parts(those, layout.lines), 1)
    }


def unmapped(journals: Sequence[Journal], chart: Mapping[str, Account]) -> list[str]:
    """Return the accounts of the journal that are booked to suspense, as the chart has none."""
    booked = {posting.account for journal in journals for posting in journal.postings}
    return sorted(account for account in booked if not is_mapped(chart, account))


def _is_of_bank(journal: Journal) -> bool:
    return any(posting.account.partition(" ")[0] == BANK for posting in journal.postings)


def _group(journal: Journal) -> tuple[str, str]:
    return journal.currency, journal.month


def _parts(journals: Iterable[Journal], lines: int) -> Iterator[list[Journal]]:
    """Give whole journals in as many files as `lines` a file demand; a longer journal has its own."""
    part: list[Journal] = []
    for journal in journals:
        if part and sum(len(each.postings) for each in (*part, journal)) > lines:
            yield part
            part = []
        part.append(journal)
    yield part


def _write(
    path: Path, layout: Layout, journals: Iterable[Journal], chart: Mapping[str, Account]
) -> Path:
    rows = (cells for journal in journals for cells in layout.rows(journal, chart))
    return write_cells(path, layout.head, rows)
