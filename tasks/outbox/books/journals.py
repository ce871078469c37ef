"""Journals out of `marts.journal_entries`: read once, held to their balance, for every format."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from hashlib import sha256
from itertools import groupby
from operator import attrgetter

from duckdb import DuckDBPyConnection

from config.errors import FatalError
from tasks.warehouse.tables import rows_of

NUMBER_DIGITS = 12  # 48 bits: two of a million journals share a number once in five hundred shops


@dataclass(frozen=True)
class Posting:
    """One line of a journal; the amount is a debit if positive, a credit if negative."""

    account: str
    amount: Decimal
    memo: str


@dataclass(frozen=True)
class Journal:
    """What is booked on one date, in one currency, of one payout; its amounts sum to zero."""

    journal_id: str
    entry_date: date
    currency: str
    channel: str
    payout_id: str
    postings: tuple[Posting, ...]

    @property
    def number(self) -> str:
        """The journal's number, of letters that any program takes: QuickBooks takes 21."""
        return "BR-" + sha256(self.journal_id.encode()).hexdigest()[:NUMBER_DIGITS]

    @property
    def month(self) -> str:
        """The month it is booked in."""
        return f"{self.entry_date:%Y-%m}"


@dataclass(frozen=True)
class _Entry:
    """A row of `marts.journal_entries`, under the date on which its whole journal is booked."""

    journal_id: str
    booked_date: date
    currency: str
    channel: str
    payout_id: str
    account: str
    amount: Decimal
    memo: str


def read_journals(con: DuckDBPyConnection) -> tuple[Journal, ...]:
    """Return every journal, oldest first, debits before credits.

    Raises:
        FatalError: a journal that does not balance in one currency, or two of one number.
    """
    check_balance(con)
    rows = rows_of(
        con,
        """
        select journal_id, max(entry_date) over (partition by journal_id) as booked_date, currency, channel,
            payout_id, account, debit_amount - credit_amount as amount, memo
        from marts.journal_entries
        order by booked_date, journal_id, debit_amount = 0, account
        """,
    )
    entries = (_Entry(**row) for row in rows)
    found = tuple(_journals(entries))
    if len({journal.number for journal in found}) != len(found):
        raise FatalError("Two journals have one number: set NUMBER_DIGITS higher.")
    return found


def _journals(entries: Iterator[_Entry]) -> Iterator[Journal]:
    for journal_id, group in groupby(entries, attrgetter("journal_id")):
        those = list(group)
        first = those[0]
        postings = tuple(Posting(entry.account, entry.amount, entry.memo) for entry in those)
        yield Journal(
            journal_id, first.booked_date, first.currency, first.channel, first.payout_id, postings
        )


def check_balance(con: DuckDBPyConnection) -> None:
    """Hold every journal to its balance in one currency.

    Raises:
        FatalError: a journal whose debits are not its credits. No file is written.
    """
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
