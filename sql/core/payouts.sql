-- Every payout by the channel's own word, of the newest file that tells.
-- grain:  one row per payout
-- keys:   channel, payout_id
-- inputs: valid.payouts

create or replace table core.payouts as
select
    channel,
    payout_id,
    platform,
    period_start_at,
    period_end_at,
    payout_date,
    lower(state) as state,
    payout_amount,
    currency,
    bank_reference,
    file_id as source_file_id
from valid.payouts
where channel is not null and payout_id is not null
qualify row_number() over (
    partition by channel, payout_id order by exported_at desc, file_id desc, line_no asc
) = 1;

comment on table core.payouts is 'Every payout by the channel''s own word, of the newest file that tells.';
comment on column core.payouts.channel is 'Channel by the shop file''s name';
comment on column core.payouts.payout_id is 'Settlement or payout id of the channel';
comment on column core.payouts.platform is 'Kind of channel';
comment on column core.payouts.period_start_at is 'Start of the window it covers';
comment on column core.payouts.period_end_at is 'End of the window it covers';
comment on column core.payouts.payout_date is 'Day the channel pays';
comment on column core.payouts.state is 'How far the payout is, by the channel''s own word';
comment on column core.payouts.payout_amount is 'Total by the channel''s own word';
comment on column core.payouts.currency is 'ISO 4217';
comment on column core.payouts.bank_reference is 'Reference on the bank statement';
comment on column core.payouts.source_file_id is 'Landed file the row was taken from';
