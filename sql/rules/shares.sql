-- How an amount of an order is shared over its lines, in whole cents: each line gets what the running share has grown
-- by, so the lines add up exactly and a line never gets a cent more than its part rounded up. `run` is the running sum of
-- the lines' weights up to and with this line, `total` their sum; without weights the first line has it all.

create or replace macro share_cents(amount, weight, run, total, is_first) as
case
    when amount is null then null
    when total is null then case when is_first then amount else 0 end
    else amount * run // total - amount * (run - coalesce(weight, 0)) // total
end;
