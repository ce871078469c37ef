"""The accountant's chart: which account of the books each account of the journal is."""

from collections.abc import Collection, Mapping
from difflib import get_close_matches
from typing import Annotated

from pydantic import AfterValidator, Field

from config.bucket import BUCKETS
from config.strict import Strict

RESERVE = frozenset({"reserve_held", "reserve_released"})  # one account of the journal
# A debt that is carried over was booked with the payout before.
UNBOOKED = frozenset({"carried_over"})
SUSPENSE, CLEARING, BANK = "suspense", "clearing", "bank"
JOURNAL_ACCOUNTS = (
    *(bucket for bucket in BUCKETS if bucket not in RESERVE | UNBOOKED),
    "reserve",
    CLEARING,
    BANK,
    SUSPENSE,
)


def _imported_as_it_is(text: str) -> str:
    """Return the text; a spreadsheet would run what begins like a formula, so no file holds it as it is."""
    if text.startswith(("=", "+", "-", "@")):
        raise ValueError(
            f"begins with {text[0]}, as a formula does: no file may hold it, rename the account"
        )
    return text


Cell = Annotated[str, AfterValidator(_imported_as_it_is)]


class Account(Strict):
    """One account of the accountant's chart."""

    code: Cell = Field(min_length=1, max_length=10, description="Its code: Xero books by it.")
    name: Cell = Field(
        min_length=1,
        max_length=100,
        description="Its name: QuickBooks books by it; of a sub-account `Parent:Sub`.",
    )
    tax_rate: str = Field(
        "Tax Exempt (0%)",
        min_length=1,
        description="The tax rate's name in Xero, which demands one; the default is that of a US organisation.",
    )


def _known(chart: Mapping[str, Account]) -> Mapping[str, Account]:
    """Return the chart; a key is an account of the journal, `clearing <channel>` or `bank <currency>`."""
    for key in chart:
        head, _, rest = key.partition(" ")
        if key not in JOURNAL_ACCOUNTS and not (rest and head in (CLEARING, BANK)):
            raise ValueError(
                f"{key} is no bucket and no account of the journal: {', '.join(_near(key))}"
            )
    if chart and SUSPENSE not in chart:
        raise ValueError(f"{SUSPENSE} is missing: what has no account of its own is booked there")
    return chart


def _near(key: str) -> Collection[str]:
    return get_close_matches(key, JOURNAL_ACCOUNTS) or JOURNAL_ACCOUNTS


Chart = Annotated[dict[str, Account], AfterValidator(_known)]


def account_of(chart: Mapping[str, Account], journal_account: str) -> Account:
    """Return the account of the chart: its own entry, that of its kind (`clearing`, `bank`), or suspense."""
    kind = journal_account.partition(" ")[0]
    return next(chart[key] for key in (journal_account, kind, SUSPENSE) if key in chart)


def is_mapped(chart: Mapping[str, Account], journal_account: str) -> bool:
    """Return whether an account of the journal has an entry other than suspense."""
    return journal_account in chart or journal_account.partition(" ")[0] in chart
