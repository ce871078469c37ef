-- What we last sent of each listing against what the channel's newest export says, and why they differ. Compared with
-- an export is the last number that was written before it; a listing of several places is the sum of them. The channel
-- agrees, has sold since, shows what it had before our file (not uploaded), or something else (edited there); without
-- an export from before the file nobody can say which of the two. The same bytes again are an export of that day.
-- grain:  one row per listing (channel × channel SKU) that is not kept by the channel itself
-- needs:  all orders, sku_map, all stock
-- keys:   shop, channel, channel_sku
-- inputs: ops.channel_stock, core.stock_counts, core.stock_takes, core.order_lines, valid.listing_stock,
--   landing.sightings, ledger.stock_pushes, settings.channels, settings.channel_locations, settings.run

create or replace table marts.stock_drift as
with

listings as (
    select
        channel_stock.channel,
        channel_stock.channel_sku,
        channel_stock.sku,
        channels.platform
    from ops.channel_stock
    inner join settings.channels using (channel)
    where channel_stock.mode != 'read_only'
),

-- What exports of the channel said and when, by place; a list of listings knows no place.
observed as (
    select
        listings.channel,
        listings.channel_sku,
        stock_counts.location,
        stock_takes.taken_at,
        stock_counts.on_hand_units - coalesce(stock_counts.unavailable_units, 0) - stock_counts.committed_units as units
    from listings
    inner join core.stock_counts on listings.platform = stock_counts.platform and listings.sku = stock_counts.sku
    inner join settings.channel_locations
        on listings.channel = channel_locations.channel and stock_counts.location = channel_locations.location
    inner join core.stock_takes
        on
            stock_counts.file_id = stock_takes.file_id
            and stock_counts.platform = stock_takes.platform
            and stock_counts.location = stock_takes.location
            and stock_counts.snapshot_at = stock_takes.snapshot_at
    union all
    select
        listings.channel,
        listings.channel_sku,
        '' as location,
        case
            when listing_stock.snapshot_at = listing_stock.exported_at
                then coalesce(sightings.seen_at, listing_stock.snapshot_at)
            else listing_stock.snapshot_at
        end as taken_at,
        listing_stock.channel_units as units
    from listings
    inner join valid.listing_stock
        on listings.channel = listing_stock.channel and listings.channel_sku = listing_stock.channel_sku
    left join landing.sightings using (file_id)
),

known as (
    select observed.*
    from observed
    cross join settings.run
    where observed.units is not null and observed.taken_at <= run.as_of
),

places as (
    select
        channel,
        channel_sku,
        location,
        arg_max(units, (taken_at, units)) as units,
        max(taken_at) as taken_at
    from known
    group by channel, channel_sku, location
),

shown as (
    select
        channel,
        channel_sku,
        sum(units) as channel_units,
        min(taken_at) as shown_at,
        count(*) as place_count
    from places
    group by channel, channel_sku
),

written as (
    select
        stock_pushes.channel,
        stock_pushes.channel_sku,
        stock_pushes.units,
        stock_pushes.pushed_at
    from ledger.stock_pushes
    cross join settings.run
    where stock_pushes.state = 'written' and stock_pushes.pushed_at <= run.as_of
    qualify row_number() over (
        partition by stock_pushes.channel, stock_pushes.channel_sku, stock_pushes.pushed_at
        order by stock_pushes.push_batch desc
    ) = 1
),

sent as (
    select
        channel,
        channel_sku,
        max(pushed_at) as last_pushed_at
    from written
    group by channel, channel_sku
),

compared as (
    select
        shown.channel,
        shown.channel_sku,
        shown.channel_units,
        shown.shown_at,
        shown.place_count,
        written.units as published_units,
        written.pushed_at
    from shown
    inner join written
        on
            shown.channel = written.channel
            and shown.channel_sku = written.channel_sku
            and shown.shown_at > written.pushed_at
    qualify row_number() over (
        partition by shown.channel, shown.channel_sku order by written.pushed_at desc
    ) = 1
),

earlier_places as (
    select
        compared.channel,
        compared.channel_sku,
        known.location,
        arg_max(known.units, (known.taken_at, known.units)) as units,
        max(known.taken_at) as taken_at
    from compared
    inner join known
        on
            compared.channel = known.channel
            and compared.channel_sku = known.channel_sku
            and compared.pushed_at >= known.taken_at
    group by compared.channel, compared.channel_sku, known.location
),

earlier as (
    select
        channel,
        channel_sku,
        sum(units) as units,
        min(taken_at) as taken_at,
        count(*) as place_count
    from earlier_places
    group by channel, channel_sku
),

sold as (
    select
        compared.channel,
        compared.channel_sku,
        coalesce(
            sum(order_lines.quantity_units) filter (where order_lines.ordered_at > compared.pushed_at), 0
        ) as since_push_units,
        coalesce(
            sum(order_lines.quantity_units) filter (where order_lines.ordered_at > earlier.taken_at), 0
        ) as since_earlier_units
    from compared
    left join earlier using (channel, channel_sku)
    left join core.order_lines
        on
            compared.channel = order_lines.channel
            and compared.channel_sku = order_lines.channel_sku
            and compared.shown_at >= order_lines.ordered_at
            and not order_lines.is_cancelled
    group by compared.channel, compared.channel_sku
),

drifts as (
    select
        listings.channel,
        listings.channel_sku,
        listings.sku,
        compared.published_units,
        cast(compared.channel_units as bigint) as channel_units,
        cast(compared.channel_units - compared.published_units as bigint) as drift_units,
        compared.pushed_at,
        compared.shown_at,
        cast(sold.since_push_units as bigint) as sold_since_units,
        sent.last_pushed_at,
        case
            when compared.channel is null then null
            when compared.channel_units = compared.published_units then 'none'
            when compared.channel_units = compared.published_units - sold.since_push_units then 'sold_since'
            when coalesce(earlier.place_count, 0) < compared.place_count then 'unknown'
            when compared.channel_units = earlier.units - sold.since_earlier_units then 'not_uploaded'
            else 'edited_there'
        end as cause
    from listings
    left join compared using (channel, channel_sku)
    left join earlier using (channel, channel_sku)
    left join sold using (channel, channel_sku)
    left join sent using (channel, channel_sku)
)

select
    run.shop,
    run.business_date as as_of,
    drifts.channel,
    drifts.channel_sku,
    drifts.sku,
    drifts.published_units,
    drifts.channel_units,
    drifts.drift_units,
    drifts.sold_since_units,
    drifts.pushed_at,
    drifts.shown_at,
    drifts.cause,
    case drifts.cause
        when 'none' then 'the channel shows what it was sent'
        when 'sold_since' then 'it sold the difference after our file'
        when 'not_uploaded' then 'it shows what it had before our file, less what it sold: the file was not uploaded'
        when 'edited_there' then 'neither our number nor what it had before: somebody changed it at the channel'
        when 'unknown' then 'no export from before our file says what it had'
        else
            case
                when drifts.last_pushed_at is null then 'nothing was ever sent of it'
                else
                    'no export of the channel states its stock after our file of '
                    || strftime(timezone('UTC', drifts.last_pushed_at), '%Y-%m-%d %H:%M') || ' UTC'
            end
    end as reason,
    getvariable('rule_version') as rule_version
from drifts
cross join settings.run;

comment on column marts.stock_drift.published_units is 'The last number written to a file before that export; null where there is none';
