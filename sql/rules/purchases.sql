-- When something of a purchase order line is still to come.

create or replace macro is_open_line(state, ordered_units, received_units) as
state in ('open', 'partial', 'unknown') and received_units < ordered_units;
