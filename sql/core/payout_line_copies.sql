-- Accepted payout lines that do not count: a payout is the union of its lines over all files.
-- Equal lines within one file are several, across the files of one report the same: overlapping exports add nothing
-- twice. Where one file holds as many lines as all together, or only one report ties with the payout's total, that one
-- counts, of each platform. A line that waited for its payout, or whose payout was put off, counts where it was paid.
-- grain:  one row per amount of a source line that does not count
-- keys:   file_id, line_no, part
-- inputs: valid.payout_lines, core.payout_ids, core.payout_parts

create or replace table core.payout_line_copies as
with

-- Read several times: cheaper than to keep a copy of all lines.
keyed as not materialized (
    select
        lines.file_id,
        lines.line_no,
        lines.part,
        lines.channel,
        coalesce(lines.platform, '') as platform,
        lines.currency,
        lines.report,
        lines.exported_at,
        lines.payout_id as stated_id,
        lines.payout_id is null as is_pending,
        coalesce(payout_ids.payout_id, 'pending ' || lines.currency) as payout_id,
        lines.payout_state,
        lines.amount,
        hash(lines.channel, lines.report, lines.currency, line_identity(
            lines.line_key, lines.part, lines.transaction_type, lines.amount_type, lines.description, lines.amount,
            lines.order_ref, lines.item_ref, lines.channel_sku, lines.quantity_units, lines.posted_at
        )) as identity,
        lines.line_key is not null as has_key
    from valid.payout_lines as lines
    left join core.payout_ids
        on
            lines.channel = payout_ids.channel and lines.payout_id = payout_ids.stated_id
            and lines.currency = payout_ids.currency
),

-- A line that no other equals counts: only of equal ones somebody must say which.
repeated as (
    select identity
    from keyed
    group by identity
    having count(*) > 1
),

numbered as (
    select
        * exclude (payout_state),
        coalesce(is_final(payout_state), true) as is_final,
        row_number() over (partition by identity, stated_id, file_id order by line_no, part) as nth,
        count(*) over (partition by identity, file_id) as stated_times
    from keyed
    semi join repeated using (identity)
),

copies as (
    select
        *,
        row_number() over (
            partition by identity, stated_id, nth order by exported_at desc, file_id desc
        ) as copy_no,
        max(stated_times) over (partition by identity) as times
    from numbered
),

-- Among what all files say of one line: paid before unpaid, new before old. More than any file knows are one too many.
placed as (
    select
        *,
        row_number() over (
            partition by identity, copy_no = 1
            order by is_pending asc, is_final desc, exported_at desc, file_id desc, nth asc
        ) as place
    from copies
),

-- Without a key, only a line that waits for its payout is looked for in other payouts.
moved as not materialized (
    select
        * exclude (has_key, is_final, identity, nth, stated_times, times, place),
        case
            when copy_no = 1 and place > times and is_pending then 'paid_since'
            when copy_no = 1 and place > times and has_key and not is_final then 'moved'
        end as moved_to
    from placed
    union all by name
    select
        * exclude (has_key, payout_state, identity),
        1 as copy_no
    from keyed
    anti join repeated using (identity)
),

totals as (
    select
        channel,
        payout_id,
        currency,
        sum(payout_amount) as amount
    from core.payout_parts
    where total_is is distinct from 'lines'
    group by channel, payout_id, currency
),

files as (
    select
        channel,
        platform,
        payout_id,
        currency,
        report,
        file_id,
        is_pending,
        count(*) as lines,
        sum(amount) as amount,
        any_value(exported_at) as exported_at,
        count(*) filter (where copy_no = 1) as first_lines,
        sum(amount) filter (where copy_no = 1) as first_amount
    from moved
    where moved_to is null
    group by channel, platform, payout_id, currency, report, file_id, is_pending
),

candidates as (
    select
        channel,
        platform,
        payout_id,
        currency,
        report,
        cast(null as varchar) as file_id,
        sum(first_lines) as lines,
        sum(first_amount) as amount,
        max(exported_at) as exported_at
    from files
    where first_lines > 0
    group by channel, platform, payout_id, currency, report
    union all
    select
        channel,
        platform,
        payout_id,
        currency,
        report,
        file_id,
        lines,
        amount,
        exported_at
    from files
    where not is_pending
),

chosen as (
    select
        candidates.channel,
        candidates.platform,
        candidates.payout_id,
        candidates.currency,
        candidates.report,
        candidates.file_id
    from candidates
    left join totals using (channel, payout_id, currency)
    qualify row_number() over (
        partition by candidates.channel, candidates.platform, candidates.payout_id, candidates.currency
        order by
            coalesce(candidates.amount = totals.amount, false) desc,
            case when candidates.payout_id = 'pending ' || candidates.currency then candidates.exported_at end desc,
            candidates.lines desc,
            candidates.file_id is not null desc,
            candidates.exported_at desc,
            candidates.report asc,
            candidates.file_id desc
    ) = 1
)

select
    moved.file_id,
    moved.line_no,
    moved.part,
    moved.channel,
    moved.payout_id,
    moved.currency,
    moved.amount,
    case
        when moved.moved_to is not null then moved.moved_to
        when moved.report != chosen.report then 'in_another_report'
        when chosen.file_id is null and moved.copy_no > 1 then 'in_another_file'
        when chosen.file_id is not null and moved.file_id != chosen.file_id then 'in_another_file'
    end as left_out
from moved
left join chosen using (channel, platform, payout_id, currency)
where left_out is not null;

comment on column core.payout_line_copies.payout_id is 'The payout it belongs to; `pending` and the currency where it has none yet';
