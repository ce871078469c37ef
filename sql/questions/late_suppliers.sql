-- title:   Which suppliers are late, and with what?
-- answers: Open purchase order lines past their promised date by supplier, with the share that came on time in the last judged quarter.
with late as (
    select
        supplier_id as supplier,
        count(*) as late_lines,
        sum(ordered_units - coalesce(received_units, 0)) as late_units,
        max(overdue_days) as oldest_days,
        string_agg(distinct po_number, ', ' order by po_number) as purchase_orders
    from purchase_order_status
    where overdue_days > 0
    group by supplier_id
),

scores as (
    from supplier_scorecard
    where on_time_rate is not null
    qualify row_number() over (partition by supplier order by quarter desc) = 1
)

select
    scores.supplier_name,
    late.oldest_days,
    late.purchase_orders,
    scores.quarter,
    scores.on_time_rate,
    scores.lead_time_mean,
    coalesce(late.supplier, scores.supplier) as supplier,
    coalesce(late.late_lines, 0) as late_lines,
    coalesce(late.late_units, 0) as late_units
from late
full join scores on late.supplier = scores.supplier
order by late_lines desc, scores.on_time_rate asc nulls last, supplier asc;
