-- title:   When do buyers order on each channel?
-- answers: Orders, units and their share by hour of the day on the shop's clock, for pick-ups, staff and advertising.
-- days:    closed days that are looked at
with placed as (
    select
        channel,
        units,
        extract(hour from timezone((select any_value(timezone) from kpi_dictionary), ordered_at)) as hour
    from order_inbox
    where
        is_counted
        and business_date between as_of - cast(coalesce(getvariable('days'), '28') as integer) and as_of - 1
)

select
    channel,
    hour,
    cast(count(*) / sum(count(*)) over (partition by channel) as decimal(18, 6)) as share_of_channel,
    count(*) as orders,
    sum(units) as units
from placed
group by channel, hour
order by channel, hour;
