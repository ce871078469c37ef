-- title:   Which orders wait, and for what?
-- answers: Unshipped orders by location and age, how many are past their promise, and which case blocks them.
select
    backlog.location,
    backlog.channel,
    backlog.bucket,
    coalesce(order_inbox.blocking_exception, 'nothing') as blocked_by,
    count(*) as orders,
    count(*) filter (where backlog.past_due) as past_due,
    max(backlog.age_hours) as oldest_hours
from backlog
inner join order_inbox using (channel, order_id)
group by backlog.location, backlog.channel, backlog.bucket, order_inbox.blocking_exception
order by past_due desc, oldest_hours desc, backlog.location asc, backlog.channel asc;
