-- How a counted record is written in a case.

create or replace macro record_words(sku, bin, counted_units, book_units) as
concat_ws(' ', sku, '(' || bin || ')', counted_units || ' of ' || book_units);

-- What is not known of the money at stake: `known` of `records` have a cost.
create or replace macro cost_gap(records, known) as
case when known < records then '; what a unit costs is not known of ' || (records - known) else '' end;
