-- Every order, in the newest state that any file tells.
-- The newest is by the channel's own last change, else by the time of the file; the order of landing plays no part.
-- grain:  one row per order
-- keeps:  valid.orders by channel, order_id; same total_amount; money total_amount;
--   leaves no_channel where channel is null; leaves no_order_id where order_id is null
-- keys:   channel, order_id
-- inputs: valid.orders, core.shipments, settings.channels, settings.synced_sources, settings.due_dates

create or replace table core.orders as
with

told as (
    select
        *,
        -- Two files may carry the same last change of an order: the one that knows later events wins.
        max(coalesce(updated_at, ordered_at)) over (partition by file_id) as file_newest_at
    from valid.orders
    where channel is not null and order_id is not null
),

newest as (
    select *
    from told
    qualify row_number() over (
        partition by channel, order_id
        order by
            coalesce(updated_at, exported_at) desc, file_newest_at desc, exported_at desc, file_id desc, line_no asc
    ) = 1
),

parcels as (
    select
        channel,
        order_name,
        max(shipped_at) as shipped_at
    from core.shipments
    group by channel, order_name
),

dated as (
    select
        newest.* exclude (shipped_at, state, is_pos, is_off_channel),
        -- The warehouse knows better than a marketplace that only takes the word for it.
        coalesce(newest.shipped_at, by_name.shipped_at, by_id.shipped_at) as shipped_at,
        coalesce(newest.is_pos, false) as is_pos,
        coalesce(newest.is_off_channel, false) as is_off_channel,
        coalesce(newest.payment_method = channels.test_gateway, false) as is_test,
        synced_sources.owner_channel as duplicate_of,
        newest.state,
        channels.by_requested_date,
        channels.sla_timezone,
        channels.cutoff_hour,
        cast(timezone(channels.business_timezone, newest.ordered_at) as date) as business_date,
        timezone(channels.sla_timezone, newest.ordered_at) as sla_time
    from newest
    inner join settings.channels using (channel)
    left join settings.synced_sources
        on newest.channel = synced_sources.channel and newest.source = synced_sources.source
    left join parcels as by_name on newest.channel = by_name.channel and newest.order_name = by_name.order_name
    left join parcels as by_id on newest.channel = by_id.channel and newest.order_id = by_id.order_name
)

select
    dated.channel,
    dated.order_id,
    dated.order_name,
    dated.platform,
    dated.ordered_at,
    dated.business_date,
    dated.paid_at,
    dated.shipped_at,
    dated.delivered_at,
    dated.cancelled_at,
    case
        when dated.state = 'cancelled' then 'cancelled' when dated.shipped_at is not null then 'shipped'
        else dated.state
    end as state,
    dated.payment_state,
    dated.cancelled_by,
    dated.currency,
    dated.subtotal_amount,
    dated.shipping_amount,
    dated.tax_amount,
    dated.discount_amount,
    dated.total_amount,
    dated.refunded_amount,
    dated.source,
    dated.external_order_id,
    dated.requested_date,
    dated.customer_key,
    dated.ship_country,
    dated.is_pos,
    dated.is_off_channel,
    dated.is_phone_valid,
    dated.is_address_complete,
    dated.is_test,
    dated.duplicate_of,
    not dated.is_test and dated.duplicate_of is null and not dated.is_off_channel as is_counted,
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

comment on table core.orders is 'Every order, in the newest state that any file tells.';
comment on column core.orders.channel is 'Channel by the shop file''s name';
comment on column core.orders.order_id is 'The channel''s own order id';
comment on column core.orders.order_name is 'The number people and other systems call the order by';
comment on column core.orders.platform is 'Kind of channel';
comment on column core.orders.ordered_at is 'Moment it was placed';
comment on column core.orders.business_date is 'Local date of the order in its channel''s zone';
comment on column core.orders.paid_at is 'Moment it was paid';
comment on column core.orders.shipped_at is 'Moment it left: the channel''s word, else the warehouse''s';
comment on column core.orders.delivered_at is 'Moment it arrived';
comment on column core.orders.cancelled_at is 'Moment it was cancelled';
comment on column core.orders.state is 'pending, open, shipped or cancelled';
comment on column core.orders.payment_state is 'The channel''s own word for the payment';
comment on column core.orders.cancelled_by is 'buyer, seller or channel';
comment on column core.orders.currency is 'ISO 4217';
comment on column core.orders.subtotal_amount is 'Goods after discounts';
comment on column core.orders.shipping_amount is 'Shipping the buyer pays';
comment on column core.orders.tax_amount is 'Tax of the order';
comment on column core.orders.discount_amount is 'Discounts of the order';
comment on column core.orders.total_amount is 'What the buyer pays';
comment on column core.orders.refunded_amount is 'Given back so far';
comment on column core.orders.source is 'The channel''s own word for where the order came from';
comment on column core.orders.external_order_id is 'Order id at the channel that owns a synced order';
comment on column core.orders.requested_date is 'Ship date the buyer asked for';
comment on column core.orders.customer_key is 'Keyed hash of the customer';
comment on column core.orders.ship_country is 'Country of the delivery';
comment on column core.orders.is_pos is 'Sold over a counter';
comment on column core.orders.is_off_channel is 'Not this channel''s sale: fulfilled for another';
comment on column core.orders.is_phone_valid is 'A phone number that could be called; null where the channel masks it';
comment on column core.orders.is_address_complete is 'Street, city and postcode are there; null where masked';
comment on column core.orders.is_test is 'Paid through the channel''s test gateway';
comment on column core.orders.duplicate_of is 'Channel that owns the sale; null where this is the sale itself';
comment on column core.orders.is_counted is 'Counts as a sale of this channel: no test, no copy, not fulfilled for another';
comment on column core.orders.ship_by_at is 'Moment by which it must have left, by the channel''s promise';
comment on column core.orders.source_file_id is 'Landed file of its newest state';
