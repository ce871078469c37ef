-- What goods that came back are still worth: the cost of the units that are in stock again, given back in the month in
-- which they came back.
-- A unit gives back what it cost when it was sold (ops.sale_costs), so that never more comes back than went out; of goods
-- whose cost is not known, what they give back is not known either. What is scrapped or quarantined stays a cost, and so
-- does what nobody says the whereabouts of: those units are `pending`.
-- grain:  one row per return of goods that a known order sold
-- keeps:  core.returns by source_file_id, line_no; sum returned_units; units returned_units;
--   leaves nothing_came where returned_units = 0;
--   leaves not_sold where not exists (
--       select 1 from ops.sale_costs as sold
--       where sold.channel = this.channel and sold.order_id = this.order_id and sold.sku = this.sku
--   )
-- keys:   source_file_id, line_no
-- inputs: core.returns, ops.sale_costs

create or replace table ops.returned_costs as
with

sold as (
    select
        channel,
        order_id,
        sku,
        min(item) as item,
        min(currency) as currency,
        sum(cost_units) as cost_units,
        case when count(cogs_amount) = count(*) then cast(sum(cogs_amount) * 100 as hugeint) end as cogs_cents,
        string_agg(distinct cost_reason, '; ' order by cost_reason) as cost_reason
    from ops.sale_costs
    semi join core.returns using (channel, order_id, sku)
    group by channel, order_id, sku
),

-- Each return after the other: `run` is what was restocked of these goods up to and with this one.
restocked as (
    select
        returns.channel,
        returns.order_id,
        returns.source_file_id,
        returns.line_no,
        returns.returned_date,
        returns.sku,
        returns.returned_units,
        returns.disposition,
        sold.item,
        sold.currency,
        sold.cost_units,
        sold.cogs_cents,
        sold.cost_reason,
        case when returns.disposition = 'restocked' then returns.returned_units else 0 end as restocked_units,
        sum(restocked_units) over (
            partition by returns.channel, returns.order_id, returns.sku
            order by returns.returned_date, returns.source_file_id, returns.line_no
            rows between unbounded preceding and current row
        ) as run
    from core.returns
    inner join sold using (channel, order_id, sku)
    where returns.returned_units > 0
)

select
    channel,
    order_id,
    source_file_id,
    line_no,
    month_of(returned_date) as month,
    item,
    sku,
    currency,
    returned_units,
    disposition,
    cast(case
        when restocked_units = 0 then 0
        else share_cents(
            cogs_cents,
            least(run, cost_units) - least(run - restocked_units, cost_units),
            least(run, cost_units),
            nullif(cost_units, 0),
            false
        )
    end * 0.01 as decimal(18, 2)) as cost_amount,
    case when restocked_units > 0 and cogs_cents is null then cost_reason end as cost_reason
from restocked;

comment on column ops.returned_costs.order_id is 'Order that sold them';
comment on column ops.returned_costs.month is 'Month in which they came back';
comment on column ops.returned_costs.cost_amount is 'Cost of the units that are in stock again; 0 of others, null where it is not known';
comment on column ops.returned_costs.source_file_id is 'Landed file of the return';
