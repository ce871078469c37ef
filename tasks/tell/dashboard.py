"""The owner's ten minutes a week: one HTML file that needs no network and no server.

Requires of the marts, besides what the summary reads: backlog, backtest, channel_fees,
fulfilment_daily, oversell_events, profit_bridge, revenue_vs_plan, sku_margin, sop_register.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote

import duckdb

from tasks.rules.payouts import SETTLED
from tasks.rules.sql_text import literals
from tasks.run.whole_file import write_whole
from tasks.tell.bridge import bridges
from tasks.tell.page import environment
from tasks.tell.sections.files import why
from tasks.tell.sections.kpis import when, without_data
from tasks.tell.sections.reorder import UNPLANNED
from tasks.tell.sections.section import goes_without, lacks
from tasks.tell.sections.stock import stock_ages
from tasks.tell.summary_figures import Summary
from tasks.tell.summary_read import REORDERS, REORDERS_BY_HAND, read_summary
from tasks.tell.summary_sections import as_of
from tasks.warehouse.tables import rows_of

SPARK_DAYS = 35
SPARK_WIDTH, SPARK_HEIGHT = 140, 32
WEEKS = 8


@dataclass(frozen=True)
class Spark:
    """A KPI's days as lines that break where there is no data; in pixels, y downwards."""

    lines: tuple[str, ...]
    last: tuple[float, float] | None
    target: float | None


def write_dashboard(
    con: duckdb.DuckDBPyConnection, path: Path, schema: str = "marts", handbook: Path | None = None
) -> Path:
    """Write the dashboard and return its path; whoever has it open sees the old one or the new.

    It links to the handbook's first page, where there is one.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    link = os.path.relpath(handbook, path.parent) if handbook and handbook.exists() else ""
    return write_whole(path, render(con, schema, handbook=link))


def render(con: duckdb.DuckDBPyConnection, schema: str = "marts", *, handbook: str = "") -> str:
    """Return the dashboard as HTML; every text that came from a file is escaped."""
    summary = read_summary(con, schema)
    rows = {name: rows_of(con, query.format(m=f'"{schema}"')) for name, query in QUERIES.items()}
    return (
        environment(why=why, when=when, goes_without=goes_without, lacks=lacks)
        .get_template("dashboard.html.j2")
        .render(
            summary=summary,
            handbook=quote(handbook),
            as_of=as_of(summary),
            stock_ages=stock_ages(summary),
            sparks=sparks(summary, rows.pop("kpi_days")),
            revenue=_by_channel(rows.pop("revenue")),
            profit=bridges(rows.pop("bridge")),
            settled=SETTLED,
            no_data=without_data(summary),
            unplanned=[
                (sum(one.skus for one in summary.reorder_actions if one.lacks == rule), why_not)
                for rule, why_not in UNPLANNED.items()
            ],
            **rows,
        )
    )


def sparks(summary: Summary, days: Sequence[dict[str, Any]]) -> dict[str, Spark]:
    """Return the sparkline of each KPI over the five weeks that end with the business date."""
    if summary.business_date is None:
        return {}
    values: dict[str, dict[date, Decimal]] = {}
    for row in days:
        values.setdefault(row["kpi"], {})[row["business_date"]] = row["value"]
    first = summary.business_date - timedelta(days=SPARK_DAYS - 1)
    every = [first + timedelta(days=day) for day in range(SPARK_DAYS)]
    return {
        kpi.kpi: spark([values[kpi.kpi].get(day) for day in every], kpi.target)
        for kpi in summary.kpis
        if kpi.kpi in values
    }


def spark(values: Sequence[Decimal | None], target: Decimal | None) -> Spark:
    """Return `values`, one a day, as lines; the scale holds them all and the target."""
    known = [value for value in values if value is not None]
    if not known:
        return Spark((), None, None)
    scale = known if target is None else [*known, target]
    low, high = min(scale), max(scale)
    step = SPARK_WIDTH / max(len(values) - 1, 1)

    def y(value: Decimal) -> float:
        share = float((value - low) / (high - low)) if high > low else 0.5
        return round((1 - share) * (SPARK_HEIGHT - 6) + 3, 1)

    lines: list[list[tuple[float, float]]] = [[]]
    for at, value in enumerate(values):
        if value is None:
            lines.append([])
        else:
            lines[-1].append((round(at * step, 1), y(value)))
    drawn = [line for line in lines if line]
    return Spark(
        lines=tuple(" ".join(f"{x},{at}" for x, at in line) for line in drawn if len(line) > 1),
        last=drawn[-1][-1],
        target=None if target is None else y(target),
    )


def _by_channel(weeks: Sequence[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Return each channel's last weeks, oldest first, with their heights: 1 is the tallest."""
    found: dict[str, list[dict[str, Any]]] = {}
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


