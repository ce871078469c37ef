-- How moments of one order are compared. One at midnight is a day that was stated without its hour.

create or replace macro is_before(one, other, zone) as
case
    when
        timezone(zone, one) = date_trunc('day', timezone(zone, one))
        or timezone(zone, other) = date_trunc('day', timezone(zone, other))
        then date_trunc('day', timezone(zone, one)) < date_trunc('day', timezone(zone, other))
    else one < other - to_minutes(moment_tolerance_minutes())
end;
