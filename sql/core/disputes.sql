-- Every dispute once, by the newest file that reports it, and what its state means.
-- Open waits for our evidence, in review for the bank's decision; an accepted dispute is lost, and one whose charge was
-- given back to the buyer before a decision is refunded: neither won nor lost.
-- grain:  one row per dispute
-- keeps:  valid.disputes by channel, dispute_id; same amount, currency; money amount
-- keys:   channel, dispute_id
-- inputs: valid.disputes

create or replace table core.disputes as
with newest as (
    from valid.disputes
    qualify row_number() over (
        partition by channel, dispute_id order by exported_at desc, file_id desc, line_no desc
    ) = 1
)

select
    channel,
    dispute_id,
    order_id,
    lower(kind) as kind,
    cast(amount as decimal(18, 2)) as amount,
    currency,
    reason,
    state as stated_state,
    case folded(state)
        when 'needsresponse' then 'open'
        when 'warningneedsresponse' then 'open'
        when 'underreview' then 'in_review'
        when 'warningunderreview' then 'in_review'
        when 'won' then 'closed'
        when 'lost' then 'closed'
        when 'accepted' then 'closed'
        when 'chargerefunded' then 'closed'
        when 'warningclosed' then 'closed'
        else 'unknown'
    end as state,
    case folded(state)
        when 'won' then 'won'
        when 'lost' then 'lost'
        when 'accepted' then 'lost'
        when 'chargerefunded' then 'refunded'
        when 'warningclosed' then 'refunded'
    end as outcome,
    opened_at,
    evidence_due_at,
    evidence_sent_at,
    decided_at,
    file_id as source_file_id
from newest;

comment on column core.disputes.amount is 'In dispute';
comment on column core.disputes.kind is 'chargeback or inquiry: only a chargeback takes the money at once';
comment on column core.disputes.reason is 'The network''s reason';
comment on column core.disputes.state is 'open (waits for our evidence), in_review, closed, or unknown (a word we do not know)';
comment on column core.disputes.outcome is 'won, lost or refunded; null until it is decided';
comment on column core.disputes.opened_at is 'Moment the buyer disputed it';
comment on column core.disputes.decided_at is 'Moment of the decision';