# The last whole month; of a shop in its first, that one.
LAST_MONTH = """(
    select coalesce(max(month) filter (where month < newest), max(month))
    from (
        select month, strftime(max(business_date) over (), '%Y-%m') as newest
        from {m}.profit_bridge cross join (select max(business_date) as business_date from {m}.kpi_daily)
    )
)"""
QUERIES = {
    "kpi_days": f"""
        select kpi, business_date, value from {{m}}.kpi_daily
        where channel = 'all' and value is not null
            and business_date > (select max(business_date) from {{m}}.kpi_daily) - {SPARK_DAYS}
    """,
    "revenue": f"""
        select channel, iso_week, is_closed, revenue_amount, plan_amount, currency, variance_rate
        from {{m}}.revenue_vs_plan
        where iso_week in (
            select distinct iso_week from {{m}}.revenue_vs_plan
            where revenue_amount > 0 or is_closed
            order by iso_week desc limit {WEEKS}
        )
        order by channel, iso_week
    """,
    "bridge": f"""
        select month, channel, currency, status, step, amount, is_total, share_of_net_rate,
            coverage_rate
        from {{m}}.profit_bridge
        where month = {LAST_MONTH}
        order by channel, currency, step_no
    """,
    "low_margins": f"""
        select item, channel, units, revenue_amount, cogs_amount, channel_fees_amount,
            shipping_amount, ads_amount, margin_amount, margin_rate, currency
        from {{m}}.sku_margin
        where month = {LAST_MONTH} and units > 0 and margin_amount is not null
        order by margin_amount, channel, item
        limit 10
    """,
    "uncosted": f"""
        select currency, count(distinct item) as skus, sum(net_amount) as net_amount,
            array_to_string(list_slice(list_sort(list(distinct item)), 1, 5), ', ')
            || if(count(distinct item) > 5, ', …', '') as names
        from {{m}}.sku_margin
        where month = {LAST_MONTH} and not cost_known
        group by currency
        order by currency
    """,
    # The newest month that was booked, in which a raised fee shows first.
    "fees": """
        select month, channel, kind, amount, currency, share_rate, previous_share_rate,
            share_change_rate, schedule_rate, schedule_fixed_amount, change_rate
        from {m}.channel_fees
        where month = (select max(month) from {m}.channel_fees)
        order by channel, amount desc, kind
    """,
    # A ratio of weeks is made of their counts, not of their days' ratios.
    "on_time": """
        with latest as (select max(business_date) as day from {m}.fulfilment_daily where due > 0)
        select
            channel,
            cast(sum(due) filter (where business_date > day - 7) as bigint) as due_week,
            cast(sum(on_time) filter (where business_date > day - 7) as bigint) as on_time_week,
            cast(sum(due) as bigint) as due,
            cast(sum(on_time) as bigint) as on_time,
            cast(sum(open_past_due) as bigint) as open_past_due,
            max(business_date) as to_date,
            cast(on_time_week / nullif(due_week, 0) as decimal(9, 6)) as rate_week,
            cast(sum(on_time) / nullif(sum(due), 0) as decimal(9, 6)) as rate
        from {m}.fulfilment_daily cross join latest
        where business_date > day - 28 and business_date <= day
        group by channel
        having sum(due) > 0
        order by channel
    """,
    "backlog": """
        select
            bucket,
            count(*) as orders,
            count(*) filter (where past_due) as past_due,
            max(age_hours) as oldest_hours
        from {m}.backlog
        group by bucket
        order by min(age_hours)
    """,
    "oversold": """
        select sku, pool, started_at, open_units, available_units, short_units, amount_at_stake,
            currency
        from {m}.oversell_events
        where ended_at is null
        order by short_units desc, sku, pool
    """,
    "stockouts": """
        with stock as (
            select sku, cast(sum(available) as bigint) as available, max(source_as_of) as counted_at
            from {m}.stock_position
            group by sku
            having sum(available) <= 0
        ),
        plan as (
            select sku, sum(velocity) as velocity, cast(sum(on_order) as bigint) as on_order,
                arg_max(action, velocity) as action, min(supplier) as supplier
            from {m}.reorder_plan
            group by sku
        )
        select sku, available, counted_at, velocity, on_order, action, supplier,
            count(*) over () as total
        from stock
        inner join plan using (sku)
        where velocity > 0
        order by velocity desc, sku
        limit 15
    """,
    "reorders": f"{REORDERS} limit 20",
    "by_hand": f"{REORDERS_BY_HAND} limit 20",
    # An estimate, of the days whose stock and demand are known.
    "lost": """
        select
            currency,
            cast(round(sum(lost_units)) as bigint) as units,
            sum(lost_amount) as amount,
            count(distinct sku) as skus,
            count(distinct sku) filter (where lost_amount is null) as unpriced,
            min(business_date) as first_date
        from {m}.demand_daily
        where lost_units > 0
        group by currency
    """,
    "backtest": "select * from {m}.backtest order by abc = 'all', abc, policy desc",
    "waiting": """
        select supplier, currency, count(*) as lines, cast(sum(units) as bigint) as units,
            cast(sum(line_amount) as decimal(18, 2)) as amount, min(due_date) as due_date,
            min(opened_date) as opened_date
        from {m}.purchase_suggestions
        where state = 'pending_approval'
        group by supplier, currency
        order by due_date, amount desc
    """,
    "open_payouts": f"""
        select channel, payout_id, status, currency, payout_amount, bank_amount, difference_amount,
            oldest_open_days
        from {{m}}.payout_reconciliation
        where status not in ({literals(sorted(SETTLED))})
        order by oldest_open_days desc nulls last, channel, payout_id
        limit 15
    """,
    "cases": """
        with stakes as (
            select type, map_from_entries(list((currency, amount))) as at_stake
            from (
                select type, currency, cast(sum(amount_at_stake) as decimal(18, 2)) as amount
                from {m}.exceptions
                where state != 'closed' and amount_at_stake is not null and currency is not null
                group by type, currency
            )
            group by type
        )
        select
            type, station, owner, next_step, any_value(severity) as severity, count(*) as open,
            min(opened_at) as oldest_at, min(due_at) as due_at,
            any_value(stakes.at_stake) as at_stake
        from {m}.exceptions
        left join stakes using (type)
        where state != 'closed'
        group by type, station, owner, next_step
        order by due_at, open desc, type
    """,
    "sops": """
        select title, station, owner, deputy, status, reason, link, next_review_date
        from {m}.sop_register
        where status != 'ok'
        order by
            array_position(['failed', 'overdue', 'incomplete', 'due'], status),
            next_review_date, title
    """,
    "sop_count": "select count(*) as total from {m}.sop_register",
}
