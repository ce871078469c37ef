"""Each KPI against its target, and why some have no data."""

from collections import Counter

from tasks.run.wording import figure, short_day, words
from tasks.tell.sections.section import Section, Table
from tasks.tell.summary_figures import KpiFigure, Summary

REPORTS_NAMED = 3  # of which a reason may be; What to bring next has them all
STATUSES = ("critical", "warning", "off_target", "ok", "too_few", "no_data")


def section(summary: Summary) -> Section:
    """Return each KPI against its target, and why some have no data."""
    return Section("KPIs against target", _parts(summary))


def _parts(summary: Summary) -> tuple[str | Table, ...]:
    if not summary.kpis:
        return ("No KPI is defined: config/kpis.yaml is empty.",)
    states = Counter(kpi.status for kpi in summary.kpis)
    counts = [f"{states[name]} {words(name)}" for name in STATUSES if states[name]]
    shown = [kpi for kpi in summary.kpis if kpi.status != "no_data"]
    parts: list[str | Table] = [f"{', '.join(counts)}."]
    if shown:
        parts.append(
            Table(
                ("status", "KPI", "value", "target", "owner"),
                "llrrl",
                tuple(
                    (
                        words(kpi.status),
                        _name(kpi),
                        figure(kpi.value, kpi.unit, summary.currency),
                        _target(kpi, summary),
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
    """Return the KPIs of which nothing is known, by the reason why; those that lack many reports together."""
    silent: dict[str, list[str]] = {}
    for kpi in summary.kpis:
        if kpi.status == "no_data":
            reason = kpi.reason or "no case to count"
            if reason.count(", ") >= REPORTS_NAMED:
                reason = "since several reports never came (see What to bring next)"
            silent.setdefault(reason, []).append(kpi.title)
    return silent


def _name(kpi: KpiFigure) -> str:
    """Return the title, and over how many days it was judged where one had too few cases."""
    many = kpi.judged_days is not None and kpi.judged_days > 1
    return f"{kpi.title}, {kpi.judged_days} d" if many else kpi.title


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
