-- Units that a marketplace's warehouse has lost or damaged, and has neither found again nor paid for. Its ledger of
-- events states the codes (config/words), its reimbursements the units that were paid or given back, for whatever reason
-- that no word says is another. A ledger of days
-- states no codes, so of it nothing can be claimed; nor is there a row before any reimbursements came, or where several
-- channels share the warehouses: whose unit it was no file says. A unit is worth what was last paid for one of its SKU;
-- where nothing was, the amount is null.
-- grain:  one row per SKU
-- keys:   channel, subject_id
-- inputs: valid.stock_events, valid.reimbursements, settings.order_words, settings.channels

create or replace table ops.payout_claim_lost as
with

owners as (
    select
        platform,
        min(channel) as channel
    from settings.channels
    where fba_location is not null
    group by platform
    having count(*) = 1
),

-- The same event is in every ledger that overlaps; equal ones within one file are several.
numbered as (
    select
        events.*,
        row_number() over (
            partition by
                events.file_id, events.event_date, events.channel_sku, events.location, events.reference_id,
                events.reason, events.change_units, events.disposition
            order by events.line_no
        ) as nth
    from valid.stock_events as events
    where events.reason is not null
),

adjusted as (
    select
        numbered.platform,
        numbered.channel_sku,
        numbered.event_date,
        numbered.change_units,
        words.meaning
    from numbered
    inner join settings.order_words as words
        on numbered.platform = words.platform and words.axis = 'loss' and folded(numbered.reason) = words.word
    where numbered.event ilike 'adjustments'
    qualify row_number() over (
        partition by
            numbered.platform, numbered.event_date, numbered.channel_sku, numbered.location, numbered.reference_id,
            numbered.reason, numbered.change_units, numbered.disposition, numbered.nth
        order by numbered.file_id
    ) = 1
),

lost as (
    select
        platform,
        channel_sku,
        max(event_date) filter (where change_units < 0) as since_date,
        min(event_date) filter (where change_units < 0) as first_date,
        -sum(change_units) as lost_units
    from adjusted
    group by platform, channel_sku
    having sum(change_units) < 0
),

reimbursements as (
    select *
    from valid.reimbursements
    qualify row_number() over (
        partition by platform, reimbursement_id, channel_sku order by exported_at desc, file_id desc, line_no asc
    ) = 1
),

other_reasons as (
    select distinct
        reasons.platform,
        reasons.reason
    from reimbursements as reasons
    inner join settings.order_words as words
        on
            reasons.platform = words.platform and words.axis = 'reimbursement'
            and folded(reasons.reason) like words.word
),

-- What takes back or corrects another is for the same reason.
paid as (
    select
        reimbursements.platform,
        reimbursements.channel_sku,
        reimbursements.approved_at,
        case
            when other_reasons.reason is null
                then coalesce(reimbursements.cash_units, 0) + coalesce(reimbursements.inventory_units, 0)
            else 0
        end as paid_units,
        case
            when reimbursements.cash_units > 0
                then cast(reimbursements.amount / reimbursements.cash_units as decimal(18, 2))
        end as unit_amount,
        reimbursements.currency
    from reimbursements
    left join reimbursements as originals
        on
            reimbursements.platform = originals.platform and reimbursements.original_id = originals.reimbursement_id
            and reimbursements.channel_sku = originals.channel_sku
    left join other_reasons
        on
            reimbursements.platform = other_reasons.platform
            and coalesce(originals.reason, reimbursements.reason) = other_reasons.reason
),

reported as (
    select distinct platform
    from paid
)

select
    'missing_reimbursement' as kind,
    owners.channel,
    cast(null as varchar) as payout_id,
    cast(null as varchar) as order_id,
    lost.channel_sku as subject_id,
    cast(
        (
            any_value(lost.lost_units)
            - coalesce(sum(paid.paid_units) filter (where paid.approved_at >= lost.first_date), 0)
        )
        * arg_max(paid.unit_amount, (paid.approved_at, paid.unit_amount)) filter (where paid.approved_at is not null)
        as decimal(18, 2)
    ) as amount,
    coalesce(max(paid.currency), any_value(channels.currency)) as currency,
    any_value(lost.since_date) as since_date
from lost
inner join owners using (platform)
inner join settings.channels on owners.channel = channels.channel
semi join reported on lost.platform = reported.platform
left join paid on lost.platform = paid.platform and lost.channel_sku = paid.channel_sku
group by owners.channel, lost.channel_sku
having
    any_value(lost.lost_units) > coalesce(sum(paid.paid_units) filter (where paid.approved_at >= lost.first_date), 0);

comment on column ops.payout_claim_lost.amount is 'Units that are neither found nor paid, at what was last paid for one of this SKU; null where nothing was';
