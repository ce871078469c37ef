-- How an amount of an order is shared over its lines, in whole cents: each line gets what the running share has grown
-- by, so the lines add up exactly and a line never gets a cent more than its part rounded up. `run` is the running sum of
-- the lines' weights up to and with this line, `total` their sum; without weights the first line has it all.

create or replace macro share_cents(amount, weight, run, total, is_first) as
case
    when amount is null then null
    when total is null then case when is_first then amount else 0 end
    else amount * run // total - amount * (run - coalesce(weight, 0)) // total
end;

-- The lower bound of a share that is seen `hits` times in `cases`, two-sided 95 %: Wilson, E. B. (1927), JASA 22:209-212.
create or replace macro wilson_lower_of(hits, cases) as
(
    2 * hits + wilson_z() ** 2 - wilson_z() * sqrt(wilson_z() ** 2 + 2 * 2 * hits * (1 - hits / nullif(cases, 0)))
) / (2 * (cases + wilson_z() ** 2));
