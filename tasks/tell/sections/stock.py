"""What is published to the channels, and how old the counts are."""

from tasks.run.wording import NO_DATA, age, clock, plain
from tasks.tell.sections.section import Section, Table, lacks
from tasks.tell.summary_figures import Summary


def section(summary: Summary) -> Section:
    """Return what is published, and how old the counts are."""
    return Section("Stock published to channels", _parts(summary))


def _parts(summary: Summary) -> tuple[str | Table, ...]:
    if not summary.stock:
        counted = [f"Stock as counted: {stock_ages(summary)}."] if summary.counts else []
        return (
            *counted,
            f"No stock was published to any channel{lacks(summary, 'channel_stock')}.",
        )
    return (
        f"Stock as counted: {stock_ages(summary)}.",
        Table(
            (
                "channel",
                "listings",
                "units published",
                "changed",
                "rationed",
                "held",
                "stopped",
                "kept by it",
            ),
            "lrrrrrrr",
            tuple(
                (
                    one.channel,
                    f"{one.listings:,}",
                    f"{one.units:,}" if one.listings > one.read_only else "none",
                    f"{one.changed:,}",
                    f"{one.rationed:,}",
                    f"{one.held:,}",
                    f"{one.stopped:,}",
                    f"{one.read_only:,}",
                )
                for one in summary.stock
            ),
        ),
    )


def stock_ages(summary: Summary) -> str:
    """Return how old the count of each location is, those of one moment together."""
    places: dict[str, list[str]] = {}
    for one in summary.counts:
        at = clock(one.source_as_of, summary.zone, summary.business_date)
        old = (
            "never counted"
            if one.source_as_of is None
            else f"{at}, {age(one.source_as_of, summary.moment)}"
        )
        places.setdefault(old, []).append(plain(one.location))
    return "; ".join(f"{', '.join(names)} {old}" for old, names in places.items()) or NO_DATA
