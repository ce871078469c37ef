-- Every amount of every payout, once, over all files that report the payout.
-- Identical lines are all kept. What no payout has paid yet is under `pending` and its currency.
-- grain:  one row per amount of a payout
-- keeps:  core.payout_line_copies by file_id = source_file_id, line_no, part; sum amount; money amount;
--   leaves in_another_file where left_out = 'in_another_file';
--   leaves in_another_report where left_out = 'in_another_report';
--   leaves paid_since where left_out = 'paid_since'; leaves moved where left_out = 'moved'
-- keys:   channel, payout_id, source_file_id, line_no, part
-- inputs: valid.payout_lines, core.payout_line_copies, settings.buckets

create or replace table core.payout_lines as
with

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
    copies.payout_id,
    payout_lines.file_id as source_file_id,
    payout_lines.line_no,
    payout_lines.part,
    payout_lines.transaction_type,
    payout_lines.amount_type,
    payout_lines.description,
    -- Some channels hold and release under one word: the sign says which.
    case
        when classified.bucket in ('reserve_held', 'reserve_released') and payout_lines.amount > 0
            then 'reserve_released'
        when classified.bucket in ('reserve_held', 'reserve_released') and payout_lines.amount < 0
            then 'reserve_held'
        else coalesce(classified.bucket, 'unclassified')
    end as bucket,
    payout_lines.amount,
    payout_lines.currency,
    payout_lines.order_ref,
    payout_lines.item_ref,
    payout_lines.channel_sku,
    payout_lines.quantity_units,
    payout_lines.posted_at
from valid.payout_lines
inner join core.payout_line_copies as copies using (file_id, line_no, part)
left join classified
    on
        payout_lines.platform = classified.platform
        and payout_lines.transaction_type is not distinct from classified.transaction_type
        and payout_lines.amount_type is not distinct from classified.amount_type
        and payout_lines.description is not distinct from classified.description
where copies.left_out is null;

comment on column core.payout_lines.payout_id is 'Settlement or payout id of the channel; `pending` and the currency: of no payout yet';
comment on column core.payout_lines.quantity_units is 'Units the amount is for';
