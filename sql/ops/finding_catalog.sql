-- What is sold under a SKU that no map names.
-- A line that several files tell counts once, in its newest state.
-- grain:  one row per listing without a SKU
-- keys:   type, subject_kind, subject_id
-- inputs: landing.unreferenced, loaded.order_lines, settings.channels

create or replace table ops.finding_catalog as
with

lines as (
    select order_lines.*
    from loaded.order_lines
    semi join landing.unreferenced
        on
            order_lines.file_id = unreferenced.file_id
            and order_lines.line_no = unreferenced.line_no
            and unreferenced.reason = 'unmapped_sku'
    qualify row_number() over (
        partition by order_lines.channel, order_lines.order_id, order_lines.line_id
        order by order_lines.exported_at desc, order_lines.file_id desc
    ) = 1
)

select
    'unmapped_sku' as type,
    'listing' as subject_kind,
    lines.channel || '/' || lines.channel_sku as subject_id,
    lines.channel,
    cast(null as varchar) as order_id,
    'set aside: ' || count(*) || ' lines, ' || coalesce(sum(lines.quantity_units), 0) || ' units' as evidence,
    cast(sum(lines.gross_amount) as decimal(18, 2)) as amount_at_stake,
    coalesce(min(lines.currency), min(channels.currency)) as currency
from lines
left join settings.channels using (channel)
group by lines.channel, lines.channel_sku;

comment on table ops.finding_catalog is 'What is sold under a SKU that no map names.';
comment on column ops.finding_catalog.type is 'Kind of exception, by config/exceptions.yaml';
comment on column ops.finding_catalog.subject_kind is 'What it is about';
comment on column ops.finding_catalog.subject_id is 'Which one: the same thing is one exception';
comment on column ops.finding_catalog.channel is 'Channel by the shop file''s name; null where it is of none';
comment on column ops.finding_catalog.order_id is 'The channel''s own order id; null where it is of no order';
comment on column ops.finding_catalog.evidence is 'What was seen: facts that read the same every night, no personal data';
comment on column ops.finding_catalog.amount_at_stake is 'Money in question; null where it is not known';
comment on column ops.finding_catalog.currency is 'ISO 4217';
