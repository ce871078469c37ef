-- What to send about each open case to whoever waits outside, with what is known of it filled in: the shop, the order,
-- the SKU, the place, the purchase order, the payout. What stays in braces nobody here knows: a day that somebody
-- promises, a link to pay by.
-- grain:  one row per open case of a kind that has a message
-- keys:   shop, exception_id
-- inputs: core.shipments, marts.exceptions, marts.order_inbox, marts.payout_reconciliation, marts.pick_list,
--   marts.purchase_order_status, marts.stock_position, settings.exception_types, settings.locations, settings.run

create or replace table marts.case_messages as
with

cases as (
    select
        exceptions.exception_id,
        exceptions.subject_kind,
        exceptions.subject_id,
        string_split(exceptions.subject_id, '/') as subject_parts,
        exceptions.channel,
        exceptions.order_id,
        types.message
    from marts.exceptions
    inner join settings.exception_types as types using (type)
    where exceptions.state <> 'closed' and types.message <> ''
),

late as (
    select
        po_number,
        cast(sum(ordered_units - received_units) as varchar) as missing_units,
        cast(min(promised_date) as varchar) as promised_date
    from marts.purchase_order_status
    where overdue_days > 0
    group by po_number
),

-- An order that left in one parcel; of several nobody knows which a case is about.
only_parcels as (
    select
        channel,
        order_id,
        min(tracking_id) as tracking_id
    from core.shipments
    where order_id is not null
    group by channel, order_id
    having count(distinct tracking_id) = 1
),

skus as (
    select distinct sku
    from marts.stock_position
),

found as (
    select
        cases.exception_id,
        unnest(['order_name']) as place,
        unnest([coalesce(inbox.order_name, cases.order_id)]) as value
    from cases
    left join marts.order_inbox as inbox using (channel, order_id)
    where cases.order_id is not null
    union all
    select
        exception_id,
        unnest(['order_name', 'tracking_id']) as place,
        unnest([if(order_id is null, subject_parts[2], null), subject_parts[3]]) as value
    from cases
    where subject_kind = 'parcel'
    union all
    select
        cases.exception_id,
        'tracking_id' as place,
        nullif(only_parcels.tracking_id, '') as value
    from cases
    inner join only_parcels using (channel, order_id)
    where cases.subject_kind <> 'parcel'
    union all
    select
        cases.exception_id,
        'sku' as place,
        string_agg(distinct pick_list.sku, ', ' order by pick_list.sku) as value
    from cases
    inner join marts.pick_list using (channel, order_id)
    where cases.subject_kind = 'order' and pick_list.short_units > 0
    group by cases.exception_id
    union all
    select
        cases.exception_id,
        unnest(['po_number', 'missing_units', 'promised_date']) as place,
        unnest([cases.subject_id, late.missing_units, late.promised_date]) as value
    from cases
    left join late on cases.subject_id = late.po_number
    where cases.subject_kind = 'purchase_order'
    union all
    select
        exception_id,
        subject_kind || '_id' as place,
        subject_id as value
    from cases
    where subject_kind in ('shipment', 'receipt')
    union all
    -- A case is about a whole place, or about something there.
    select
        cases.exception_id,
        'location' as place,
        locations.location as value
    from cases
    inner join settings.locations on list_contains(cases.subject_parts, locations.location)
    where cases.subject_kind in ('location', 'stock')
    union all
    select
        cases.exception_id,
        'sku' as place,
        skus.sku as value
    from cases
    inner join skus on list_contains(cases.subject_parts, skus.sku)
    where cases.subject_kind = 'stock'
    union all
    select
        cases.exception_id,
        unnest(['payout_id', 'currency', 'payout_date', 'payout_amount', 'bank_amount', 'lines_total_amount']) as place,
        unnest([
            payouts.payout_id, payouts.currency, cast(payouts.payout_date as varchar),
            cast(payouts.payout_amount as varchar), cast(payouts.bank_amount as varchar),
            cast(payouts.lines_total_amount as varchar)
        ]) as value
    from cases
    inner join marts.payout_reconciliation as payouts
        on
            cases.channel = payouts.channel
            and starts_with(
                cases.subject_id || ' ',
                payouts.channel || '/' || payouts.payout_id || ' ' || payouts.currency || ' '
            )
    where cases.subject_kind = 'payout'
),

-- One value of each place, however many ways it was found.
facts as (
    select
        exception_id,
        place,
        string_agg(distinct value, ', ' order by value) as value
    from found
    where value is not null
    group by exception_id, place
),

-- The message cut before each place: what is left of a piece begins with the name of the place and a brace.
pieces as (
    select
        exception_id,
        unnest(string_split(message, '{')) as piece,
        generate_subscripts(string_split(message, '{'), 1) as piece_no
    from cases
),

named as (
    select
        *,
        split_part(piece, '}', 1) as place,
        substr(piece, instr(piece, '}') + 1) as rest
    from pieces
),

filled as (
    select
        named.exception_id,
        named.piece_no,
        case
            when named.piece_no = 1 then named.piece
            when named.place = 'shop_title' then run.shop_title || named.rest
            else coalesce(facts.value || named.rest, '{' || named.piece)
        end as piece
    from named
    cross join settings.run
    left join facts on named.exception_id = facts.exception_id and named.place = facts.place
)

select
    run.shop,
    filled.exception_id,
    string_agg(filled.piece, '' order by filled.piece_no) as message,
    getvariable('rule_version') as rule_version
from filled
cross join settings.run
group by run.shop, filled.exception_id;

comment on column marts.case_messages.message is 'To copy and send; what is in braces is yours to fill in';
