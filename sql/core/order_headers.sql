-- Every order as its channel states it, in the newest state that any file reports. What follows from its lines
-- (how much is open, whether all of it left) is in core.orders.
-- grain:  one row per order
-- keeps:  valid.orders by channel, order_id; same total_amount; money total_amount;
--   leaves no_channel where channel is null; leaves no_order_id where order_id is null
-- keys:   channel, order_id
-- by:     channel, order_id
-- inputs: valid.orders, core.order_sources, core.order_parcels, core.word_meanings, settings.channels,
--   settings.synced_sources, settings.due_dates, settings.countries

create or replace table core.order_headers as
with

newest as materialized (
    select
        orders.*,
        sources.is_past_payment_limit
    from valid.orders as orders
    inner join core.order_sources as sources
        on
            orders.channel = sources.channel and orders.order_id = sources.order_id
            and orders.file_id = sources.source_file_id and orders.line_no = sources.line_no
),

dated as (
    select
        newest.* exclude (shipped_at, is_pos, is_off_channel, missing_address_fields),
        -- The warehouse knows better than a marketplace that only takes the word for it.
        newest.shipped_at as stated_shipped_at,
        -- Of an order that the channel calls partly shipped, its date is of the part that had left.
        case
            when fulfilment_words.meaning = 'partial' then greatest(newest.shipped_at, order_parcels.last_shipped_at)
            else coalesce(newest.shipped_at, order_parcels.last_shipped_at)
        end as left_at,
        coalesce(newest.is_pos, false) as is_pos,
        coalesce(newest.is_off_channel, false) as is_off_channel,
        -- Of an order that is paid in several ways, each is named.
        coalesce(
            method_words.meaning = 'test'
            or list_contains(string_split(newest.payment_method, ' + '), channels.test_gateway), false
        ) as is_test,
        synced_sources.owner_channel as duplicate_of,
        case
            -- Who pays later by nature owed nothing yet when the order was cancelled.
            when
                payment_words.meaning = 'unpaid' and method_words.meaning in ('buyer', 'cash_on_delivery')
                and (newest.cancelled_at is not null or fulfilment_words.meaning = 'cancelled')
                then 'pending'
            -- Not paid by the end of the last day, on a channel that never says that an order is given up. What has
            -- left all the same was paid in another way, or is to be.
            when
                payment_words.meaning = 'pending'
                and coalesce(newest.shipped_at, order_parcels.last_shipped_at) is null
                and newest.is_past_payment_limit
                then 'expired'
            else coalesce(payment_words.meaning, 'unknown')
        end as payment,
        case when newest.fulfilment_state is null then 'unstated' else fulfilment_words.meaning end as fulfilment,
        coalesce(method_words.meaning = 'cash_on_delivery', false) as is_cash_on_delivery,
        nullif(risk_words.meaning, 'unknown') as risk,
        -- A country that has no postcodes misses none.
        array_to_string(
            list_filter(
                string_split(newest.missing_address_fields, ', '),
                lambda part: not coalesce(
                    list_contains(string_split(countries.unused_address_fields, ', '), part), false
                )
            ),
            ', '
        ) as missing_address_fields,
        channels.by_requested_date,
        channels.sla_timezone,
        channels.cutoff_hour,
        day_of(newest.ordered_at, channels.timezone, channels.business_timezone) as business_date,
        timezone(channels.sla_timezone, newest.ordered_at) as sla_time
    from newest
    inner join settings.channels using (channel)
    left join settings.synced_sources
        on newest.channel = synced_sources.channel and newest.source = synced_sources.source
    left join core.word_meanings as payment_words
        on
            channels.platform = payment_words.platform and payment_words.axis = 'payment'
            and newest.payment_state = payment_words.word
    left join core.word_meanings as fulfilment_words
        on
            channels.platform = fulfilment_words.platform and fulfilment_words.axis = 'fulfilment'
            and newest.fulfilment_state = fulfilment_words.word
    left join core.word_meanings as method_words
        on
            channels.platform = method_words.platform and method_words.axis = 'method'
            and newest.payment_method = method_words.word
    left join core.word_meanings as risk_words
        on
            channels.platform = risk_words.platform and risk_words.axis = 'risk'
            and newest.risk_word = risk_words.word
    left join settings.countries on upper(newest.ship_country) = countries.country
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
    dated.funded_discount_amount,
    dated.total_amount,
    dated.refunded_amount,
    dated.outstanding_amount,
    dated.is_tax_included,
    dated.source,
    dated.external_order_id,
    dated.requested_date,
    dated.customer_key,
    dated.ship_country,
    dated.ship_region,
    dated.is_pos,
    dated.is_off_channel,
    dated.bill_country,
    dated.is_billed_elsewhere,
    dated.has_phone,
    dated.is_phone_valid,
    dated.phone_key,
    dated.missing_address_fields,
    dated.missing_address_fields = '' as is_address_complete,
    dated.address_key,
    dated.shipping_method,
    dated.risk,
    dated.invoice_number,
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
    -- Paid for, on terms, or cash on delivery for somebody who can be reached. A marketplace whose report has no phones
    -- reaches its buyers itself: its own label goes to whom it has let order, unless the address it states lacks a part.
    dated.payment in ('paid', 'on_terms', 'refunded')
    or (
        dated.is_cash_on_delivery
        and coalesce(dated.is_phone_valid, dated.has_phone is null)
        and coalesce(dated.missing_address_fields = '', dated.has_phone is null)
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

comment on column core.order_headers.is_cancelled is 'The whole order was cancelled';
comment on column core.order_headers.tax_amount is 'Tax of the order';
comment on column core.order_headers.discount_amount is 'Discounts of the order';
comment on column core.order_headers.funded_discount_amount is 'What the channel pays of it instead of the buyer, who is asked for the total alone';
comment on column core.order_headers.source_file_id is 'Landed file of its newest state';
