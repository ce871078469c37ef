-- Every amount of every payout, once, over all files that report the payout.
-- Identical lines are all kept. What no payout has paid yet is under `pending` and its currency.
-- Where a platform pays a whole order as one amount (its taxonomy has no bucket for shipping), the payment is split by
-- the order's own parts: shipping, tax, discount, and the goods as what is left, to the cent. Several payments of one
-- order have each part in proportion, the running share in whole cents, so that all of them have all of it. A refund of
-- the whole order gives its tax back; what part of a smaller one is tax no file says. Where the order is not known, or
-- its parts are not, the amount stays whole and `split_reason` says why.
-- grain:  one row per amount of a payout and bucket
-- keeps:  valid.payout_lines by file_id = source_file_id, line_no, part; sum amount; money amount;
--   leaves in_another_file where hash(file_id, line_no, part) in
--     (select hash(file_id, line_no, part) from core.payout_line_copies where left_out = 'in_another_file');
--   leaves in_another_report where hash(file_id, line_no, part) in
--     (select hash(file_id, line_no, part) from core.payout_line_copies where left_out = 'in_another_report');
--   leaves paid_since where hash(file_id, line_no, part) in
--     (select hash(file_id, line_no, part) from core.payout_line_copies where left_out = 'paid_since');
--   leaves moved where hash(file_id, line_no, part) in
--     (select hash(file_id, line_no, part) from core.payout_line_copies where left_out = 'moved')
-- keys:   channel, payout_id, source_file_id, line_no, part, bucket
-- inputs: valid.payout_lines, core.payout_ids, core.payout_line_copies, core.orders, core.order_refs, settings.buckets

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

-- A platform whose taxonomy knows the bucket states shipping on a line of its own.
whole_platforms as (
    select platform
    from settings.buckets
    group by platform
    having not bool_or(bucket = 'shipping')
),

named as (
    select
        kinds.*,
        arg_min(buckets.bucket, buckets.rule_no) as bucket
    from kinds
    inner join settings.buckets
        on
            kinds.platform = buckets.platform
            and folded(coalesce(kinds.transaction_type, '')) like buckets.transaction_type
            and folded(coalesce(kinds.amount_type, '')) like buckets.amount_type
            and folded(coalesce(kinds.description, '')) like buckets.description
    group by all
),

classified as (
    select
        named.*,
        whole_platforms.platform is not null and named.bucket in ('sale', 'refund') as is_whole
    from named
    left join whole_platforms on named.platform = whole_platforms.platform
),

-- Read twice: cheaper than to keep a copy of all lines.
counted as not materialized (
    select
        payout_lines.channel,
        coalesce(payout_ids.payout_id, 'pending ' || payout_lines.currency) as payout_id,
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
        payout_lines.posted_at,
        coalesce(classified.is_whole, false) as is_whole
    from valid.payout_lines
    anti join core.payout_line_copies as copies
        on
            payout_lines.file_id = copies.file_id and payout_lines.line_no = copies.line_no
            and payout_lines.part = copies.part
    left join core.payout_ids
        on
            payout_lines.channel = payout_ids.channel and payout_lines.payout_id = payout_ids.stated_id
            and payout_lines.currency = payout_ids.currency
    left join classified
        on
            payout_lines.platform = classified.platform
            and payout_lines.transaction_type is not distinct from classified.transaction_type
            and payout_lines.amount_type is not distinct from classified.amount_type
            and payout_lines.description is not distinct from classified.description
),

-- One payment after the other: `run` is what was paid of the order up to and with this one.
payments as (
    select
        counted.*,
        cast(abs(counted.amount) * 100 as bigint) as cents,
        cast(sum(greatest(counted.amount, 0)) over (
            partition by counted.channel, refs.order_id, counted.currency, counted.bucket
            order by counted.posted_at, counted.source_file_id, counted.line_no, counted.part
            rows between unbounded preceding and current row
        ) * 100 as bigint) as run,
        cast(orders.total_amount * 100 as bigint) as total_cents,
        cast(orders.shipping_amount * 100 as bigint) as shipping_cents,
        cast(orders.tax_amount * 100 as bigint) as tax_cents,
        cast(coalesce(orders.discount_amount, 0) * 100 as bigint) as discount_cents,
        orders.order_id is not null as has_order,
        counted.currency = orders.currency as is_same_currency
    from counted
    left join core.order_refs as refs on counted.channel = refs.channel and counted.order_ref = refs.order_ref
    left join core.orders on refs.channel = orders.channel and refs.order_id = orders.order_id
    where counted.is_whole
),

judged as (
    select
        *,
        case
            when not has_order then 'no_order'
            when total_cents is null or tax_cents is null or (bucket = 'sale' and shipping_cents is null)
                then 'order_without_parts'
            when not is_same_currency then 'other_currency'
            when bucket = 'sale' and amount < 0 then 'taken_back'
            when bucket = 'refund' and cents != total_cents then 'part_of_an_order'
            when bucket = 'sale' and (run > total_cents or shipping_cents + tax_cents > total_cents)
                then 'more_than_the_order'
            when bucket = 'refund' then 'whole_refund'
            when cents = total_cents then 'whole_order'
            else 'share_of_order'
        end as split_reason
    from payments
),

-- What is no goods, by bucket; a refund of the whole order has its shipping in it, as on the platforms that say so.
shares as (
    select
        *,
        case
            when bucket = 'sale' and split_reason in ('whole_order', 'share_of_order')
                then [
                    share_cents(shipping_cents, cents, run, total_cents, true),
                    share_cents(tax_cents, cents, run, total_cents, true),
                    -share_cents(discount_cents, cents, run, total_cents, true)
                ]
            when split_reason = 'whole_refund' then [0, -tax_cents, 0]
            else [0, 0, 0]
        end as share_cents
    from judged
),

parts as (
    select
        *,
        unnest([bucket, 'shipping', 'tax_collected', 'promotion']) as part_bucket,
        cast(unnest([
            amount - cast(list_sum(share_cents) as decimal(18, 0)) * 0.01,
            cast(share_cents[1] as decimal(18, 0)) * 0.01,
            cast(share_cents[2] as decimal(18, 0)) * 0.01,
            cast(share_cents[3] as decimal(18, 0)) * 0.01
        ]) as decimal(18, 2)) as part_amount
    from shares
),

placed as (
    select
        * exclude (is_whole),
        cast(null as varchar) as split_reason
    from counted
    where not is_whole
    union all by name
    select
        * exclude (
            is_whole, cents, run, total_cents, shipping_cents, tax_cents, discount_cents, has_order, is_same_currency,
            share_cents, part_bucket, part_amount
        )
        replace (
            part_bucket as bucket,
            part_amount as amount,
            case when part_bucket = bucket then quantity_units end as quantity_units
        )
    from parts
    where part_amount != 0 or (part_bucket = bucket and amount = 0)
)

select
    channel,
    payout_id,
    source_file_id,
    line_no,
    part,
    transaction_type,
    amount_type,
    description,
    bucket,
    amount,
    currency,
    order_ref,
    item_ref,
    channel_sku,
    quantity_units,
    posted_at,
    split_reason
from placed;

comment on column core.payout_lines.payout_id is 'Settlement or payout id of the channel; `pending` and the currency: of no payout yet';
comment on column core.payout_lines.quantity_units is 'Units the amount is for';
