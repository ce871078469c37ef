-- How moments of one order are compared, and the day of one. A moment at midnight is a day that was stated without its
-- hour: it is that day on every clock.

create or replace macro is_before(one, other, zone) as
case
    when
        timezone(zone, one) = date_trunc('day', timezone(zone, one))
        or timezone(zone, other) = date_trunc('day', timezone(zone, other))
        then date_trunc('day', timezone(zone, one)) < date_trunc('day', timezone(zone, other))
    else one < other - to_minutes(moment_tolerance_minutes())
end;

-- `zone` is the clock of who stated the moment, `day_zone` that of the day.
create or replace macro day_of(moment, zone, day_zone) as
cast(
    timezone(if(timezone(zone, moment) = date_trunc('day', timezone(zone, moment)), zone, day_zone), moment) as date
);

-- The bare days of TikTok's and Walmart's payouts are UTC's, those of others their channel's.
create or replace macro posted_day(moment, zone, day_zone) as
day_of(moment, if(timezone('UTC', moment) = date_trunc('day', timezone('UTC', moment)), 'UTC', zone), day_zone);
