-- title:   How close is each channel to suspending us?
-- answers: Each figure that a channel judges the account by, its limit, and how many more orders may go wrong.
select
    channel,
    metric,
    value,
    own_value,
    threshold,
    status,
    headroom_orders,
    revenue_rate,
    stated_at
from channel_health
order by status = 'breached' desc, headroom_orders asc nulls last, channel asc, metric asc;
