"""The owner's ten minutes a week: files that need no network and no server.

The first page has the weekly metrics, what is red and whose, and what waits for the owner; each station
is a part of it that folds, and a page of its own.

Requires of the marts, besides what the summary reads: apps, backlog, backtest, carriers_monthly, channel_fees,
channel_health, chargebacks, customer_service_daily, figure_sources, fulfilment_daily, kpi_control, kpi_weekly,
listing_changes, location_scorecard, oversell_events, profit_bridge, returns_by_sku, revenue_vs_plan, sales_daily,
sku_margin, sop_register, storefront_issues, and what KPIs list (tasks/tell/kpi_rows.py).
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any
from urllib.parse import quote

import duckdb

from config.person import OWNER_TIER
from config.station import STATIONS
from tasks.rules.payouts import SETTLED
from tasks.run.whole_file import write_whole
from tasks.tell.bridge import bridges
from tasks.tell.dashboard_queries import LEAST_SENT, QUERIES
from tasks.tell.kpi_rows import listed
from tasks.tell.page import environment
from tasks.tell.reds import red_channels, reds
from tasks.tell.sections.files import came_again, why
from tasks.tell.sections.kpis import when, without_data
from tasks.tell.sections.reorder import UNPLANNED
from tasks.tell.sections.section import goes_without, lacks
from tasks.tell.sections.stock import stock_ages
from tasks.tell.sparks import Spark, spark, sparks
from tasks.tell.summary_figures import KpiFigure, OpenAlert, Summary
from tasks.tell.summary_read import read_summary
from tasks.tell.summary_sections import as_of
from tasks.tell.table_labels import labelled
from tasks.warehouse.tables import rows_of

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Weekly:
    """A metric of the last closed week, next to the week before and its line over the weeks."""

    kpi: str
    title: str
    station: str
    unit: str
    direction: str | None
    iso_week: str
    value: Decimal | None
    before: Decimal | None
    target: Decimal | None
    status: str
    reason: str | None
    owner: str | None
    deputy: str | None
    sop: str | None
    control_status: str | None
    is_revised: bool
    line: Spark

    @property
    def trend(self) -> str:
        """Whether it is better or worse than the week before, or the same; empty where nobody knows."""
        if self.value is None or self.before is None:
            return ""
        if self.value == self.before:
            return "same"
        is_better = (self.value > self.before) == (self.direction == "higher")
        return "better" if is_better else "worse"

    @property
    def arrow(self) -> str:
        """The way that the figure went."""
        if not self.trend or self.value is None or self.before is None:
            return ""
        return "→" if self.value == self.before else "↑" if self.value > self.before else "↓"


@dataclass(frozen=True)
class StationPart:
    """What the dashboard says of one station."""

    name: str
    kpis: tuple[KpiFigure, ...]
    red: int  # how many of its lines are in the list of what is red
    cases: Rows
    sops: Rows

    @property
    def silent(self) -> int:
        """How many of its metrics say nothing tonight."""
        return sum(kpi.status in ("no_data", "too_few") for kpi in self.kpis)

    @property
    def open(self) -> int:
        """How many of its cases are open."""
        return sum(case["open"] for case in self.cases)


def write_dashboard(
    con: duckdb.DuckDBPyConnection, path: Path, schema: str = "marts", handbook: Path | None = None
) -> Path:
    """Write the dashboard and the pages of its stations; return its path.

    Whoever has one open sees the old one or the new. It links to the handbook's first page and to the
    worklist, where there are any.
    """
    link = os.path.relpath(handbook, path.parent) if handbook and handbook.exists() else ""
    values = read_page(con, schema) | {
        "handbook": quote(link),
        "worklist": "worklist.html" if (path.parent / "worklist.html").exists() else "",
        "first_page": path.name,
        "has_pages": True,
    }
    for part in values["stations"]:
        page = path.with_name(f"station-{part.name}.html")
        write_whole(page, _rendered("station.html.j2", values | {"station": part}))
    return write_whole(path, _rendered("dashboard.html.j2", values))


def render(con: duckdb.DuckDBPyConnection, schema: str = "marts") -> str:
    """Return the first page alone as HTML; every text that came from a file is escaped."""
    alone = {"handbook": "", "worklist": "", "first_page": "", "has_pages": False}
    return _rendered("dashboard.html.j2", read_page(con, schema) | alone)


def read_page(con: duckdb.DuckDBPyConnection, schema: str) -> dict[str, Any]:
    """Return what the pages show."""
    summary = read_summary(con, schema)
    rows = {name: rows_of(con, query.format(m=f'"{schema}"')) for name, query in QUERIES.items()}
    every_kpi = rows.pop("definitions")
    sources = rows.pop("sources")
    channels = red_channels(summary.kpis, rows["channel_figures"])
    red = reds(summary.kpis, rows["channel_figures"])
    return rows | {
        "summary": summary,
        "as_of": as_of(summary),
        "stock_ages": stock_ages(summary),
        "sparks": sparks(summary, rows["kpi_days"]),
        "weekly": weekly_metrics(rows["weekly"]),
        "red": red,
        "red_channels": channels,
        "failing_since": failing_since(summary.alerts),
        "other_alerts": [alert for alert in summary.alerts if not alert.is_about_kpi],
        # With the purchase orders above the limit, what only the owner decides.
        "for_owner": [case for case in rows["cases"] if case["tier"] == OWNER_TIER],
        "stations": station_parts(summary, red, rows["cases"], rows["sops"]),
        "definitions": {row["kpi"]: row for row in every_kpi},
        "listed": listed(con, summary, {row["kpi"]: row["query"] for row in every_kpi}, schema),
        "sources": {name: list(files) for name, files in groupby(sources, itemgetter("figure"))},
        "revenue": _by_channel(rows["revenue"]),
        "profit": bridges(rows["bridge"]),
        "least_sent": LEAST_SENT,
        "settled": SETTLED,
        "no_data": without_data(summary),
        "unplanned": [
            (sum(one.skus for one in summary.reorder_actions if one.lacks == rule), why_not)
            for rule, why_not in UNPLANNED.items()
        ],
    }


def weekly_metrics(rows: Sequence[Mapping[str, Any]]) -> list[Weekly]:
    """Return each weekly metric in its order; `rows` are its closed weeks, the oldest first."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["kpi"], []).append(row)
    metrics = []
    for weeks in found.values():
        last, *before = reversed(weeks)
        metrics.append(
            Weekly(
                **{
                    name: last[name]
                    for name in (
                        "kpi", "title", "station", "unit", "direction", "iso_week", "value", "target", "reason",
                        "owner", "deputy", "sop", "control_status", "is_revised",
                    )
                },
                status=last["status"] or "no_data",
                before=before[0]["value"] if before else None,
                line=spark([week["value"] for week in weeks], last["target"]),
            )
        )  # fmt: skip
    return metrics


