-- How each supplier kept its word in each quarter: on time in full, lead time and its spread, changes of price.
-- A line belongs to the quarter of its promised date, a price to that of its order. Only a quarter that is over and has
-- the shop's minimum of lines is judged; one without enough lines neither breaks a run of bad quarters nor adds to it.
-- grain:  one row per supplier × quarter
-- needs:  purchase_orders, receipts, suppliers
-- keys:   shop, supplier, quarter
-- inputs: ops.purchase_order_status, valid.suppliers, settings.suppliers, settings.run

create or replace table marts.supplier_scorecard as
with

named as (
    select
        supplier_id,
        arg_max(name, (exported_at, file_id, line_no)) as name
    from valid.suppliers
    group by supplier_id
),

delivered as (
    select
        supplier_id as supplier,
        quarter_of(promised_date) as quarter,
        count(*) as lines_due,
        count(*) filter (where is_on_time_in_full) as on_time_in_full,
        cast(
            count(*) filter (where full_received_date > promised_date + cast(suppliers.tolerance_days as integer))
            / nullif(count(full_received_date), 0) as decimal(9, 6)
        ) as late_rate,
        cast(avg(lead_time_days) as decimal(9, 2)) as lead_time_mean,
        cast(stddev_samp(lead_time_days) as decimal(9, 2)) as lead_time_sd
    from ops.purchase_order_status
    cross join settings.suppliers
    where is_on_time_in_full is not null
    group by all
),

prices as (
    select
        supplier_id as supplier,
        quarter_of(ordered_date) as quarter,
        unit_cost_amount,
        lag(unit_cost_amount) over (
            partition by supplier_id, sku, currency order by ordered_date asc, po_number asc
        ) as before_amount
    from ops.purchase_order_status
    where unit_cost_amount is not null and state != 'draft'
),

changes as (
    select
        supplier,
        quarter,
        count(*) as price_changes,
        cast(avg(cast(unit_cost_amount / before_amount - 1 as decimal(18, 9))) as decimal(9, 6)) as price_change_rate
    from prices
    where before_amount > 0 and unit_cost_amount != before_amount
    group by all
),

quarters as (
    select
        coalesce(delivered.supplier, changes.supplier) as supplier,
        coalesce(delivered.quarter, changes.quarter) as quarter,
        coalesce(delivered.lines_due, 0) as lines_due,
        coalesce(delivered.on_time_in_full, 0) as on_time_in_full,
        cast(delivered.on_time_in_full / delivered.lines_due as decimal(9, 6)) as on_time_rate,
        delivered.late_rate,
        delivered.lead_time_mean,
        delivered.lead_time_sd,
        coalesce(changes.price_changes, 0) as price_changes,
        changes.price_change_rate
    from delivered
    full join changes using (supplier, quarter)
),

judged as (
    select
        quarters.*,
        case
            when quarters.quarter >= quarter_of(run.business_date) then 'the quarter is not over'
            when quarters.lines_due < suppliers.minimum_lines
                then quarters.lines_due || ' lines were due, fewer than ' || suppliers.minimum_lines || ' are no data'
        end as not_judged,
        if(not_judged is null, quarters.on_time_rate < suppliers.on_time_rate, null) as below_standard
    from quarters
    cross join settings.suppliers
    cross join settings.run
),

-- Judged quarters are numbered by the good ones before them: a run of bad ones shares a number.
runs as (
    select
        *,
        count(*) filter (where not below_standard) over (partition by supplier order by quarter) as good_before
    from judged
),

counted as (
    select
        *,
        count(*) filter (where below_standard) over (
            partition by supplier, good_before order by quarter
        ) as consecutive_below
    from runs
)

select
    run.shop,
    run.business_date as as_of,
    counted.supplier,
    named.name as supplier_name,
    counted.quarter,
    counted.lines_due,
    counted.on_time_in_full,
    counted.on_time_rate,
    counted.late_rate,
    counted.lead_time_mean,
    counted.lead_time_sd,
    counted.price_changes,
    counted.price_change_rate,
    counted.below_standard,
    counted.consecutive_below,
    coalesce(counted.below_standard, false) and counted.consecutive_below >= suppliers.quarters as renegotiate,
    coalesce(
        counted.not_judged,
        counted.on_time_in_full || ' of ' || counted.lines_due || ' lines came on time and in full, the standard is '
        || round(100 * suppliers.on_time_rate, 1) || ' %'
    ) as reason,
    getvariable('rule_version') as rule_version
from counted
left join named on counted.supplier = named.supplier_id
cross join settings.suppliers
cross join settings.run;

comment on column marts.supplier_scorecard.supplier is 'Supplier id';
comment on column marts.supplier_scorecard.reason is 'What the quarter is judged by, or why it is not';
