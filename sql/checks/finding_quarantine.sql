-- Orders of which a row was quarantined and no later file has reported again, and channels that the shop file lacks.
-- The evidence names no file: each new export has the same fault. A line that only waits
-- for its SKU holds up an order that is still to be shipped, and no other.
-- One case for each channel that is missing, and one for each report whose rows may be of several channels, not one for
-- each row. A line that a person dropped is no case.
-- grain:  one row per order, or per report and what its rows name
-- keys:   type, subject_kind, subject_id
-- inputs: ops.quarantined_lines, core.orders

create or replace table checks.finding_quarantine as
with

lines as (
    select
        quarantined_lines.*,
        concat_ws(': ', quarantined_lines.reason, quarantined_lines.detail) as fault,
        orders.total_amount,
        orders.currency as order_currency
    from ops.quarantined_lines
    left join core.orders using (channel, order_id)
    where
        quarantined_lines.order_id is not null
        and quarantined_lines.reason != 'corrected'
        and quarantined_lines.resolved_at is null
        and (not quarantined_lines.is_waiting or orders.state in ('open', 'pending'))
        and not regexp_matches(quarantined_lines.reason, 'unknown_channel|undecided_channel')
)

select
    'quarantined_order' as type,
    'order' as subject_kind,
    concat_ws('/', channel, order_id) as subject_id,
    channel,
    order_id,
    string_agg(distinct fault, '; ' order by fault) as evidence,
    cast(coalesce(max(total_amount), max(stated_amount)) as decimal(18, 2)) as amount_at_stake,
    coalesce(max(order_currency), max(currency)) as currency
from lines
group by channel, order_id
union all
select
    'unknown_channel' as type,
    'report' as subject_kind,
    concat_ws('/', report, detail) as subject_id,
    cast(null as varchar) as channel,
    cast(null as varchar) as order_id,
    detail || ': add it to the shop file' as evidence,
    cast(null as decimal(18, 2)) as amount_at_stake,
    cast(null as varchar) as currency
from ops.quarantined_lines
where contains(reason, 'unknown_channel') and resolved_at is null
group by report, detail
union all
select
    'undecided_channel' as type,
    'report' as subject_kind,
    report as subject_id,
    cast(null as varchar) as channel,
    cast(null as varchar) as order_id,
    'lines that may be of several channels: ' || count(*) || '; no file says which: '
    || array_to_string(list_sort(list(distinct detail))[:3], ', ') as evidence,
    cast(null as decimal(18, 2)) as amount_at_stake,
    cast(null as varchar) as currency
from ops.quarantined_lines
where contains(reason, 'undecided_channel') and resolved_at is null
group by report;
