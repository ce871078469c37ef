"""The journal as a Beancount file, with a balance assertion at each payout (beancount.github.io/docs).

Each payout has a clearing account of its own below its channel's. What it holds once its last entry is
booked is asserted from `marts.payout_reconciliation`, not from the journal: its lines, less what was
carried into it, less what the bank received. 0.00 says that the payout is settled to the cent.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from hashlib import sha256
from pathlib import Path

from duckdb import DuckDBPyConnection

from config.accounts import BANK, CLEARING, Account, account_of, is_mapped
from tasks.outbox.books.journals import Journal, Posting
from tasks.run.whole_file import write_whole
from tasks.warehouse.tables import rows_of

FILE = "books.beancount"
# Where an account of the journal is in the books; every other one is an expense.
ROOTS = {
    "sale": "Income",
    "refund": "Income",
    "shipping": "Income",
    "gift_wrap": "Income",
    "promotion": "Income",
    "reimbursement": "Income",
    "tax_collected": "Liabilities",
    "tax_withheld": "Liabilities",
    "reserve": "Assets",
    "transfer": "Assets",
    "unclassified": "Assets",
    CLEARING: "Assets",
    BANK: "Assets",
}
_OTHER = re.compile(r"[^A-Za-z0-9-]")

Payout = tuple[str, str, str]  # channel, payout, currency


@dataclass(frozen=True)
class _Open:
    """What a posted payout leaves in its clearing account, in its currency."""

    channel: str
    payout_id: str
    currency: str
    amount: Decimal


def write_beancount(
    con: DuckDBPyConnection,
    folder: Path,
    title: str,
    currency: str,
    journals: Sequence[Journal],
    chart: Mapping[str, Account],
) -> Path:
    """Write the books of a shop, oldest entry first; return the file.

    Args:
        con: Connection with built marts.
        folder: Where the file is written.
        title: The shop's, for people.
        currency: The shop's: reports are in it by default.
        journals: As `read_journals` returns them.
        chart: The shop's; an account's code and name are written with it.
    """
    parts = [
        f'option "title" "{_text(title)}"',
        f'option "operating_currency" "{currency}"',
        "",
        *_opened(journals, chart),
        *(line for journal in journals for line in _transaction(journal)),
        *_asserted(journals, _left_open(con)),
    ]
    return write_whole(folder / FILE, "\n".join(parts) + "\n")


def _opened(journals: Sequence[Journal], chart: Mapping[str, Account]) -> Iterator[str]:
    first: dict[str, tuple[date, str]] = {}
    for journal in journals:
        # It is asserted, also where the lines of a month leave nothing for it.
        clearing = _clearing(journal.channel, journal.payout_id)
        first.setdefault(clearing, (journal.entry_date, f"{CLEARING} {journal.channel}"))
        for posting in journal.postings:
            first.setdefault(_account(journal, posting), (journal.entry_date, posting.account))
    for account, (day, booked) in sorted(first.items()):
        yield f"{day} open {account}"
        if is_mapped(chart, booked):
            ours = account_of(chart, booked)
            yield f'  code: "{_text(ours.code)}"'
            yield f'  name: "{_text(ours.name)}"'
    yield ""


def _transaction(journal: Journal) -> Iterator[str]:
    yield f'{journal.entry_date} * "{_text(journal.postings[0].memo)}"'
    yield f'  journal: "{_text(journal.journal_id)}"'
    for posting in journal.postings:
        yield f"  {_account(journal, posting)}  {posting.amount} {journal.currency}"
    yield ""


def _asserted(journals: Sequence[Journal], left: Iterable[_Open]) -> Iterator[str]:
    last: dict[Payout, date] = {}
    for journal in journals:
        key = (journal.channel, journal.payout_id, journal.currency)
        last[key] = max(journal.entry_date, last.get(key, journal.entry_date))
    for each in left:
        key = (each.channel, each.payout_id, each.currency)
        if key in last:  # an assertion is of the morning of its day
            day = last[key] + timedelta(days=1)
            account = _clearing(each.channel, each.payout_id)
            # Without a tolerance of its own a cent would pass.
            yield f"{day} balance {account}  {each.amount} ~ 0.00 {each.currency}"


def _left_open(con: DuckDBPyConnection) -> list[_Open]:
    rows = rows_of(
        con,
        """
        select channel, payout_id, currency,
            coalesce(lines_total_amount, 0) - coalesce(carried_over_amount, 0) - coalesce(bank_amount, 0) as amount
        from marts.payout_reconciliation
        order by channel, payout_id, currency
        """,
    )
    return [_Open(**row) for row in rows]


def _account(journal: Journal, posting: Posting) -> str:
    kind, _, rest = posting.account.partition(" ")
    if kind == CLEARING:
        return _clearing(journal.channel, journal.payout_id)
    parts = [part for part in (kind, rest) if part]
    return ":".join((ROOTS.get(kind, "Expenses"), *map(_component, parts)))


def _clearing(channel: str, payout_id: str) -> str:
    return f"Assets:Clearing:{_component(channel)}:{_component(payout_id, 'P')}"


def _component(name: str, prefix: str = "") -> str:
    """Return a name as a part of an account: a capital or digit, then letters, digits and hyphens.

    A name that loses characters is kept apart from its neighbours by a digest of what it was.
    """
    words = "".join(part[:1].upper() + part[1:] for part in name.split("_"))
    plain = _OTHER.sub("-", words)
    lost = "" if plain == words and plain[:1].isalnum() else sha256(name.encode()).hexdigest()[:6]
    start = prefix or ("" if plain[:1].isalnum() else "X")
    return "-".join(filter(None, (start + plain, lost)))


def _text(text: str) -> str:
    return " ".join(text.split()).replace("\\", "\\\\").replace('"', '\\"')
