-- Rows or money that a table promises to keep and that are neither there nor left out for a named reason.
-- grain:  one row per table × input
-- keys:   type, subject_kind, subject_id
-- inputs: marts.conservation

create or replace table checks.finding_conservation as
select
    'rows_lost' as type,
    'table' as subject_kind,
    table_name || ' of ' || source as subject_id,
    cast(null as varchar) as channel,
    cast(null as varchar) as order_id,
    cast(sum(rows) as bigint) || ' rows or sums of ' || source || ' are not in ' || table_name
    || ' and nothing says why' as evidence,
    cast(case when count(distinct nullif(currency, '')) = 1 then sum(amount) end as decimal(18, 2)) as amount_at_stake,
    case when count(distinct nullif(currency, '')) = 1 then max(nullif(currency, '')) end as currency
from marts.conservation
where reason = 'unexplained'
group by table_name, source;
