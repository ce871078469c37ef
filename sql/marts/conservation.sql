-- What became of the rows, units and money that each table promises to keep (`-- keeps:` in its SQL), by reason.
-- `kept` is in the table; `repeated` says again what is kept; `unexplained` is neither there nor left out for a reason.
-- grain:  one row per table × input × reason × currency
-- keys:   shop, table_name, source, reason, currency
-- inputs: meta.kept, settings.run

create or replace table marts.conservation as
select
    run.shop,
    run.business_date as as_of,
    kept.name as table_name,
    kept.source,
    kept.reason,
    kept.currency,
    kept.rows,
    cast(kept.units as bigint) as units,
    cast(kept.amount as decimal(18, 2)) as amount,
    getvariable('rule_version') as rule_version
from meta.kept
cross join settings.run;

comment on column marts.conservation.source is 'Table whose rows it may not lose';
comment on column marts.conservation.reason is 'kept, repeated, unexplained, or the named reason for which the rows left';
comment on column marts.conservation.currency is 'ISO 4217; empty where the rows have none';
comment on column marts.conservation.amount is 'Their money; null where they have none';
