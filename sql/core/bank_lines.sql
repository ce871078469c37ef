-- Every booking on the bank accounts, once.
-- Statements overlap: equal bookings within one file are several, across files the same. The running balance does not
-- identify a booking: one that comes late shifts it, and some statements have none.
-- grain:  one row per booking
-- keeps:  valid.bank_lines by account, booked_date, description, reference, amount; same currency; money amount
-- keys:   booking_id
-- inputs: valid.bank_lines

create or replace table core.bank_lines as
with

numbered as (
    select
        *,
        row_number() over (
            partition by file_id, account, booked_date, description, reference, amount
            order by line_no
        ) as nth
    from valid.bank_lines
)

select
    sha256(concat_ws('|', account, booked_date, description, reference, amount, nth))[:16] as booking_id,
    account,
    booked_date,
    description,
    reference,
    amount,
    currency,
    file_id as source_file_id,
    line_no
from numbered
qualify row_number() over (
    partition by account, booked_date, description, reference, amount, nth
    order by exported_at desc, file_id desc
) = 1;

comment on column core.bank_lines.description is 'Text of the bank';
