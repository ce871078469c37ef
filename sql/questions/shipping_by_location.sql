-- title:   Which places ship in time?
-- answers: Orders due, late and still open by channel and location, and the units that left.
-- days:    closed days that are looked at
with counted as (
    select
        location,
        channel,
        cast(sum(due) as bigint) as due,
        cast(sum(on_time) as bigint) as on_time,
        cast(sum(late) as bigint) as late,
        cast(sum(open_past_due) as bigint) as open_past_due,
        cast(sum(shipped_units) as bigint) as shipped_units
    from fulfilment_daily
    where business_date >= (select max(as_of) from order_inbox) - cast(coalesce(getvariable('days'), '28') as integer)
    group by location, channel
)

select
    location,
    channel,
    due,
    on_time,
    late,
    open_past_due,
    shipped_units,
    cast(on_time / nullif(due, 0) as decimal(18, 6)) as on_time_ship_rate
from counted
where due > 0 or shipped_units > 0
order by on_time_ship_rate asc nulls last, location asc, channel asc;
