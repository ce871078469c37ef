-- Every amount of every payout, of the one file that tells most of that payout.
-- Identical lines are all kept; a payout that two files tell is taken from one of them.
-- grain:  one row per amount of a payout
-- keys:   channel, payout_id, source_file_id, line_no, part
-- inputs: valid.payout_lines, settings.buckets

create or replace table core.payout_lines as
with

files as (
    select
        channel,
        payout_id,
        file_id,
        count(*) as lines,
        any_value(exported_at) as exported_at
    from valid.payout_lines
    group by channel, payout_id, file_id
),

chosen as (
    select
        channel,
        payout_id,
        arg_max(file_id, (lines, exported_at, file_id)) as file_id
    from files
    group by channel, payout_id
),

-- The combinations are few: each is looked up in the taxonomy once.
kinds as (
    select distinct
        platform,
        transaction_type,
        amount_type,
        description
    from valid.payout_lines
),

classified as (
    select
        kinds.platform,
        kinds.transaction_type,
        kinds.amount_type,
        kinds.description,
        arg_min(buckets.bucket, buckets.rule_no) as bucket
    from kinds
    inner join settings.buckets
        on
            kinds.platform = buckets.platform
            and folded(coalesce(kinds.transaction_type, '')) like buckets.transaction_type
            and folded(coalesce(kinds.amount_type, '')) like buckets.amount_type
            and folded(coalesce(kinds.description, '')) like buckets.description
    group by all
)

select
    payout_lines.channel,
    payout_lines.payout_id,
    payout_lines.file_id as source_file_id,
    payout_lines.line_no,
    payout_lines.part,
    payout_lines.transaction_type,
    payout_lines.amount_type,
    payout_lines.description,
    coalesce(classified.bucket, 'unclassified') as bucket,
    payout_lines.amount,
    payout_lines.currency,
    payout_lines.order_ref,
    payout_lines.item_ref,
    payout_lines.channel_sku,
    payout_lines.quantity_units,
    payout_lines.posted_at
from valid.payout_lines
inner join chosen using (channel, payout_id, file_id)
left join classified
    on
        payout_lines.platform = classified.platform
        and payout_lines.transaction_type is not distinct from classified.transaction_type
        and payout_lines.amount_type is not distinct from classified.amount_type
        and payout_lines.description is not distinct from classified.description;

comment on table core.payout_lines is 'Every amount of every payout, of the one file that tells most of that payout.';
comment on column core.payout_lines.channel is 'Channel by the shop file''s name';
comment on column core.payout_lines.payout_id is 'Settlement or payout id of the channel';
comment on column core.payout_lines.source_file_id is 'Landed file the row was taken from';
comment on column core.payout_lines.line_no is 'Line of that file, the header is 1';
comment on column core.payout_lines.part is 'Which amount of the source line';
comment on column core.payout_lines.transaction_type is 'The channel''s own type';
comment on column core.payout_lines.amount_type is 'The channel''s own sub-type';
comment on column core.payout_lines.description is 'What the amount is for, by the channel''s own word';
comment on column core.payout_lines.bucket is 'What the amount is, by config/buckets; unclassified where no rule fits';
comment on column core.payout_lines.amount is 'Signed: positive comes in';
comment on column core.payout_lines.currency is 'ISO 4217';
comment on column core.payout_lines.order_ref is 'Order id or number as the line says it';
comment on column core.payout_lines.item_ref is 'Order line id as the line says it';
comment on column core.payout_lines.channel_sku is 'SKU as the channel knows it';
comment on column core.payout_lines.quantity_units is 'Units the amount is for';
comment on column core.payout_lines.posted_at is 'Moment it was booked';
