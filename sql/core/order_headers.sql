-- Every order as its channel states it, in the newest state that any file reports. What follows from its lines
-- (how much is open, whether all of it left) is in core.orders.
-- The newest state is by the channel's own last change of the order; where a file has none, by the newest event in
-- the file: an old export that is downloaded or copied again knows nothing of later days.
-- grain:  one row per order
-- keeps:  valid.orders by channel, order_id; same total_amount; money total_amount;
--   leaves no_channel where channel is null; leaves no_order_id where order_id is null
-- keys:   channel, order_id
-- inputs: valid.orders, core.order_parcels, settings.channels, settings.synced_sources, settings.due_dates,
--   core.word_meanings

create or replace table core.order_headers as
with

stated as (
    select
        *,
        max(greatest(ordered_at, updated_at, paid_at, shipped_at, delivered_at, cancelled_at))
            over (partition by file_id) as file_newest_at
    from valid.orders
    where channel is not null and order_id is not null
),

newest as (
    select *
    from stated
    qualify row_number() over (
        partition by channel, order_id
        order by
            coalesce(updated_at, file_newest_at) desc, file_newest_at desc, exported_at desc, file_id desc, line_no asc
    ) = 1
),

-- An order that another channel's stock network ships: Amazon's report lists it with our own number for it.
elsewhere_refs as (
    select distinct external_order_id as order_ref
    from newest
    where is_off_channel and external_order_id is not null
),

elsewhere as (
    select distinct
        newest.channel,
        newest.order_id
    from newest
    cross join unnest([newest.order_id, newest.order_name, ltrim(newest.order_name, '#')]) as names (order_ref)
    inner join elsewhere_refs on names.order_ref = elsewhere_refs.order_ref
),

dated as (
    select
        newest.* exclude (shipped_at, is_pos, is_off_channel),
        -- The warehouse knows better than a marketplace that only takes the word for it.
        newest.shipped_at as stated_shipped_at,
        coalesce(newest.shipped_at, order_parcels.last_shipped_at) as left_at,
        coalesce(newest.is_pos, false) as is_pos,
        coalesce(newest.is_off_channel, false) as is_off_channel,
        coalesce(newest.payment_method = channels.test_gateway, false) as is_test,
        synced_sources.owner_channel as duplicate_of,
        coalesce(payment_words.meaning, 'unknown') as payment,
        case when newest.fulfilment_state is null then 'unstated' else fulfilment_words.meaning end as fulfilment,
        coalesce(method_words.meaning = 'cash_on_delivery', false) as is_cash_on_delivery,
        elsewhere.order_id is not null and not coalesce(newest.is_off_channel, false) as is_released_elsewhere,
        channels.by_requested_date,
        channels.sla_timezone,
        channels.cutoff_hour,
        cast(timezone(channels.business_timezone, newest.ordered_at) as date) as business_date,
        timezone(channels.sla_timezone, newest.ordered_at) as sla_time
    from newest
    inner join settings.channels using (channel)
    left join settings.synced_sources
        on newest.channel = synced_sources.channel and newest.source = synced_sources.source
    left join core.word_meanings as payment_words
        on
            channels.platform = payment_words.platform and payment_words.axis = 'payment'
            and newest.payment_state = payment_words.said
    left join core.word_meanings as fulfilment_words
        on
            channels.platform = fulfilment_words.platform and fulfilment_words.axis = 'fulfilment'
            and newest.fulfilment_state = fulfilment_words.said
    left join core.word_meanings as method_words
        on
            channels.platform = method_words.platform and method_words.axis = 'method'
            and newest.payment_method = method_words.said
    left join elsewhere
        on newest.channel = elsewhere.channel and newest.order_id = elsewhere.order_id
    left join core.order_parcels
        on newest.channel = order_parcels.channel and newest.order_id = order_parcels.order_id
)

select
    dated.channel,
    dated.order_id,
    dated.order_name,
    dated.platform,
    dated.ordered_at,
    dated.business_date,
    dated.paid_at,
    dated.stated_shipped_at,
    dated.left_at,
    dated.delivered_at,
    dated.cancelled_at,
    dated.payment_state,
    dated.payment,
    dated.payment_method,
    dated.is_cash_on_delivery,
    dated.fulfilment_state,
    dated.fulfilment,
    dated.cancelled_at is not null or dated.fulfilment = 'cancelled' as is_cancelled,
    dated.cancelled_by,
    dated.currency,
    dated.subtotal_amount,
    dated.shipping_amount,
    dated.tax_amount,
    dated.discount_amount,
    dated.total_amount,
    dated.refunded_amount,
    dated.is_tax_included,
    dated.source,
    dated.external_order_id,
    dated.requested_date,
    dated.customer_key,
    dated.ship_country,
    dated.is_pos,
    dated.is_off_channel,
    dated.is_released_elsewhere,
    dated.is_phone_valid,
    dated.is_address_complete,
    dated.is_test,
    dated.duplicate_of,
    not dated.is_test and dated.duplicate_of is null and not dated.is_off_channel as is_counted,
    -- What the order's payment says of its money; lines add what was cancelled.
    case
        when dated.is_test then 'test'
        when dated.duplicate_of is not null then 'copy'
        when dated.is_off_channel then 'other_channel'
        when dated.payment in ('unpaid', 'failed', 'voided', 'expired', 'draft') then dated.payment
        when dated.payment = 'unknown' or dated.fulfilment = 'unknown' then 'unknown_word'
        when dated.payment = 'pending' then 'pending'
        else 'sale'
    end as sale_reason,
    -- Paid for, on terms, or cash on delivery for somebody who can be reached.
    dated.payment in ('paid', 'on_terms', 'refunded')
    or (
        dated.is_cash_on_delivery and coalesce(dated.is_phone_valid, false)
        and coalesce(dated.is_address_complete, false)
    ) as is_released,
    -- The last second of the due day, on the clock of the promise.
    timezone(
        dated.sla_timezone,
        cast(case when dated.by_requested_date then dated.requested_date else due_dates.due_date end as timestamp)
        + interval 1 day - interval 1 second
    ) as ship_by_at,
    dated.file_id as source_file_id
