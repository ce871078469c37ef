-- title:   Which carriers deliver in time, and which lose parcels?
-- answers: Parcels by month, carrier and service, the share on time, days in transit, and parcels that may be lost.
-- months:  months that are shown, newest first
select
    month,
    carrier,
    service,
    parcels,
    delivered,
    on_time_rate,
    transit_days_p50,
    transit_days_p90,
    lost_suspects
from carriers_monthly
qualify dense_rank() over (order by month desc) <= cast(coalesce(getvariable('months'), '3') as integer)
order by month desc, parcels desc, carrier asc, service asc;
