-- Of each order the row and the file that its facts are taken from, and what only other orders and files say of it.
-- The newest state is by the channel's own last change of the order; where a file has none, by the newest event in
-- the file: an old export that is downloaded or copied again knows nothing of later days. Its lines are those of the
-- file of its newest state; where that has none, those of the newest that has.
-- grain:  one row per order
-- keys:   channel, order_id
-- inputs: valid.orders, valid.order_lines, core.order_refs, settings.channels, settings.payment_limits

create or replace table core.order_sources as
with

files as (
    select
        file_id,
        max(greatest(ordered_at, updated_at, paid_at, shipped_at, delivered_at, cancelled_at)) as newest_at
    from valid.orders
    where channel is not null and order_id is not null
    group by file_id
),

newest as (
    select
        orders.channel,
        orders.order_id,
        orders.file_id,
        orders.line_no,
        orders.ordered_at,
        orders.external_order_id,
        coalesce(orders.is_off_channel, false) as is_off_channel
    from valid.orders as orders
    inner join files using (file_id)
    where orders.channel is not null and orders.order_id is not null
    qualify row_number() over (
        partition by orders.channel, orders.order_id
        order by
            coalesce(orders.updated_at, files.newest_at) desc, files.newest_at desc, orders.exported_at desc,
            orders.file_id desc, orders.line_no asc
    ) = 1
),

-- The newest report of each channel's orders: by then nothing was paid that no report calls paid.
reports as (
    select
        channel,
        max(exported_at) as reported_at
    from valid.orders
    group by channel
),

-- An order that another channel's stock network ships: Amazon's report lists it with our own number for it.
elsewhere_refs as (
    select distinct external_order_id as order_ref
    from newest
    where is_off_channel and external_order_id is not null
),

elsewhere as (
    select distinct
        order_refs.channel,
        order_refs.order_id
    from core.order_refs
    semi join elsewhere_refs using (order_ref)
),

line_files as (
    select
        channel,
        order_id,
        file_id,
        max(exported_at) as exported_at
    from valid.order_lines
    where channel is not null and order_id is not null
    group by channel, order_id, file_id
),

-- Orders of which the file of the newest state has no line.
without_lines as (
    select
        line_files.channel,
        line_files.order_id
    from line_files
    inner join newest using (channel, order_id)
    group by line_files.channel, line_files.order_id
    having not bool_or(line_files.file_id = newest.file_id)
),

newest_lines as (
    select
        line_files.channel,
        line_files.order_id,
        line_files.file_id
    from line_files
    semi join without_lines using (channel, order_id)
    left join valid.orders using (channel, order_id, file_id)
    left join files using (file_id)
    qualify row_number() over (
        partition by line_files.channel, line_files.order_id
        order by
            coalesce(orders.updated_at, files.newest_at) desc, files.newest_at desc, line_files.exported_at desc,
            line_files.file_id desc
    ) = 1
)

select
    newest.channel,
    newest.order_id,
    newest.file_id as source_file_id,
    newest.line_no,
    coalesce(newest_lines.file_id, newest.file_id) as lines_file_id,
    cast(timezone(channels.timezone, newest.ordered_at) as date) + cast(payment_limits.payment_days as integer)
    < cast(timezone(channels.timezone, reports.reported_at) as date) as is_past_payment_limit,
    elsewhere.order_id is not null and not newest.is_off_channel as is_released_elsewhere
from newest
inner join settings.channels using (channel)
inner join reports using (channel)
left join settings.payment_limits using (channel)
left join elsewhere on newest.channel = elsewhere.channel and newest.order_id = elsewhere.order_id
left join newest_lines on newest.channel = newest_lines.channel and newest.order_id = newest_lines.order_id;

comment on column core.order_sources.source_file_id is 'Landed file of its newest state';
