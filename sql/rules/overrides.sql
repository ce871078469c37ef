-- Which statements of people are said: what holds, and what ended within the last days.

create or replace macro is_said_override(ended_at, until_date, day) as
ended_at is null and until_date >= day - cast(override_said_days() as integer);

create or replace macro override_words(what, stated_value, who, until_date, reason, day) as
replace(what, '_', ' ') || ' ' || stated_value
|| case
    when until_date < day then ' of ' || who || ' ended on ' || until_date || ' and no longer holds.'
    else ' by ' || who || ' until ' || until_date || ': ' || reason
end;
