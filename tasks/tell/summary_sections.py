"""A night in sections: the same words and figures for the terminal and for the run's page."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from tasks.run.wording import (
    NO_DATA,
    age,
    clock,
    count,
    day,
    figure,
    hours_old,
    money,
    plain,
    short_day,
    sums,
    words,
)
from tasks.tell.summary_figures import (
    IgnoredFile,
    KpiFigure,
    MissingReport,
    Payouts,
    RejectedFile,
    Summary,
)

Cells = tuple[str, ...]
ROWS_SHOWN = 10
FIGURES_SHOWN = 4
STATUSES = ("critical", "warning", "off_target", "ok", "too_few", "no_data")
NOW = ("reorder", "escalate")  # the actions that ask for an order
UNPLANNED = {
    "no-orders": "in stock, but no order is known, so nothing says how fast it sells: bring the orders.",
    "no-stock-count": "sold, but no file counts the stock, and nothing is ordered on a guess: bring a count.",
    "no-lead-time": "sold, but nothing says how long the supplier takes, so nothing is suggested:"
    " bring or complete suppliers.supplier_items.",
    "no-rate": "sold, but never in stock in the window, so how fast they sell is not known: decide by hand.",
}


@dataclass(frozen=True)
class Table:
    """Rows under a head; `align` has an l or r per column, and the last column may be long."""

    head: Cells
    align: str
    rows: tuple[Cells, ...]


@dataclass(frozen=True)
class Section:
    """Sentences, then tables; a table follows the sentence that introduces it."""

    title: str
    parts: tuple[str | Table, ...]


def sections(summary: Summary) -> list[Section]:
    """Return the night's sections in the order in which a person asks."""
    return [
        Section("Files", _files(summary)),
        Section("Orders", _orders(summary)),
        Section("Stock published to channels", _stock(summary)),
        Section("What to reorder", _reorder(summary)),
        Section("Payouts", _payouts(summary)),
        Section("KPIs against target", _kpis(summary)),
        Section("Alerts and open cases", _alerts(summary)),
        Section("How fresh the reports are", _freshness(summary)),
        Section("What to bring next", _bring(summary)),
    ]


def headline(summary: Summary) -> str:
    """Return which night of which shop this is."""
    if summary.business_date is None:
        return f"{plain(summary.shop)}: the first night"
    return f"{plain(summary.shop)}: the night of {day(summary.business_date)}"


def as_of(summary: Summary) -> str:
    """Return the moment that everything is as of."""
    if summary.moment is None:
        return "nothing has come yet"
    at = clock(summary.moment, summary.zone, summary.business_date)
    return f"as of {at} {summary.moment.astimezone(summary.zone):%Z}"


def _files(summary: Summary) -> tuple[str | Table, ...]:
    files = summary.files
    if not files.accepted + files.rejected + files.duplicate:
        return (
            "No file has come yet. Put the exports listed below, under What to bring next, into"
            " the shop's inbox and run the night again.",
            *_ignored(summary),
        )
    came = clock(files.last_received_at, summary.zone, summary.business_date)
    parts: list[str | Table] = [
        f"{count(files.accepted, 'file')} accepted, {files.rejected:,} rejected,"
        f" {count(files.duplicate, 'duplicate')}; the last came at {came}.",
        f"{count(files.rows_read, 'row')} read: {files.rows_accepted:,} accepted,"
        f" {files.rows_quarantined:,} quarantined, {files.rows_non_data:,} totals or notes.",
    ]
    if summary.quarantined:
        rows = sum(kind.rows for kind in summary.quarantined)
        parts.append(f"{count(rows, 'row')} in quarantine until the file or the map is fixed:")
        parts.append(
            Table(
                ("rows", "report", "why"),
                "rll",
                tuple(
                    (f"{kind.rows:,}", kind.report, words(kind.reason))
                    for kind in summary.quarantined[:ROWS_SHOWN]
                ),
            )
        )
        parts += _more(len(summary.quarantined), "reason")
    if summary.rejected_files:
        parts.append(f"{count(files.rejected, 'file')} refused, until a better export comes:")
        parts.append(
            Table(
                ("file", "why, and how to fix it"),
                "ll",
                tuple((file.name, why(file)) for file in summary.rejected_files[:ROWS_SHOWN]),
            )
        )
        parts += _more(len(summary.rejected_files), "file")
    return (*parts, *_ignored(summary))


def _ignored(summary: Summary) -> list[str | Table]:
    """Return what was found and is of no known kind: nothing of it is in any figure."""
    if not summary.ignored_files:
        return []
    return [
        f"{count(len(summary.ignored_files), 'file')} ignored, of unknown kind:",
        Table(
            ("file", "what it looks like"),
            "ll",
            tuple((file.name, _without_name(file)) for file in summary.ignored_files[:ROWS_SHOWN]),
        ),
        *_more(len(summary.ignored_files), "file"),
    ]


def why(file: RejectedFile | IgnoredFile) -> str:
    """Return why a file was rejected and how to fix it, without its name in front."""
    return _without_name(file)


