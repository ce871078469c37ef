-- How far the bank statements reach: before that day a deposit that is not there has not come; after it nobody knows.
-- grain:  one row per currency of an account
-- keys:   currency
-- inputs: valid.bank_lines, settings.run

create or replace table ops.bank_statements as
select
    bank_lines.currency,
    min(bank_lines.booked_date) as first_date,
    -- A statement covers the days up to its export, whether or not anything was booked on them.
    greatest(
        max(bank_lines.booked_date), cast(timezone(any_value(run.timezone), max(bank_lines.exported_at)) as date)
    ) as last_date
from valid.bank_lines
cross join settings.run
where bank_lines.currency is not null
group by bank_lines.currency;
