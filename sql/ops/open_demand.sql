-- Units that open orders have promised, by the place they will leave from.
-- grain:  one row per SKU × location × platform
-- keys:   sku, location, platform
-- inputs: ops.open_lines

create or replace table ops.open_demand as
select
    sku,
    location,
    platform,
    cast(sum(open_units) as bigint) as open_units
from ops.open_lines
where is_promised and location is not null
group by sku, location, platform;

comment on column ops.open_demand.open_units is 'Units promised and not shipped';
