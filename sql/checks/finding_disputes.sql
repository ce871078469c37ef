-- Disputes that wait for our evidence: near their deadline, without an answer for too long, or without a known deadline.
-- A dispute over fraud is the owner's, any other the ops lead's. Each is one case at a time: the nearer one counts.
-- grain:  one row per type × dispute
-- keys:   type, subject_kind, subject_id
-- inputs: marts.chargebacks, settings.disputes, settings.run

create or replace table checks.finding_disputes as
with

waiting as (
    select
        chargebacks.*,
        case
            when
                folded(chargebacks.reason) in (
                    'fraudulent', 'fraud', 'unrecognized', 'unrecognised', 'debitnotauthorized', 'unauthorized'
                )
                then 'fraud_'
            else ''
        end as of_fraud,
        date_diff('hour', chargebacks.opened_at, run.as_of) as open_hours
    from marts.chargebacks
    cross join settings.run
    where
        chargebacks.evidence_sent_at is null
        -- A deadline runs under a word that nobody knows, too.
        and (chargebacks.state = 'open' or (chargebacks.state = 'unknown' and chargebacks.hours_left is not null))
),

judged as (
    select
        waiting.*,
        case
            when waiting.hours_left is null then 'dispute_deadline_unknown'
            when waiting.hours_left <= dispute_alert_hours()[2] then waiting.of_fraud || 'dispute_due_now'
            when waiting.hours_left <= dispute_alert_hours()[1] then waiting.of_fraud || 'dispute_due_soon'
            when waiting.open_hours >= disputes.answer_hours then 'dispute_unanswered'
        end as type
    from waiting
    cross join settings.disputes
)

select
    type,
    'dispute' as subject_kind,
    channel || '/' || dispute_id as subject_id,
    channel,
    order_id,
    concat_ws(
        ', ', kind || ' ' || dispute_id, 'order ' || order_id, reason,
        case
            when hours_left < 0 then 'its deadline passed ' || cast(-floor(hours_left) as bigint) || ' hours ago'
            when hours_left is not null
                then cast(floor(hours_left) as bigint) || ' hours left, until ' || evidence_due_at
            else 'the report states no deadline'
        end,
        'open for ' || open_hours || ' hours', 'no evidence sent',
        case when amount is null then 'of no stated amount' end
    ) as evidence,
    amount as amount_at_stake,
    currency
from judged
where type is not null;
