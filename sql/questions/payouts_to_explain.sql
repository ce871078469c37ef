-- title:   Which payouts do not agree?
-- answers: Payouts that are not reconciled, with what their lines, their total and the bank say.
select
    channel,
    payout_id,
    payout_date,
    status,
    currency,
    lines_total_amount,
    payout_amount,
    bank_amount,
    difference_amount,
    unmatched_amount,
    oldest_open_days
from payout_reconciliation
where status not in ('reconciled', 'scheduled', 'in_transit', 'carried_over')
order by abs(difference_amount) desc nulls last, channel, payout_id asc;
