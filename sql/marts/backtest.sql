-- What each reorder policy would have sold, missed and kept over the shop's own history: the newest backtest.
-- Empty until somebody runs one; the nights in between keep it as it is.
-- grain:  one row per policy × ABC class, and one for all classes
-- keys:   shop, policy, abc
-- inputs: ops.backtest, settings.run

create or replace table marts.backtest as
select
    run.shop,
    backtest.policy,
    backtest.abc,
    backtest.first_date,
    backtest.last_date,
    backtest.sku_count,
    backtest.left_out_sku_count,
    backtest.judged_days,
    backtest.unjudged_days,
    backtest.demand_units,
    backtest.lost_units,
    cast(backtest.fill_rate as decimal(9, 6)) as fill_rate,
    backtest.stockout_count,
    backtest.short_days,
    backtest.average_units,
    backtest.average_stock_amount,
    run.currency,
    backtest.uncosted_sku_count,
    backtest.order_count,
    backtest.ordered_units,
    getvariable('rule_version') as rule_version
from ops.backtest
cross join settings.run;

comment on column marts.backtest.abc is 'ABC class as of the backtest, or all';
comment on column marts.backtest.demand_units is 'Units wanted on the judged days';
comment on column marts.backtest.ordered_units is 'Units that the policy would have ordered';
