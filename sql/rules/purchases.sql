-- When something of a purchase order line is still to come, when it counts as on its way, and what of a number of units
-- is for one of several deliveries: the earlier are filled first, the last takes the rest.

create or replace macro is_open_line(state, ordered_units, received_units) as
state in ('open', 'partial', 'unknown') and received_units < ordered_units;

-- A draft is no order. What came for one of an unknown status shows that it was placed.
create or replace macro is_placed_line(state, received_units) as
state in ('open', 'partial') or (state = 'unknown' and received_units > 0);

create or replace macro taken(units, before_units, ordered_units, is_last) as
cast(case
    when units is not null
        then greatest(if(is_last, units - before_units, least(units - before_units, ordered_units)), 0)
end as bigint);
