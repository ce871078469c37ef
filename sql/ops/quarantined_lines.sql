-- Every source line that was quarantined, with all its reasons and, where it states it, the order it belongs to.
-- A line of an order is resolved once a later file reports the order again.
-- grain:  one row per source line
-- keys:   file_id, line_no
-- inputs: landing.quarantine, landing.unreferenced, landing.files, loaded.order_lines, loaded.receipts,
--   loaded.shipments, loaded.returns, loaded.reimbursements, loaded.payout_lines, valid.orders, settings.exports, settings.channels

create or replace table ops.quarantined_lines as
with

waiting as (
    select
        file_id,
        line_no,
        channel,
        order_id,
        gross_amount,
        currency,
        json_object(
            'channel', channel, 'order_id', order_id, 'channel_sku', channel_sku, 'units', quantity_units
        ) as raw_line
    from loaded.order_lines
    semi join landing.unreferenced using (file_id, line_no)
    union all by name
    select
        file_id,
        line_no,
        json_object(
            'receipt_id', receipt_id, 'po_number', po_number, 'sku', sku, 'units', received_units
        ) as raw_line
    from loaded.receipts
    semi join landing.unreferenced using (file_id, line_no)
    union all by name
    select
        file_id,
        line_no,
        json_object('channel', store, 'order_name', order_name, 'tracking_id', tracking_id) as raw_line
    from loaded.shipments
    semi join landing.unreferenced using (file_id, line_no)
    union all by name
    select
        file_id,
        line_no,
        json_object('return_id', return_id, 'order_id', order_id, 'channel_sku', channel_sku, 'units', returned_units)
            as raw_line
    from loaded.returns
    semi join landing.unreferenced using (file_id, line_no)
    union all by name
    select
        file_id,
        line_no,
        json_object('reimbursement_id', reimbursement_id, 'reason', reason, 'amount', amount, 'currency', currency)
            as raw_line
    from loaded.reimbursements
    semi join landing.unreferenced using (file_id, line_no)
    union all by name
    -- A line may have several amounts.
    select
        file_id,
        line_no,
        json_object(
            'payout_id', min(payout_id), 'description', string_agg(description, ', ' order by part),
            'amount', sum(amount), 'currency', min(currency)
        ) as raw_line
    from loaded.payout_lines
    semi join landing.unreferenced using (file_id, line_no)
    group by file_id, line_no
),

faults as (
    select
        file_id,
        line_no,
        report,
        reason,
        column_name,
        detail,
        raw_line,
        false as is_waiting
    from landing.quarantine
    union all
    select
        unreferenced.file_id,
        unreferenced.line_no,
        unreferenced.report,
        unreferenced.reason,
        unreferenced.column_name,
        unreferenced.detail,
        cast(waiting.raw_line as varchar) as raw_line,
        true as is_waiting
    from landing.unreferenced
    left join waiting using (file_id, line_no)
    -- A settlement's total is no data: its lines wait for it.
    where unreferenced.reason != 'undecided_channel' or waiting.file_id is not null
),

lines as (
    select
        file_id,
        line_no,
        min(report) as report,
        string_agg(distinct reason, ', ' order by reason) as reason,
        string_agg(distinct nullif(column_name, ''), ', ' order by nullif(column_name, '')) as column_name,
        string_agg(distinct nullif(detail, ''), '; ' order by nullif(detail, '')) as detail,
        coalesce(max(raw_line) filter (not is_waiting), max(raw_line)) as raw_line,
        bool_and(is_waiting) as is_waiting,
        try_cast(max(raw_line) filter (not is_waiting) as json) as cells
    from faults
    group by file_id, line_no
),

-- What an order may be called in a line that is quarantined.
order_names as (
    select
        platform,
        name,
        min(channel) as channel,
        min(order_id) as order_id
    from (
        select
            platform,
            order_id as name,
            channel,
            order_id
        from valid.orders
        union
        select
            platform,
            order_name as name,
            channel,
            order_id
        from valid.orders
        where order_name is not null
    )
    group by platform, name
),

only_channels as (
    select
        platform,
        min(channel) as channel
    from settings.channels
    group by platform
    having count(*) = 1
),

named as (
    select
        lines.*,
        files.platform,
        files.name as file_name,
        files.exported_at,
        files.received_at as first_seen_at,
        case
            when exports.station = 'orders' then coalesce(cells ->> 'order_id', cells ->> 'order_name')
        end as stated_order
    from lines
    inner join landing.files using (file_id)
    left join settings.exports on lines.report = exports.report
),

ordered as (
    select
        named.*,
        coalesce(
            order_names.channel, waiting.channel,
            case
                when
                    named.stated_order is not null
                    and not regexp_matches(named.reason, 'unknown_channel|undecided_channel')
                    then only_channels.channel
            end
        ) as channel,
        coalesce(order_names.order_id, waiting.order_id, named.stated_order) as order_id,
        coalesce(
            waiting.gross_amount,
            try_cast(named.cells ->> 'total_amount' as decimal(18, 2)),
            try_cast(named.cells ->> 'gross_amount' as decimal(18, 2))
        ) as stated_amount,
        coalesce(waiting.currency, named.cells ->> 'currency') as currency
    from named
    left join waiting using (file_id, line_no)
    left join order_names on named.platform = order_names.platform and named.stated_order = order_names.name
    left join only_channels on named.platform = only_channels.platform
),

resolved as (
    select
        ordered.file_id,
        ordered.line_no,
        min(files.received_at) as resolved_at
    from ordered
    inner join valid.orders
        on
            ordered.channel = orders.channel
            and ordered.order_id = orders.order_id
            and ordered.exported_at < orders.exported_at
    inner join landing.files on orders.file_id = files.file_id
    group by ordered.file_id, ordered.line_no
)

select
    ordered.file_id,
    ordered.line_no,
    ordered.report,
    ordered.file_name,
    ordered.reason,
    ordered.column_name,
    ordered.detail,
    ordered.raw_line,
    ordered.is_waiting,
    ordered.channel,
    ordered.order_id,
    ordered.stated_amount,
    ordered.currency,
    ordered.first_seen_at,
    resolved.resolved_at
from ordered
left join resolved using (file_id, line_no);

comment on column ops.quarantined_lines.reason is 'Every reason, by its code';