def failing_since(alerts: Sequence[OpenAlert]) -> dict[str, OpenAlert]:
    """Return of each KPI that an open alert is about the first such alert."""
    oldest = sorted(alerts, key=lambda alert: alert.opened_at, reverse=True)
    return {alert.kpi: alert for alert in oldest if alert.is_about_kpi}


def station_parts(
    summary: Summary, red: Sequence[KpiFigure], cases: Rows, sops: Rows
) -> list[StationPart]:
    """Return what there is to say of each station, in their order."""
    return [
        StationPart(
            name=name,
            kpis=tuple(kpi for kpi in summary.kpis if kpi.station == name),
            red=sum(kpi.station == name for kpi in red),
            cases=[case for case in cases if case["station"] == name],
            sops=[sop for sop in sops if sop["station"] == name],
        )
        for name in STATIONS
    ]


def _rendered(template: str, values: Mapping[str, Any]) -> str:
    pages = environment(
        why=why, came_again=came_again, when=when, goes_without=goes_without, lacks=lacks
    )
    return labelled(pages.get_template(template).render(values))


def _by_channel(weeks: Rows) -> dict[str, Rows]:
    """Return each channel's last weeks, oldest first, with their heights: 1 is the tallest."""
    found: dict[str, Rows] = {}
    for week in weeks:
        found.setdefault(week["channel"], []).append(week)
    for those in found.values():
        amounts = [week[name] for week in those for name in ("revenue_amount", "plan_amount")]
        tallest = max((amount for amount in amounts if amount), default=Decimal(1))
        for week in those:
            for name in ("revenue", "plan"):
                amount = week[f"{name}_amount"]
                week[name] = None if amount is None else round(float(max(amount, 0) / tallest), 3)
    return found
