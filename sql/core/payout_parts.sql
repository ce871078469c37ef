-- Every payout that a file gives a total of. Payouts that share a name, since the export knows only their day, are
-- parts of one payout: each keeps its own amount, so that the bank's bookings find it.
-- A payout that has left is believed before one that is still to leave, else the newest file; that it came back, before
-- all: the file of the payout that pays it again may be older than the last one that has the first payment.
-- grain:  one row per part of a payout
-- keys:   channel, payout_id, currency, part_no
-- inputs: valid.payouts, core.payout_ids

create or replace table core.payout_parts as
with

stated as (
    select
        payouts.*,
        payout_ids.payout_id as name,
        payout_ids.is_day or payout_ids.payout_id = payouts.payout_date || ' ' || payouts.currency
        or coalesce(payouts.total_is = 'day', false) as is_shared,
        row_number() over (
            partition by
                payouts.channel, payouts.payout_id, payouts.currency, payouts.file_id, payouts.payout_amount,
                payouts.payout_ref
            order by payouts.line_no
        ) as nth,
        count(*) filter (where payouts.total_is is distinct from 'reversed') over (
            partition by payouts.channel, payouts.payout_id, payouts.currency, payouts.file_id
        ) as file_rows
    from valid.payouts
    inner join core.payout_ids
        on
            payouts.channel = payout_ids.channel and payouts.payout_id = payout_ids.stated_id
            and payouts.currency = payout_ids.currency
),

-- A settlement file that gives its total twice is a fault of the file, not two payouts.
groups as (
    select
        * replace (
            coalesce(payout_date, max(payout_date) over (partition by channel, name, currency)) as payout_date
        ),
        bool_or(
            coalesce(total_is not in ('lines', 'reversed'), true)
            and (is_shared or (file_rows > 1 and lines_of is distinct from 'file'))
        ) over (partition by channel, name, currency) as is_split,
        max(exported_at) over (partition by channel, name, currency) as newest_at
    from stated
),

chosen as (
    select *
    from groups
    -- A day's payout whose amount was still to change is stated again by the newest file.
    where not is_split or is_final(state) or exported_at = newest_at
    qualify row_number() over (
        partition by
            channel, name, currency,
            case when is_split then payout_amount end, case when is_split then payout_ref end,
            case when is_split then nth end
        order by
            total_is is not distinct from 'reversed' desc,
            total_is is not distinct from 'lines' asc,
            is_final(state) desc,
            exported_at desc,
            file_id desc,
            line_no asc
    ) = 1
)

select
    channel,
    name as payout_id,
    currency,
    row_number() over (
        partition by channel, name, currency order by payout_date asc, payout_amount desc, payout_ref asc, nth asc
    ) as part_no,
    payout_id as stated_id,
    platform,
    period_start_at,
    period_end_at,
    payout_date,
    replace(lower(state), ' ', '_') as state,
    payout_amount,
    retried_amount,
    bank_reference,
    total_is,
    file_id as source_file_id
from chosen;

comment on column core.payout_parts.payout_id is 'Settlement or payout id of the channel, or the day and currency where it gives none';
comment on column core.payout_parts.stated_id is 'The id as the file states it';
comment on column core.payout_parts.state is 'How far the payout is, by the channel''s own word';
