-- title:   What does each channel still owe us?
-- answers: Orders not paid out yet and the money expected for them, by channel, state and age.
select
    channel,
    payer,
    state,
    age_bucket,
    currency,
    count(*) as orders,
    sum(gross_amount) as gross_amount,
    sum(expected_amount) as expected_amount,
    min(expected_by_date) as first_expected_date
from expected_payouts
group by channel, payer, state, age_bucket, currency
order by channel, state, age_bucket;
