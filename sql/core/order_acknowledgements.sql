-- What a supplier answered to each line of a purchase order: how much it will send, when, and at what price.
-- The newest answer about a line holds; one that splits it, part now and part later, is added up.
-- grain:  one row per purchase order × SKU as the answer says it
-- keeps:  valid.order_acknowledgements by po_number, sku; units acknowledged_units
-- keys:   po_number, sku
-- inputs: valid.order_acknowledgements

create or replace table core.order_acknowledgements as
with

newest as (
    select
        po_number,
        sku,
        arg_max(file_id, (acknowledged_date, exported_at, file_id)) as file_id
    from valid.order_acknowledgements
    group by po_number, sku
),

answers as (
    select
        order_acknowledgements.*,
        -- What is rejected comes never, what waits for stock comes on no day that is promised.
        order_acknowledgements.code in ('accepted', 'changed') as is_promised
    from valid.order_acknowledgements
    inner join newest using (po_number, sku, file_id)
)

select
    po_number,
    sku,
    min(supplier) as supplier_id,
    max(acknowledged_date) as acknowledged_date,
    case
        when count(*) = count(acknowledged_units)
            then cast(coalesce(sum(acknowledged_units) filter (where is_promised), 0) as bigint)
    end as acknowledged_units,
    cast(sum(acknowledged_units) filter (where code = 'backordered') as bigint) as backordered_units,
    max(promised_date) filter (where is_promised) as confirmed_date,
    max(unit_price_amount) as unit_price_amount,
    min(currency) as currency,
    string_agg(distinct code, ', ' order by code) as answer,
    any_value(file_id) as source_file_id
from answers
group by po_number, sku;

comment on column core.order_acknowledgements.sku is 'SKU as the answer says it';
comment on column core.order_acknowledgements.supplier_id is 'Supplier as the answer says it';
comment on column core.order_acknowledgements.acknowledged_units is 'Units that it will send as asked or with changes; null where it does not say how many';
comment on column core.order_acknowledgements.unit_price_amount is 'What it charges for a unit; null where it does not say';
