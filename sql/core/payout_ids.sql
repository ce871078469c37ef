-- One name for each payout. Exports of one channel name the same payout by its id, by its day, or not at all.
-- A day's name means the only payout of that day that has an id. Where a day has several, and a file names them
-- by the day alone, all of that day are one payout: nothing separates their lines. A day of a payment provider, whose
-- reports are about a channel too, is never one of the channel's own. What a provider keeps in the shop's balance
-- (`in_balance`) is paid with the first withdrawal of that day or a later one; until then it is in no payout. Last,
-- lines of an id that no file gives a total belong to the total without lines that is just as large, where there is one
-- of each.
-- grain:  one row per id that a file uses
-- keeps:  valid.payouts by channel, payout_id = stated_id, currency; money payout_amount;
--   leaves no_id where payout_id is null;
--   leaves never_reported where total_is = 'reversed'
-- keys:   channel, stated_id, currency
-- inputs: valid.payouts, valid.payout_lines

create or replace table core.payout_ids as
with

totals as (
    select
        channel,
        payout_id as stated_id,
        currency,
        coalesce(min(platform), '') as platform,
        max(payout_date) as payout_date,
        max(payout_amount) as payout_amount,
        coalesce(bool_or(total_is = 'day'), false) as is_withdrawal
    from valid.payouts
    -- That a payout came back is no report of it.
    where payout_id is not null and total_is is distinct from 'reversed'
    group by channel, payout_id, currency
),

-- Payouts of which several files of one report have lines: what they repeat counts once, as the newest file says it.
repeated as (
    select
        channel,
        payout_id as stated_id,
        currency,
        report
    from valid.payout_lines
    where payout_id is not null
    group by channel, payout_id, currency, report
    having min(file_id) != max(file_id)
),

numbered as (
    select
        lines.channel,
        lines.payout_id as stated_id,
        lines.currency,
        lines.platform,
        lines.report,
        lines.file_id,
        lines.exported_at,
        lines.payout_date,
        lines.payout_state,
        lines.posted_at,
        lines.amount,
        line_identity(
            lines.line_key, lines.part, lines.transaction_type, lines.amount_type, lines.description, lines.amount,
            lines.order_ref, lines.item_ref, lines.channel_sku, lines.quantity_units, lines.posted_at
        ) as identity,
        row_number() over (
            partition by lines.channel, lines.payout_id, lines.currency, lines.file_id, identity order by lines.line_no
        ) as nth
    from valid.payout_lines as lines
    semi join repeated
        on
            lines.channel = repeated.channel and lines.payout_id = repeated.stated_id
            and lines.currency = repeated.currency and lines.report = repeated.report
),

counted as (
    select
        lines.channel,
        lines.payout_id as stated_id,
        lines.currency,
        lines.platform,
        lines.payout_date,
        lines.payout_state,
        lines.posted_at,
        lines.amount
    from valid.payout_lines as lines
    anti join repeated
        on
            lines.channel = repeated.channel and lines.payout_id = repeated.stated_id
            and lines.currency = repeated.currency and lines.report = repeated.report
    where lines.payout_id is not null
    union all by name
    (
        select
            channel,
            stated_id,
            currency,
            platform,
            payout_date,
            payout_state,
            posted_at,
            amount
        from numbered
        qualify row_number() over (
            partition by channel, stated_id, currency, report, identity, nth order by exported_at desc, file_id desc
        ) = 1
    )
),

line_sums as (
    select
        channel,
        stated_id,
        currency,
        coalesce(min(platform), '') as platform,
        max(payout_date) as payout_date,
        coalesce(bool_or(payout_state = 'in_balance'), false) as is_in_balance,
        cast(max(posted_at) as date) as last_date,
        sum(amount) as lines_amount
    from counted
    group by channel, stated_id, currency
),

stated as (
    select
        channel,
        stated_id,
        currency,
        coalesce(totals.platform, line_sums.platform) as platform,
        coalesce(totals.payout_date, line_sums.payout_date) as payout_date,
        stated_id = coalesce(totals.payout_date, line_sums.payout_date) || ' ' || currency as is_day,
        totals.stated_id is not null as has_total,
        line_sums.stated_id is not null as has_lines,
        totals.stated_id is null and line_sums.is_in_balance as is_waiting,
        totals.payout_amount,
        line_sums.lines_amount,
        line_sums.last_date
    from totals
    full join line_sums using (channel, stated_id, currency)
),

days as (
    select
        channel,
        platform,
        payout_date,
        currency,
        min(stated_id) filter (where not is_day) as only_id,
        count(*) filter (where not is_day) as ids
    from stated
    where payout_date is not null
    group by channel, platform, payout_date, currency
    having count(*) filter (where is_day) > 0
),

withdrawals as (
    select
        channel,
        platform,
        currency,
        payout_date,
        min(stated_id) as payout_id
    from totals
    where is_withdrawal
    group by channel, platform, currency, payout_date
),

by_day as (
    select
        stated.*,
        case
            when stated.is_waiting then withdrawals.payout_id
            when days.ids is null or days.ids = 0 then stated.stated_id
            when days.ids = 1 then days.only_id
            else stated.payout_date || ' ' || stated.currency
        end as payout_id
    from stated
    left join days using (channel, platform, payout_date, currency)
    asof left join withdrawals
        on
            stated.channel = withdrawals.channel and stated.platform = withdrawals.platform
            and stated.currency = withdrawals.currency and stated.payout_date <= withdrawals.payout_date
),

halves as (
    select
        channel,
        payout_id,
        currency,
        min(platform) as platform,
        max(payout_date) as payout_date,
        max(payout_amount) as payout_amount,
        sum(lines_amount) as lines_amount,
        max(last_date) as last_date,
        bool_or(has_total) as has_total,
        bool_or(has_lines) as has_lines
    from by_day
    group by channel, payout_id, currency
),

-- Lines without a total and a total without lines, or two totals of one day of which one has lines.
by_amount as (
    select
        channel,
        currency,
        one.payout_id as half_id,
        other.payout_id
    from halves as one
    inner join halves as other using (channel, currency, platform)
    where
        one.payout_id != other.payout_id and other.has_total and other.payout_amount != 0
        and case
            when one.has_total
                then
                    not one.has_lines and other.has_lines and one.payout_date = other.payout_date
                    and one.payout_amount = other.payout_amount
            else
                not other.has_lines and one.lines_amount = other.payout_amount
                and coalesce(one.payout_date, one.last_date)
                between other.payout_date - payout_halves_days() and other.payout_date
        end
    qualify
        count(*) over (partition by channel, currency, one.payout_id) = 1
        and count(*) over (partition by channel, currency, other.payout_id) = 1
)

select
    by_day.channel,
    by_day.stated_id,
    by_day.currency,
    coalesce(by_amount.payout_id, by_day.payout_id) as payout_id,
    by_day.is_day,
    case
        when by_amount.payout_id is not null then 'amount'
        when by_day.is_waiting then 'withdrawal'
        when by_day.payout_id != by_day.stated_id then 'day'
        else 'own'
    end as rule
from by_day
left join by_amount
    on
        by_day.channel = by_amount.channel and by_day.currency = by_amount.currency
        and by_day.payout_id = by_amount.half_id;

comment on column core.payout_ids.payout_id is 'The payout it names; null of what waits to be withdrawn';