from dated
left join settings.due_dates
    on
        dated.channel = due_dates.channel
        and cast(dated.sla_time as date) = due_dates.ordered_date
        and (extract(hour from dated.sla_time) < dated.cutoff_hour) = due_dates.is_before_cutoff;

comment on table core.order_headers is 'Every order as its channel states it, in the newest state that any file reports.';
comment on column core.order_headers.channel is 'Channel by the shop file''s name';
comment on column core.order_headers.order_id is 'The channel''s own order id';
comment on column core.order_headers.order_name is 'The number people and other systems call the order by';
comment on column core.order_headers.platform is 'Kind of channel';
comment on column core.order_headers.ordered_at is 'Moment it was placed';
comment on column core.order_headers.business_date is 'Local date of the order in its channel''s zone';
comment on column core.order_headers.paid_at is 'Moment it was paid';
comment on column core.order_headers.stated_shipped_at is 'Moment it left by the channels own word';
comment on column core.order_headers.left_at is 'Last moment that any of it left: the channel''s word, else the warehouse''s';
comment on column core.order_headers.delivered_at is 'Moment it arrived';
comment on column core.order_headers.cancelled_at is 'Moment it was cancelled';
comment on column core.order_headers.payment_state is 'The channel''s own word for the payment';
comment on column core.order_headers.payment is 'What that word means: paid, on_terms, authorized, partially_paid, pending, refunded, unpaid, failed, voided, expired, draft, unknown';
comment on column core.order_headers.payment_method is 'How it is paid';
comment on column core.order_headers.is_cash_on_delivery is 'Paid to the carrier: pending by nature';
comment on column core.order_headers.fulfilment_state is 'The channel''s own word for how far it is';
comment on column core.order_headers.fulfilment is 'What that word means: open, partial, shipped, held, scheduled, preorder, restocked, not_needed, cancelled, unstated, unknown';
comment on column core.order_headers.is_cancelled is 'The whole order was cancelled';
comment on column core.order_headers.cancelled_by is 'buyer, seller or channel';
comment on column core.order_headers.currency is 'ISO 4217';
comment on column core.order_headers.subtotal_amount is 'Goods after discounts';
comment on column core.order_headers.shipping_amount is 'Shipping the buyer pays';
comment on column core.order_headers.tax_amount is 'Tax of the order';
comment on column core.order_headers.discount_amount is 'Discounts of the order';
comment on column core.order_headers.total_amount is 'What the buyer pays';
comment on column core.order_headers.refunded_amount is 'Given back so far';
comment on column core.order_headers.is_tax_included is 'Its prices contain the tax; null where nothing says it';
comment on column core.order_headers.source is 'The channel''s own word for where the order came from';
comment on column core.order_headers.external_order_id is 'Order id at the channel that owns a synced order';
comment on column core.order_headers.requested_date is 'Ship date the buyer asked for';
comment on column core.order_headers.customer_key is 'Keyed hash of the customer';
comment on column core.order_headers.ship_country is 'Country of the delivery';
comment on column core.order_headers.is_pos is 'Sold over a counter';
comment on column core.order_headers.is_off_channel is 'Not this channel''s sale: fulfilled for another';
comment on column core.order_headers.is_released_elsewhere is 'Another channel''s stock network ships it';
comment on column core.order_headers.is_phone_valid is 'A phone number that could be called; null where the channel masks it';
comment on column core.order_headers.is_address_complete is 'Street, city and postcode are there; null where masked';
comment on column core.order_headers.is_test is 'Paid through the channel''s test gateway';
comment on column core.order_headers.duplicate_of is 'Channel that owns the sale; null where this is the sale itself';
comment on column core.order_headers.is_counted is 'An order of this channel: no test, no copy, not fulfilled for another';
comment on column core.order_headers.sale_reason is 'sale, pending (money comes later by nature), or why its money does not count: test, copy, other_channel, unpaid, failed, voided, expired, draft, unknown_word';
comment on column core.order_headers.is_released is 'Its payment lets it leave';
comment on column core.order_headers.ship_by_at is 'Moment by which it must have left, by the channel''s promise';
comment on column core.order_headers.source_file_id is 'Landed file of its newest state';
