"""A night in sections: the same words and figures for the terminal and for the run's page."""

from tasks.run.wording import clock, day, plain
from tasks.tell.sections import (
    alerts,
    bring,
    files,
    freshness,
    kpis,
    orders,
    payouts,
    reorder,
    stock,
)
from tasks.tell.sections.section import Section
from tasks.tell.summary_figures import Summary

# What to do and whose it is comes first, then the figures, then what they are made of.
SECTIONS = (alerts, kpis, reorder, payouts, stock, orders, files, freshness, bring)


def sections(summary: Summary) -> list[Section]:
    """Return the night's sections in the order in which a person asks."""
    return [each.section(summary) for each in SECTIONS]


def headline(summary: Summary) -> str:
    """Return which night of which shop this is."""
    if summary.business_date is None:
        return f"{plain(summary.title)}: the first night"
    return f"{plain(summary.title)}: the night of {day(summary.business_date)}"


def as_of(summary: Summary) -> str:
    """Return the moment that everything is as of."""
    if summary.moment is None:
        return "nothing has come yet"
    at = clock(summary.moment, summary.zone, summary.business_date)
    return f"as of {at} {summary.moment.astimezone(summary.zone):%Z}"
