-- What is still to come to Amazon, counted once. Its own count of what is on its way holds, for it is of the moment of its
-- stock: less what of our shipments is missing, but no less than what of them is within time, as far as it counts that
-- itself. Where it counts nothing, the shipments hold.

create or replace macro still_to_come(stated_units, in_time_units, missing_units) as
case
    when stated_units is null then coalesce(in_time_units, 0)
    else greatest(stated_units - coalesce(missing_units, 0), least(stated_units, coalesce(in_time_units, 0)))
end;

-- Whether Amazon may still count units of a shipment as on their way.
create or replace macro is_open_shipment(age_days) as
age_days <= inbound_open_days();
