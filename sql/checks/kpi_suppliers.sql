-- KPI of suppliers: purchase order lines that came on time and in full.
-- Of the lines promised in the shop's window of closed days.
-- grain:  one row per KPI × day or week × channel
-- keys:   kpi, grain, from_date, channel
-- inputs: ops.purchase_order_status, checks.periods, settings.stock, settings.run

create or replace table checks.kpi_suppliers as
select
    'supplier_otif_rate' as kpi,
    periods.grain,
    periods.from_date,
    periods.channel,
    count(*) filter (where status.is_on_time_in_full) as numerator,
    count(*) as denominator,
    null as figure,
    count(*) as n
from checks.periods
cross join settings.run
cross join settings.stock
inner join ops.purchase_order_status as status
    on status.promised_date between run.business_date - cast(stock.window_days as integer) and run.business_date - 1
where
    periods.is_current
    and periods.channel = 'all'
    and status.is_on_time_in_full is not null
group by periods.grain, periods.from_date, periods.channel;
