-- Whose marts these are: the shop's title, the zone of its days and the currency of its figures.
-- grain:  one row per shop
-- keys:   shop
-- inputs: settings.run

create or replace table marts.shops as
select
    run.shop,
    run.shop_title as title,
    run.business_date as as_of,
    run.timezone,
    run.currency
from settings.run;

comment on column marts.shops.title is 'Name that people know it by, as its settings say';
comment on column marts.shops.timezone is 'Zone of its business days';
comment on column marts.shops.currency is 'ISO 4217; of every figure that is in one currency';
