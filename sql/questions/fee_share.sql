-- title:   What share of a sale does each channel keep?
-- answers: Fees by channel, month and kind, as a share of the goods, next to the month before.
-- months:  months that are shown, newest first
select
    month,
    channel,
    kind,
    currency,
    amount,
    goods_amount,
    share_rate,
    previous_share_rate,
    share_change_rate
from channel_fees
qualify dense_rank() over (order by month desc) <= cast(coalesce(getvariable('months'), '3') as integer)
order by month desc, channel asc, amount asc, kind asc;
