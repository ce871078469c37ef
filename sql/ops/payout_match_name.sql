-- Bookings that name the payout they pay: it belongs to them, whatever its amount.
-- A payout is called on a statement by its bank reference, its id, or the digits of its id. Short numbers name too
-- many things.
-- grain:  one row per booking that names a payout
-- keys:   booking_id
-- inputs: core.payouts, core.payout_parts, ops.bank_bookings

create or replace table ops.payout_match_name as
with

payout_names as (
    select
        channel,
        payout_id,
        payout_date,
        currency,
        unnest(['reference', 'payout_id', 'payout_id']) as match_rule,
        unnest([
            folded(bank_reference), folded(payout_id),
            case when length(digits(payout_id)) >= payout_name_digits() then digits(payout_id) end
        ]) as name
    from core.payout_parts
    semi join core.payouts using (channel, payout_id, currency)
),

booking_names as (
    select
        booking_id,
        channel,
        currency,
        unnest(list_distinct(list_concat(
            [folded(reference), digits(reference)],
            long_numbers(reference),
            string_split(replace(replace(lower(reference), '-', ''), '_', ''), ' ')
        ))) as name
    from ops.bank_bookings
    where reference is not null
)

select
    booking_names.booking_id,
    payout_names.channel,
    payout_names.payout_id,
    payout_names.currency,
    payout_names.match_rule
from booking_names
inner join payout_names using (name, currency)
where
    booking_names.channel = payout_names.channel
    or (booking_names.channel is null and payout_names.match_rule = 'reference')
qualify row_number() over (
    partition by booking_names.booking_id
    order by
        payout_names.match_rule desc,
        payout_names.payout_date desc,
        payout_names.channel asc,
        payout_names.payout_id asc
) = 1;

comment on column ops.payout_match_name.match_rule is 'reference: the payout''s bank reference; payout_id: the reference holds its id';
