-- When something of a purchase order line is still to come, and when it counts as on its way.

create or replace macro is_open_line(state, ordered_units, received_units) as
state in ('open', 'partial', 'unknown') and received_units < ordered_units;

-- A draft is no order. What came for one of an unknown status shows that it was placed.
create or replace macro is_placed_line(state, received_units) as
state in ('open', 'partial') or (state = 'unknown' and received_units > 0);
