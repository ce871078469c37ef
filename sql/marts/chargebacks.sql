-- Every dispute and claim: how long its evidence may still come, how it ended, and what it took and cost.
-- An order may have several. Money is that of the payout lines: of an order with one dispute all of them, of one with
-- several those of the dispute's own amount. Money that was taken back with no dispute reported, and returns that Amazon
-- marks with an A-to-z claim, have a row too: their deadline is not known, and `unknown_reason` says why. Where the
-- payout names no order either, the row is of the payout, as long as no report of disputes may have it.
-- grain:  one row per dispute, or order or payout with a claim that no report of disputes names
-- keeps:  core.disputes by channel, dispute_id; same amount; money amount
-- needs:  disputes, payout_lines
-- keys:   shop, channel, dispute_id
-- inputs: core.disputes, core.payout_lines, core.returns, core.order_refs, settings.channels, settings.run

create or replace table marts.chargebacks as
with

-- A dispute's lines; its fee is apart. Some channels give what was won back as an adjustment of the order.
lines as (
    select
        payout_lines.channel,
        coalesce(min(refs.order_id), payout_lines.order_ref) as order_id,
        payout_lines.payout_id,
        payout_lines.currency,
        payout_lines.amount,
        payout_lines.posted_at,
        payout_lines.bucket in ('other_fee', 'commission', 'fulfilment_fee') as is_fee,
        folded(payout_lines.transaction_type) like 'atoz%' as is_claim,
        folded(payout_lines.transaction_type) like 'adjustment%' as is_adjustment
    from core.payout_lines
    left join core.order_refs as refs
        on payout_lines.channel = refs.channel and payout_lines.order_ref = refs.order_ref
    where
        payout_lines.bucket = 'chargeback'
        or folded(payout_lines.transaction_type) like 'chargeback%'
        or folded(payout_lines.transaction_type) like 'dispute%'
        or folded(payout_lines.transaction_type) like 'atoz%'
        or (
            payout_lines.order_ref is not null
            and folded(payout_lines.transaction_type) like 'adjustment%' and payout_lines.amount > 0
        )
    group by
        payout_lines.channel, payout_lines.order_ref, payout_lines.currency, payout_lines.amount,
        payout_lines.posted_at, payout_lines.bucket, payout_lines.transaction_type, payout_lines.payout_id,
        payout_lines.source_file_id, payout_lines.line_no, payout_lines.part
),

rivals as (
    select
        *,
        count(*) over (partition by channel, order_id) as disputes,
        count(*) over (partition by channel, order_id, amount) as of_this_amount
    from core.disputes
),

money as (
    select
        rivals.channel,
        rivals.dispute_id,
        min(lines.currency) as currency,
        sum_where(-lines.amount, not lines.is_fee and lines.amount < 0) as taken_amount,
        sum_where(lines.amount, not lines.is_fee and lines.amount > 0) as returned_amount,
        -- A fee names the order, not the dispute.
        case when any_value(rivals.disputes) = 1 then sum_where(-lines.amount, lines.is_fee) end as fee_amount
    from rivals
    inner join lines
        on
            rivals.channel = lines.channel and rivals.order_id = lines.order_id
            and coalesce(rivals.currency, lines.currency) = lines.currency
            and (rivals.outcome = 'won' or not lines.is_adjustment)
            and (
                rivals.disputes = 1
                or (rivals.of_this_amount = 1 and not lines.is_fee and abs(lines.amount) = rivals.amount)
            )
    group by rivals.channel, rivals.dispute_id
    having count(distinct lines.currency) = 1
),

-- Money and claims of orders that no report of disputes names, and money without an order.
unreported as (
    select
        channel,
        order_id,
        if(order_id is null, payout_id, null) as payout_id,
        currency,
        bool_or(is_claim) as is_claim,
        sum_where(-amount, not is_fee and amount < 0) as taken_amount,
        sum_where(amount, not is_fee and amount > 0) as returned_amount,
        sum_where(-amount, is_fee) as fee_amount,
        min(posted_at) as opened_at
    from lines
    anti join core.disputes using (channel, order_id)
    where
        not is_adjustment
        and (order_id is not null or channel not in (select reported.channel from core.disputes as reported))
    group by channel, order_id, if(order_id is null, payout_id, null), currency
),

claims as (
    select
        returns.channel,
        coalesce(returns.order_id, returns.order_ref) as order_id,
        coalesce(min(returns.currency), min(channels.currency)) as currency
    from core.returns
    inner join settings.channels using (channel)
    where returns.is_claim and coalesce(returns.order_id, returns.order_ref) is not null
    group by returns.channel, coalesce(returns.order_id, returns.order_ref)
),