def _without_name(file: RejectedFile | IgnoredFile) -> str:
    return plain(file.reason).removeprefix(plain(file.name)).lstrip(": ")


def _more(total: int, one: str) -> list[str | Table]:
    more = total - ROWS_SHOWN
    return [f"… and {count(more, f'more {one}')}: see the dashboard."] if more > 0 else []


def _orders(summary: Summary) -> tuple[str | Table, ...]:
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
                    short_day(one.first_date),
                    short_day(one.last_date),
                    f"{one.waiting:,}",
                    f"{one.past_due:,}",
                )
                for one in summary.orders
            ),
        ),
    )


def _stock(summary: Summary) -> tuple[str | Table, ...]:
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


def _reorder(summary: Summary) -> tuple[str | Table, ...]:
    if not summary.reorder_actions:
        return (f"No SKU has been planned{lacks(summary, 'reorder_plan')}.",)
    skus: Counter[str] = Counter()
    unplanned: Counter[str] = Counter()
    cost: dict[str, Decimal] = {}
    units = unknown = 0
    for one in summary.reorder_actions:
        if one.lacks:
            unplanned[one.lacks] += one.skus
            continue
        skus[one.action] += one.skus
        units += one.units
        if one.units and (one.amount is None or not one.currency):
            unknown += one.units
        elif one.units and one.currency and one.amount:
            cost[one.currency] = cost.get(one.currency, Decimal(0)) + one.amount
    now = sum(skus[name] for name in NOW)
    parts: list[str | Table] = []
    if skus and not now:
        parts.append(f"Nothing to reorder tonight among {count(sum(skus.values()), 'SKU')}.")
    elif now:
        late = f", {skus['escalate']:,} of them escalated" if skus["escalate"] else ""
        dear = f", and {count(unknown, 'unit')} of unknown cost" if unknown else ""
        parts += [
            f"{count(now, 'SKU')} to reorder now{late}:"
            f" {count(units, 'unit')}, {sums(cost)}{dear}. The most urgent:",
            Table(
                ("SKU", "units", "cost", "cover", "order by", "out on", "supplier"),
                "lrrrlll",
                tuple(
                    (
                        one.sku,
                        f"{one.suggested_units:,}",
                        money(one.suggested_amount, one.currency),
                        figure(one.days_of_cover, "days"),
                        short_day(one.order_by_date, summary.business_date),
                        short_day(one.stockout_date, summary.business_date),
                        one.supplier or "none known",
                    )
                    for one in summary.reorders
                ),
            ),
        ]
    others = [f"{skus[name]:,} {words(name)}" for name in sorted(skus) if name not in NOW]
    parts += [f"The other SKUs: {', '.join(others)}."] if others else []
    parts += [
        f"{count(unplanned[rule], 'SKU')} {UNPLANNED[rule]}"
        for rule in UNPLANNED
        if unplanned[rule]
    ]
    if summary.by_hand:
        parts += [
            "The first of those to run out:",
            Table(
                ("SKU", "cover", "out on", "supplier"),
                "lrll",
                tuple(
                    (
                        one.sku,
                        figure(one.days_of_cover, "days"),
                        short_day(one.stockout_date, summary.business_date),
                        one.supplier or "none known",
                    )
                    for one in summary.by_hand
                ),
            ),
        ]
    for state in dict.fromkeys(one.state for one in summary.suggestions):
        those = [one for one in summary.suggestions if one.state == state]
        lines = count(sum(one.lines for one in those), "line")
        worth = sums({one.currency: one.amount for one in those})
        parts.append(f"Purchase orders {words(state)}: {lines}, {worth}.")
    return tuple(parts)


def _payouts(summary: Summary) -> tuple[str | Table, ...]:
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


def _kpis(summary: Summary) -> tuple[str | Table, ...]:
    if not summary.kpis:
        return ("No KPI is defined: config/kpis.yaml is empty.",)
    states = Counter(kpi.status for kpi in summary.kpis)
    counts = [f"{states[name]} {words(name)}" for name in STATUSES if states[name]]
    shown = [kpi for kpi in summary.kpis if kpi.status != "no_data"]
    parts: list[str | Table] = [f"{', '.join(counts)}."]
    if shown:
        parts.append(
            Table(
                ("status", "KPI", "value", "target", "cases", "of", "owner"),
                "llrrrll",
                tuple(
                    (
                        words(kpi.status),
                        kpi.title,
                        figure(kpi.value, kpi.unit, summary.currency),
                        _target(kpi, summary),
                        f"{kpi.n:,}",
                        when(kpi, summary),
                        (kpi.owner or "nobody").partition("@")[0],
                    )
                    for kpi in shown
                ),
            )
        )
    parts += [
        f"No data, {reason}: {', '.join(titles)}."
        for reason, titles in without_data(summary).items()
    ]
    return tuple(parts)


