-- What one pool can give to another before anything is bought: transfers to Amazon or between our own, and removals from Amazon.
-- A transfer is within the capacity that the shop states for Amazon and the quantity that Amazon's restock report would be
-- sent, the SKU that is out first served first. A removal, of what Amazon counts as excess at most, is shown next to a
-- purchase: which is cheaper, a person says.
-- grain:  one row per SKU × pool it leaves × pool it goes to
-- needs:  all orders, all sibling_orders, sku_map, bundles, all stock, supplier_items, suppliers, receipts,
--   purchase_orders, inbound, stock_history
-- keys:   shop, sku, from_pool, to_pool
-- inputs: ops.transfers, settings.run

create or replace table marts.transfer_suggestions as
select
    run.shop,
    run.business_date as as_of,
    transfers.sku,
    transfers.kind,
    transfers.from_pool,
    transfers.to_pool,
    transfers.units,
    transfers.needed_units,
    transfers.beyond_limit_units,
    transfers.volume_cubic_feet,
    transfers.state,
    transfers.owner,
    transfers.reason,
    getvariable('rule_version') as rule_version
from ops.transfers
cross join settings.run;

comment on column marts.transfer_suggestions.kind is 'transfer, or removal: a removal order at Amazon';
comment on column marts.transfer_suggestions.state is 'suggested; limited: Amazon''s limits take a part; no_capacity: they take none';
comment on column marts.transfer_suggestions.units is 'Units to move tonight';
