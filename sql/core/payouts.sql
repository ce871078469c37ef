-- Every payout by the channel's own word; where it states no total, the sum of the payout's lines over all files.
-- grain:  one row per payout
-- keys:   channel, payout_id, currency
-- inputs: core.payout_parts, core.payout_lines, core.payout_line_copies, core.payout_ids, valid.payouts, valid.payout_lines

create or replace table core.payouts as
with

payouts as (
    select
        channel,
        payout_id,
        currency,
        min(platform) as platform,
        min(period_start_at) as period_start_at,
        max(period_end_at) as period_end_at,
        max(payout_date) as payout_date,
        -- Of several payouts of a day: what the first one to have left is.
        arg_max(state, (is_final(state), state = 'paid', coalesce(state, ''))) as state,
        sum(payout_amount) as payout_amount,
        sum(retried_amount) as retried_amount,
        min(bank_reference) as bank_reference,
        count(*) as parts,
        bool_and(total_is is not distinct from 'lines') as is_summed,
        min(source_file_id) as source_file_id
    from core.payout_parts
    group by channel, payout_id, currency
),

-- A file sums its own lines, also those that were quarantined: what is missing then is missing from the union too.
file_sums as (
    select
        channel,
        payout_id as stated_id,
        currency,
        file_id,
        sum(amount) as amount
    from valid.payout_lines
    where payout_id is not null
    group by channel, payout_id, currency, file_id
),

missing as (
    select
        totals.channel,
        payout_ids.payout_id,
        totals.currency,
        arg_max(
            totals.payout_amount - coalesce(file_sums.amount, 0),
            (
                abs(totals.payout_amount - coalesce(file_sums.amount, 0)),
                totals.payout_amount - coalesce(file_sums.amount, 0)
            )
        ) as amount
    from valid.payouts as totals
    inner join core.payout_ids
        on
            totals.channel = payout_ids.channel and totals.payout_id = payout_ids.stated_id
            and totals.currency = payout_ids.currency
    left join file_sums
        on
            totals.channel = file_sums.channel and totals.payout_id = file_sums.stated_id
            and totals.currency = file_sums.currency and totals.file_id = file_sums.file_id
    where totals.total_is = 'lines'
    group by totals.channel, payout_ids.payout_id, totals.currency
),

line_sums as (
    select
        channel,
        payout_id,
        currency,
        sum(amount) as amount
    from core.payout_lines
    group by channel, payout_id, currency
),

-- Put off: all its lines are paid on another day.
moved as (
    select distinct
        channel,
        payout_id,
        currency
    from core.payout_line_copies
    where left_out = 'moved'
)

select
    channel,
    payout_id,
    currency,
    payouts.platform,
    payouts.period_start_at,
    payouts.period_end_at,
    payouts.payout_date,
    payouts.state,
    cast(
        case
            when payouts.is_summed and line_sums.amount is not null
                then line_sums.amount + coalesce(missing.amount, 0)
            else payouts.payout_amount
        end as decimal(18, 2)
    ) as payout_amount,
    cast(payouts.retried_amount as decimal(18, 2)) as retried_amount,
    payouts.bank_reference,
    payouts.parts,
    payouts.source_file_id
from payouts
left join line_sums using (channel, payout_id, currency)
left join missing using (channel, payout_id, currency)
left join moved using (channel, payout_id, currency)
where moved.channel is null or line_sums.channel is not null or is_final(payouts.state);

comment on column core.payouts.payout_id is 'Settlement or payout id of the channel, or the day and currency where it gives none';
comment on column core.payouts.state is 'How far the payout is, by the channel''s own word';
comment on column core.payouts.payout_amount is 'Total by the channel''s own word, else the sum of its lines';
