"""Which payouts reconcile."""

from tasks.run.wording import count, money, words
from tasks.tell.sections.section import Section, Table, lacks
from tasks.tell.summary_figures import Payouts, Summary


def section(summary: Summary) -> Section:
    """Return which payouts reconcile."""
    return Section("Payouts", _parts(summary))


def _parts(summary: Summary) -> tuple[str | Table, ...]:
    if not summary.payouts:
        return (f"No payout has come yet{lacks(summary, 'journal_entries')}.",)
    reconciled = sum(one.payouts for one in summary.payouts if one.status == "reconciled")
    unsettled = sum(one.payouts for one in summary.payouts if one.is_open)
    return (
        f"{count(reconciled, 'payout')} reconciled to the cent,"
        f" {unsettled:,} for a person to look at.",
        Table(
            ("status", "payouts", "paid out", "difference", "oldest"),
            "lrrrr",
            tuple(
                (
                    words(one.status),
                    f"{one.payouts:,}",
                    money(one.payout_amount, one.currency),
                    _difference(one),
                    "" if one.oldest_open_days is None else f"{one.oldest_open_days:,} d",
                )
                for one in summary.payouts
            ),
        ),
    )


def _difference(one: Payouts) -> str:
    return money(one.difference_amount, one.currency) if one.is_open else ""