rows as (
    select
        disputes.channel,
        disputes.dispute_id,
        disputes.order_id,
        disputes.kind,
        disputes.amount,
        coalesce(disputes.currency, money.currency) as currency,
        disputes.reason,
        disputes.stated_state,
        disputes.state,
        disputes.outcome,
        disputes.opened_at,
        disputes.evidence_due_at,
        disputes.evidence_sent_at,
        disputes.decided_at,
        -- Nothing moved: an inquiry takes no money, and a dispute of today is in no payout yet.
        money.taken_amount,
        money.returned_amount,
        money.fee_amount,
        concat_ws(
            '; ',
            case when disputes.evidence_due_at is null then 'the report states no deadline' end,
            case
                when disputes.state = 'unknown'
                    then 'the word for its state is not known: ' || coalesce(disputes.stated_state, 'none')
            end,
            case when disputes.order_id is null then 'the report names no order' end,
            case when disputes.amount is null then 'the report states no amount' end,
            case
                when disputes.kind is null or disputes.kind not in ('chargeback', 'inquiry')
                    then 'the report does not say whether it took money: ' || coalesce(disputes.kind, 'no kind')
            end,
            case
                when money.channel is null and rivals.disputes > 1
                    then 'the order has several disputes, and no payout line is of this one''s amount alone'
                when money.channel is null then 'no payout line is of this dispute yet'
            end
        ) as unknown_reason,
        disputes.source_file_id
    from core.disputes
    inner join rivals using (channel, dispute_id)
    left join money using (channel, dispute_id)
    union all by name
    select
        channel,
        concat_ws(
            ' ', if(order_id is null, 'payout', 'order'), coalesce(order_id, unreported.payout_id),
            case when count(*) over (partition by channel, order_id, unreported.payout_id) > 1 then currency end
        ) as dispute_id,
        order_id,
        case
            when unreported.is_claim or claims.channel is not null then 'a_to_z' else 'chargeback'
        end as kind,
        unreported.taken_amount as amount,
        currency,
        'unknown' as state,
        unreported.opened_at,
        unreported.taken_amount,
        unreported.returned_amount,
        unreported.fee_amount,
        case
            when unreported.channel is null
                then 'the report of returns marks a claim, and none says how far it is or until when to answer'
            when order_id is null
                then 'money was taken back, and neither the payout nor a report of disputes names the order'
            else 'money was taken back, and no report of disputes names the order: no reason, deadline or end'
        end as unknown_reason
    from unreported
    full join claims using (channel, order_id, currency)
    anti join core.disputes using (channel, order_id)
)

select
    run.shop,
    run.business_date as as_of,
    rows.channel,
    rows.dispute_id,
    rows.order_id,
    rows.kind,
    cast(rows.amount as decimal(18, 2)) as amount,
    rows.currency,
    rows.reason,
    rows.opened_at,
    rows.evidence_due_at,
    cast(
        case
            when rows.state in ('open', 'unknown') and rows.evidence_sent_at is null
                then date_diff('second', run.as_of, rows.evidence_due_at) / cast(60 * 60 as decimal(9, 2))
        end as decimal(18, 2)
    ) as hours_left,
    rows.evidence_sent_at,
    rows.evidence_sent_at <= rows.evidence_due_at as is_answered_in_time,
    rows.stated_state,
    rows.state,
    rows.outcome,
    rows.decided_at,
    -- A day that the report states without an hour is that day on every clock.
    case
        when rows.decided_at = date_trunc('day', rows.decided_at) then cast(rows.decided_at as date)
        else cast(timezone(run.timezone, rows.decided_at) as date)
    end as decided_date,
    rows.taken_amount,
    rows.returned_amount,
    rows.fee_amount,
    nullif(rows.unknown_reason, '') as unknown_reason,
    getvariable('rule_version') as rule_version,
    rows.source_file_id
from rows
cross join settings.run;

comment on column marts.chargebacks.dispute_id is 'The channel''s own id, or `order`, or `payout`, and its id where no report names the dispute';
comment on column marts.chargebacks.kind is 'chargeback, inquiry (takes no money yet) or a_to_z';
comment on column marts.chargebacks.amount is 'In dispute; of what no report names, what the payouts took';
comment on column marts.chargebacks.reason is 'The network''s reason; null where no report states it';
comment on column marts.chargebacks.opened_at is 'Moment the buyer disputed it, or of the first line that took money';
comment on column marts.chargebacks.state is 'open (waits for our evidence), in_review (evidence is sent), closed, or unknown';
comment on column marts.chargebacks.outcome is 'won, lost (accepted ones too) or refunded; null until it is decided, or where nobody says it';
comment on column marts.chargebacks.decided_at is 'Moment of the decision';
