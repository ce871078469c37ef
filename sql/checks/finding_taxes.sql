-- Channels of whose sales nobody knows what the tax in the price is: their net is not known.
-- grain:  one row per channel × currency with such a sale in the window
-- keys:   type, subject_kind, subject_id
-- inputs: core.order_lines, settings.channels, settings.run, settings.stock

create or replace table checks.finding_taxes as
select
    'tax_not_stated' as type,
    'channel' as subject_kind,
    lines.channel || ' ' || coalesce(lines.currency, channels.currency) as subject_id,
    lines.channel,
    cast(null as varchar) as order_id,
    counted(count(*), 'line') || ' of ' || counted(count(distinct lines.order_id), 'order') || ' since '
    || min(lines.business_date) || ': neither their export nor the shop file says '
    || if(bool_or(lines.is_tax_included), 'how much tax is in the price', 'whether the price contains tax')
    || ', so their net is not known' as evidence,
    cast(sum(lines.gross_amount) as decimal(18, 2)) as amount_at_stake,
    coalesce(lines.currency, channels.currency) as currency
from core.order_lines as lines
inner join settings.channels using (channel)
cross join settings.run
cross join settings.stock
where
    lines.is_sale
    and lines.gross_amount > 0
    and lines.net_amount is null
    and lines.business_date >= run.business_date - cast(stock.window_days as integer)
group by lines.channel, coalesce(lines.currency, channels.currency);
