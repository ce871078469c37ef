-- Numbers that should be there and are not: of orders that a channel counts up, and of invoices of orders that left.
-- A channel counts its orders up where hardly a number in the range of one series (what is before the number) of one of
-- its files is missing; a number in between that is in no file is an order that was deleted, left out by a filter, or
-- lost. Where no order of a file has the number of an invoice, nobody can say that one is missing.
-- An order number of wholesale is its buyer's own: two buyers may use the same one, and of two orders with one number
-- only the newest counts.
-- grain:  one row per type × channel or order
-- keys:   type, subject_kind, subject_id
-- inputs: valid.orders, core.orders, ops.quarantined_lines, settings.channels, settings.run

create or replace table checks.finding_numbers as
with

numbered as (
    select distinct
        channel,
        file_id,
        -- What is before the number: a channel may count more than one series up.
        regexp_extract(order_name, '^(.*?)[0-9]+[^0-9]*$', 1) as series,
        try_cast(nullif(regexp_extract(order_name, '([0-9]+)[^0-9]*$', 1), '') as bigint) as order_no
    from valid.orders
    where channel is not null
),

ranges as (
    select
        channel,
        file_id,
        series,
        min(order_no) as first_no,
        max(order_no) as last_no
    from numbered
    where order_no is not null
    group by channel, file_id, series
    having max(order_no) - min(order_no) + 1 - count(*) <= (max(order_no) - min(order_no) + 1) * number_gap_rate()
),

covered as (
    select distinct
        channel,
        series,
        unnest(generate_series(first_no, last_no)) as order_no
    from ranges
),

known as (
    select
        channel,
        series,
        order_no
    from numbered
    union
    -- A row that waits in quarantine is not missing: its number is one of those that it shows.
    select
        channel,
        cast(null as varchar) as series,
        try_cast(unnest(regexp_extract_all(raw_line, '[0-9]+')) as bigint) as order_no
    from ops.quarantined_lines
),

missing as (
    select
        covered.channel,
        count(*) as numbers,
        named_list(list(cast(covered.order_no as varchar) order by covered.order_no desc, covered.series asc)) as names
    from covered
    anti join known
        on
            covered.channel = known.channel
            and covered.order_no = known.order_no
            and covered.series = coalesce(known.series, covered.series)
    group by covered.channel
),

-- Orders of one number that came from several buyers by the same kind of report, which has one way to write a buyer.
shared as (
    select
        orders.channel,
        orders.order_id,
        orders.report,
        count(distinct orders.customer_key) as buyers
    from valid.orders as orders
    inner join settings.channels using (channel)
    where channels.platform = 'wholesale' and orders.order_id is not null
    group by orders.channel, orders.order_id, orders.report
    having count(distinct orders.customer_key) > 1
),

invoiced as (
    select
        channel,
        source_file_id,
        min(ordered_at) filter (where invoice_number is not null) as first_invoiced_at
    from core.orders
    group by channel, source_file_id
),

uninvoiced as (
    select
        orders.channel,
        count(*) as orders,
        named_list(list(coalesce(orders.order_name, orders.order_id) order by orders.ordered_at desc)) as names,
        sum(orders.total_amount) as total_amount,
        min(orders.currency) as currency
    from core.orders
    inner join invoiced using (channel, source_file_id)
    cross join settings.run
    where
        orders.is_counted
        and orders.state = 'shipped'
        and orders.invoice_number is null
        and orders.ordered_at >= invoiced.first_invoiced_at
        and orders.ordered_at >= run.as_of - to_days(invoice_days())
    group by orders.channel
)

select
    'order_numbers_missing' as type,
    'channel' as subject_kind,
    channel as subject_id,
    channel,
    cast(null as varchar) as order_id,
    numbers || ' order numbers are in no file, the newest first: ' || names as evidence,
    cast(null as decimal(18, 2)) as amount_at_stake,
    cast(null as varchar) as currency
from missing
union all
select
    'shipped_without_invoice' as type,
    'channel' as subject_kind,
    channel as subject_id,
    channel,
    cast(null as varchar) as order_id,
    orders || ' orders left without the number of an invoice, the newest first: ' || names as evidence,
    cast(total_amount as decimal(18, 2)) as amount_at_stake,
    currency
from uninvoiced
union all
select
    'order_number_of_two_buyers' as type,
    'order' as subject_kind,
    channel || '/' || order_id as subject_id,
    channel,
    order_id,
    max(buyers) || ' buyers have an order ' || order_id || ' in ' || string_agg(report, ', ' order by report)
    || ': only the newest counts' as evidence,
    cast(null as decimal(18, 2)) as amount_at_stake,
    cast(null as varchar) as currency
from shared
group by channel, order_id;
