"""The queries behind the dashboard's tables; `{m}` is the schema of the marts."""

from tasks.rules.payouts import SETTLED
from tasks.rules.sql_text import literals
from tasks.tell.reds import CHANNEL_FIGURES, RED
from tasks.tell.summary_read import REORDERS, REORDERS_BY_HAND

SPARK_DAYS = 35
WEEKS = 8
LEAST_SENT = 10  # units: of fewer, one that comes back is a share of a tenth and more

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
            count(*) filter (where is_scheduled) as scheduled,
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
            type, station, owner, next_step, any_value(severity) as severity, any_value(tier) as tier, count(*) as open,
            min(opened_at) as oldest_at, min(due_at) as due_at,
            any_value(stakes.at_stake) as at_stake
        from {m}.exceptions
        left join stakes using (type)
        where state != 'closed'
        group by type, station, owner, next_step
        order by due_at, open desc, type
    """,
    "sops": """
        select sop, title, station, owner, deputy, status, reason, link, next_review_date
        from {m}.sop_register
        where status != 'ok'
        order by
            array_position(['failed', 'overdue', 'incomplete', 'due'], status),
            next_review_date, title
    """,
    "sop_count": "select count(*) as total from {m}.sop_register",
    # The last closed week of each weekly metric, and the weeks before it for its line.
    "weekly": f"""
        with closed as (
            select distinct iso_week from {{m}}.kpi_weekly where is_closed order by iso_week desc limit {WEEKS}
        )
        select dictionary.weekly_rank, dictionary.kpi, dictionary.title, dictionary.station, dictionary.unit,
            dictionary.target, dictionary.owner, dictionary.deputy, dictionary.sop, dictionary.direction,
            closed.iso_week, week.value, week.status, week.reason, week.n, control.status as control_status,
            week.frozen_at is not null and week.current_value is distinct from week.value as is_revised
        from {{m}}.kpi_dictionary as dictionary
        cross join closed
        left join {{m}}.kpi_weekly as week
            on dictionary.kpi = week.kpi and closed.iso_week = week.iso_week and week.channel = 'all'
        left join {{m}}.kpi_control as control on dictionary.kpi = control.kpi
        where dictionary.weekly_rank is not null
        order by dictionary.weekly_rank, closed.iso_week
    """,
    "channel_figures": CHANNEL_FIGURES,
    # What was beyond a limit on a channel in the last closed week.
    "weekly_channels": f"""
        select week.kpi, week.channel, week.value, week.unit, week.status
        from {{m}}.kpi_weekly as week
        where week.channel <> 'all' and week.status in ({literals(RED)})
            and week.iso_week = (select max(iso_week) from {{m}}.kpi_weekly where is_closed)
        order by week.kpi, week.status, week.channel
    """,
    "listing_changes": """
        select platform, channel_sku, title, field, old_value, new_value, changed_at, count(*) over () as total
        from {m}.listing_changes
        where is_to_check
        order by changed_at desc, platform, channel_sku, field
        limit 20
    """,
    "returned": f"""
        select sku, month, cohort_reported_units, cohort_returned_units, cohort_return_rate, wilson_lower, top_reason
        from {{m}}.returns_by_sku
        where month = (select max(month) from {{m}}.returns_by_sku where cohort_returned_units > 0)
            and cohort_returned_units > 0 and cohort_reported_units >= {LEAST_SENT}
        order by wilson_lower desc, sku
        limit 10
    """,
    "answers": """
        select business_date, inbox, tickets, answered, first_response_p50_min, first_response_p90_min, open_tickets,
            where_is_my_order
        from {m}.customer_service_daily
        order by business_date desc, inbox
        limit 7
    """,
    # From a figure to its files.
    "sources": """
        select figure, title, name, files, exported_at from {m}.figure_sources
        where kind = 'kpi'
        order by figure, exported_at desc, title
    """,
    "definitions": "select kpi, numerator, denominator, exclusions, clock, query from {m}.kpi_dictionary",
    "health": """
        select channel, metric, value, own_value, threshold, better, window_days, status, channel_status,
            fault_orders, counted_orders, headroom_orders, revenue_amount, currency, revenue_rate, stated_at
        from {m}.channel_health
        where status <> 'no_data'
        order by array_position(['breached', 'near', 'ok'], status) nulls last, channel, metric
    """,
    "places": """
        select location, clause, value, n, standard, is_met, month
        from {m}.location_scorecard
        where month = (select max(month) from {m}.location_scorecard)
        order by location, clause
    """,
    "carriers": """
        select month, carrier, service, parcels, traceable_count, on_time_rate, transit_days_p50, lost_suspects,
            dispatch_on_time_rate
        from {m}.carriers_monthly
        where month = (select max(month) from {m}.carriers_monthly)
        order by parcels desc, carrier, service
    """,
    # What sold more and less than in the closed week before, at the price before discounts.
    "sellers": """
        with days as (
            select item, currency, units, gross_amount,
                date_diff('day', business_date, monday) as days_before
            from {m}.sales_daily
            cross join (select date_trunc('week', max(business_date)) as monday from {m}.kpi_daily)
        )
        select item, currency,
            cast(sum(units) filter (where days_before between 1 and 7) as bigint) as units,
            cast(sum(units) filter (where days_before between 8 and 14) as bigint) as units_before,
            sum(gross_amount) filter (where days_before between 1 and 7) as amount,
            sum(gross_amount) filter (where days_before between 8 and 14) as amount_before,
            amount / nullif(sum(amount) over (partition by currency), 0) as share
        from days
        where days_before between 1 and 14
        group by item, currency
        order by amount desc nulls last, item
        limit 10
    """,
    "advertising": """
        select month, channel, currency, sum(ads_amount) as ads_amount, sum(revenue_amount) as revenue_amount,
            sum(ads_amount) / nullif(sum(revenue_amount), 0) as share
        from {m}.sku_margin
        where month >= strftime((select max(business_date) from {m}.kpi_daily) - interval 1 month, '%Y-%m')
        group by month, channel, currency
        having sum(ads_amount) > 0
        order by month desc, ads_amount desc
    """,
    "links": """
        select url, status, found_on, pages, first_seen_at, owner
        from {m}.storefront_issues
        where not is_fixed
        order by first_seen_at, url
        limit 20
    """,
    "apps": """
        select app, purpose, owner, is_in_team, cost_amount, currency, renewal_date, is_renewal_due
        from {m}.apps
        order by is_in_team and not is_renewal_due, app
    """,
    "disputes": """
        select channel, dispute_id, order_id, amount, currency, reason, evidence_due_at, hours_left, state
        from {m}.chargebacks
        where state in ('open', 'in_review')
        order by hours_left nulls last, dispute_id
        limit 15
    """,
}
