-- What came back: each return once over all files, the units that count, and where they are now. Where two files of one
-- report overlap, the newer one counts; one that has a return, and reaches back to its day, states all that came of it
-- that day and since, so a line that it corrects or leaves out is gone. One return may be in two reports: announced and
-- delivered by the channel, and booked in by the place that got it. The place's word counts first, and the channel's
-- units only beyond it. A return that was asked for and has not come, or was refused, is no return yet.
-- grain:  one row per return and SKU of a report
-- keeps:  valid.returns by file_id = source_file_id, line_no; units returned_units;
--   leaves in_newer_file where true
-- keys:   source_file_id, line_no
-- inputs: valid.returns, core.order_refs, core.sku_map, settings.channels, settings.return_reasons, settings.run

create or replace table core.returns as
with

-- Which returns each file states, and how far back it reaches.
reaching as (
    select
        report,
        channel,
        return_id,
        coalesce(order_name, order_id) as order_ref,
        file_id,
        any_value(exported_at) as exported_at,
        any_value(file_from_date) as file_from_date
    from (
        select
            *,
            min(cast(returned_at as date)) over (partition by report, file_id) as file_from_date
        from valid.returns
    )
    where return_id is not null
    group by report, channel, return_id, coalesce(order_name, order_id), file_id
),

newest as (
    select
        *,
        coalesce(order_name, order_id) as order_ref
    from valid.returns
    anti join reaching
        on
            returns.report = reaching.report
            and returns.channel is not distinct from reaching.channel
            and returns.return_id = reaching.return_id
            and coalesce(returns.order_name, returns.order_id) is not distinct from reaching.order_ref
            and (returns.exported_at, returns.file_id) < (reaching.exported_at, reaching.file_id)
            and cast(returns.returned_at as date) >= reaching.file_from_date
    qualify
        dense_rank() over (
            partition by
                report, channel, coalesce(return_id, ''), coalesce(order_name, order_id), channel_sku,
                -- Without an id of its own a return is known from the next one by its moment.
                case when return_id is null then coalesce(returned_at, requested_at) end,
                -- One with an id may come in several parcels, each on its day.
                cast(returned_at as date)
            order by exported_at desc, file_id desc
        ) = 1
        -- What was announced has come, as soon as a newer file says on which day.
        and (
            returned_at is not null
            or max((exported_at, file_id)) over (
                partition by report, channel, coalesce(return_id, ''), coalesce(order_name, order_id), channel_sku
            ) = (exported_at, file_id)
        )
),

placed as (
    select
        newest.*,
        refs.order_id as matched_order_id,
        coalesce(sku_map.sku, newest.channel_sku) as sku,
        newest.platform in (select channels.platform from settings.channels) as is_of_channel,
        newest.returned_at is not null and coalesce(folded(newest.state), '') not in ('denied', 'cancelled', 'canceled')
            as has_come
    from newest
    left join core.order_refs as refs on newest.channel = refs.channel and newest.order_ref = refs.order_ref
    left join core.sku_map on newest.channel = sku_map.channel and newest.channel_sku = sku_map.channel_sku
),

-- Of two patterns that fit a word, the longer one.
words as (
    select
        newest.reason,
        arg_max(return_reasons.return_reason, (length(return_reasons.word), return_reasons.word)) as return_reason,
        arg_max(return_reasons.is_our_fault, (length(return_reasons.word), return_reasons.word)) as is_our_fault
    from newest
    inner join settings.return_reasons on folded(trim(newest.reason)) like return_reasons.word
    group by newest.reason
),

counted as (
    select
        *,
        coalesce(sum(returned_units) filter (where has_come and not is_of_channel) over goods, 0) as booked_in_units,
        coalesce(sum(returned_units) filter (where has_come and is_of_channel and location is null) over (
            goods order by returned_at, file_id, line_no rows between unbounded preceding and current row
        ), 0) as running_units
    from placed
    window goods as (partition by channel, order_ref, sku)
)

select
    counted.channel,
    counted.return_id,
    counted.order_ref,
    counted.matched_order_id as order_id,
    counted.channel_sku,
    counted.sku,
    counted.title,
    counted.location,
    counted.requested_at,
    counted.returned_at,
    cast(timezone(run.timezone, counted.returned_at) as date) as returned_date,
    counted.returned_units as stated_units,
    cast(
        case
            when not counted.has_come then 0
            -- What a place of Amazon's got, no warehouse of ours books in.
            when not counted.is_of_channel or counted.location is not null then counted.returned_units
            else greatest(least(counted.returned_units, counted.running_units - counted.booked_in_units), 0)
        end as bigint
    ) as returned_units,
    nullif(lower(replace(trim(counted.reason), '_', ' ')), '') as reason,
    words.return_reason,
    words.is_our_fault,
    counted.disposition as stated_disposition,
    disposition_of(counted.disposition, counted.state) as disposition,
    counted.state as stated_state,
    counted.refunded_amount,
    counted.currency,
    coalesce(counted.is_claim, false) as is_claim,
    counted.file_id as source_file_id,
    counted.line_no
from counted
cross join settings.run
left join words using (reason);

comment on column core.returns.location is 'Where it came back to; null where the report does not say it';
comment on column core.returns.reason is 'The buyer''s reason, in the words of the report';
comment on column core.returns.order_id is 'The channel''s own id of the order; null where no order, or two, have the reference';