def without_data(summary: Summary) -> dict[str, list[str]]:
    """Return the KPIs of which nothing is known, by the reason why."""
    silent: dict[str, list[str]] = {}
    for kpi in summary.kpis:
        if kpi.status == "no_data":
            silent.setdefault(kpi.reason or "no case to count", []).append(kpi.title)
    return silent


def _target(kpi: KpiFigure, summary: Summary) -> str:
    """Return the target of a value: what both count is named once, at the value."""
    if kpi.target is None:
        return "none set"
    target = figure(kpi.target, kpi.unit, summary.currency)
    is_count = kpi.unit not in ("rate", "amount", "hours", "days")
    return target.partition(" ")[0] if is_count else target


def when(kpi: KpiFigure, summary: Summary) -> str:
    """Return the days of a KPI: tonight, one closed day, or the days that end with it."""
    if kpi.business_date == summary.business_date:
        return "tonight"
    day_of = short_day(kpi.business_date)
    many = kpi.judged_days is not None and kpi.judged_days > 1
    return f"{kpi.judged_days} days to {day_of}" if many else day_of


def _alerts(summary: Summary) -> tuple[str | Table, ...]:
    parts: list[str | Table] = []
    if summary.alerts:
        parts.append(f"{count(len(summary.alerts), 'alert')} whose cause is still there:")
        parts.append(
            Table(
                ("whose", "since", "answer", "what"),
                "llll",
                tuple(
                    (
                        alert.owner,
                        clock(alert.opened_at, summary.zone, summary.business_date),
                        f"{alert.acknowledged_by} has it" if alert.acknowledged_by else "none yet",
                        alert.subject,
                    )
                    for alert in summary.alerts[:ROWS_SHOWN]
                ),
            )
        )
        parts += _more(len(summary.alerts), "alert")
    if summary.exceptions:
        total = sum(one.open for one in summary.exceptions)
        parts.append(f"{count(total, 'open case')}:")
        parts.append(
            Table(
                ("whose", "open", "overdue", "oldest"),
                "lrrr",
                tuple(
                    (
                        one.owner,
                        f"{one.open:,}",
                        f"{one.overdue:,}",
                        age(one.oldest_at, summary.moment),
                    )
                    for one in summary.exceptions
                ),
            )
        )
    return tuple(parts) or ("Nothing waits for a person.",)


def _freshness(summary: Summary) -> tuple[str | Table, ...]:
    came = [one for one in summary.freshness if one.status in ("ok", "stale")]
    late = [one for one in came if one.status == "stale"]
    unused = sorted({one.report for one in summary.freshness if one.status == "not_used"})
    parts: list[str | Table] = []
    if not came:
        parts.append("No report has come yet.")
    elif not late:
        parts.append(f"{count(len(came), 'report')} came, and none is older than its limit.")
    if late:
        parts += [
            f"{len(late):,} of {count(len(came), 'report')} that came are older than their limit:",
            Table(
                ("status", "report", "place", "age", "limit"),
                "lllrr",
                tuple(
                    (
                        words(one.status),
                        one.report,
                        one.location,
                        hours_old(one.age_hours),
                        figure(one.limit_hours, "hours") if one.limit_hours is not None else "none",
                    )
                    for one in late
                ),
            ),
        ]
    if unused:
        parts.append(f"Came, and no figure uses it yet: {', '.join(unused)}.")
    return tuple(parts)


def _bring(summary: Summary) -> tuple[str | Table, ...]:
    """Return which reports never came, the first to bring first, and what each would show."""
    asked = [one for one in summary.missing if one.is_asked]
    others = [one for one in summary.missing if not one.is_asked]
    parts: list[str | Table] = []
    if asked:
        parts += [
            f"{count(len(asked), 'report')} never came. Without a report the figures named after it"
            " have less data, or none:",
            Table(
                ("report", "of", "where to find it, and what it is for"),
                "lll",
                tuple(
                    (
                        one.report,
                        one.missing_for,
                        f"{one.bring_from or one.title}: for {goes_without(one)}",
                    )
                    for one in asked
                ),
            ),
        ]
    else:
        parts.append("Nothing: every report that the shop needs has come.")
    if others:
        names = ", ".join(one.report for one in others)
        parts.append(f"More would be known with these, where the shop has them: {names}.")
    return tuple(parts)


def lacks(summary: Summary, mart: str) -> str:
    """Return why there is no row of `mart`: the reports that never came and that it needs."""
    names = [one.report for one in summary.missing if one.is_asked and mart in _figures(one)]
    return f": no file ever came of {', '.join(names)}" if names else ""


def goes_without(report: MissingReport) -> str:
    """Return the first figures that a missing report leaves without data, and how many more."""
    figures = [words(name) for name in _figures(report)]
    more = len(figures) - FIGURES_SHOWN
    return ", ".join(figures[:FIGURES_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _figures(report: MissingReport) -> list[str]:
    return [name for name in report.needed_by.split(", ") if name]


def join(parts: Sequence[str]) -> str:
    """Return lines as one text that ends in a newline."""
    return "\n".join(parts).rstrip("\n") + "\n"
