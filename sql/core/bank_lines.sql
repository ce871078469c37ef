-- Every booking on the bank accounts, once.
-- Statements overlap: equal bookings within one file are several, across files the same.
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
            partition by file_id, account, booked_date, description, reference, amount, balance_amount
            order by line_no
        ) as nth
    from valid.bank_lines
)

select
    sha256(concat_ws('|', account, booked_date, description, reference, amount, balance_amount, nth))[:16]
        as booking_id,
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
    partition by account, booked_date, description, reference, amount, balance_amount, nth
    order by exported_at desc, file_id desc
) = 1;

comment on table core.bank_lines is 'Every booking on the bank accounts, once.';
comment on column core.bank_lines.booking_id is 'Hash of what the booking says';
comment on column core.bank_lines.account is 'Account, here its currency';
comment on column core.bank_lines.booked_date is 'Day of the booking';
comment on column core.bank_lines.description is 'Text of the bank';
comment on column core.bank_lines.reference is 'Reference';
comment on column core.bank_lines.amount is 'Signed: positive comes in';
comment on column core.bank_lines.currency is 'ISO 4217';
comment on column core.bank_lines.source_file_id is 'Landed file the row was taken from';
comment on column core.bank_lines.line_no is 'Line of that file, the header is 1';
