"""Which orders are known."""

from tasks.run.wording import short_day
from tasks.tell.sections.section import Section, Table, lacks
from tasks.tell.summary_figures import Summary


def section(summary: Summary) -> Section:
    """Return which orders are known."""
    return Section("Orders", _parts(summary))


def _parts(summary: Summary) -> tuple[str | Table, ...]:
    if not summary.orders:
        return (f"No order has come yet{lacks(summary, 'order_inbox')}.",)
    return (
        Table(
            ("channel", "orders known", "from", "to", "waiting for us", "past due"),
            "lrllrr",
            tuple(
                (
                    one.channel,
                    f"{one.orders:,}",
                    short_day(one.first_date, summary.business_date),
                    short_day(one.last_date, summary.business_date),
                    f"{one.waiting:,}",
                    f"{one.past_due:,}",
                )
                for one in summary.orders
            ),
        ),
    )
