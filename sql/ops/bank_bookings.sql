-- Every booking on the bank accounts, and the channel whose deposits have its description.
-- A description that two channels share is read as both: the booking has a row of each.
-- grain:  one row per booking and channel that its description names; one where it names none
-- keys:   booking_id, channel_no
-- inputs: core.bank_lines, settings.bank_descriptions, settings.bank_days

create or replace table ops.bank_bookings as
with

described as (
    select distinct
        channel,
        folded(description) as description
    from settings.bank_descriptions
)

select
    bank_lines.booking_id,
    row_number() over (partition by bank_lines.booking_id order by described.channel) as channel_no,
    described.channel,
    bank_lines.booked_date,
    bank_days.working_day_number,
    bank_lines.reference,
    bank_lines.amount,
    bank_lines.currency
from core.bank_lines
left join described on folded(bank_lines.description) = described.description
left join settings.bank_days on bank_lines.booked_date = bank_days.day;

comment on column ops.bank_bookings.channel is 'Channel whose deposits have its description; null where no channel''s have';
