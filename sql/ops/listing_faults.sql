-- Titles and pictures that break a rule of their platform (config/listing_rules.yaml). Where no file lists what a
-- platform sells, its titles are those under which it was sold in the trailing weeks; its pictures are not known.
-- grain:  one row per listing × rule that it breaks
-- keys:   platform, channel_sku, rule
-- inputs: core.listings, core.order_lines, settings.channels, settings.listing_rules, settings.run

create or replace table ops.listing_faults as
with

sold as (
    select
        channels.platform,
        lines.channel_sku,
        arg_max(lines.title, (lines.ordered_at, lines.order_id, lines.line_id)) as title
    from core.order_lines as lines
    inner join settings.channels using (channel)
    cross join settings.run
    where
        lines.is_sale
        and lines.channel_sku is not null
        and lines.title is not null
        and lines.business_date > run.business_date - cast(kpi_trailing_days()[2] as integer)
        and channels.platform not in (select listings.platform from core.listings as listings)
    group by channels.platform, lines.channel_sku
),

titles as (
    select
        platform,
        channel_sku,
        title,
        image_count
    from core.listings
    where status is distinct from 'archived'
    union all
    select
        platform,
        channel_sku,
        title,
        cast(null as bigint) as image_count
    from sold
),

judged as (
    select
        titles.*,
        rules.most_character_count,
        rules.least_image_count,
        list_filter(
            string_split(rules.forbidden_characters, ''),
            lambda mark: mark <> '' and contains(titles.title, mark)
        ) as marks,
        list_filter(
            string_split(rules.forbidden_words, '|'),
            lambda phrase: phrase <> '' and contains(lower(titles.title), lower(phrase))
        ) as phrases
    from titles
    inner join settings.listing_rules as rules using (platform)
)

select
    platform,
    channel_sku,
    title,
    'title_too_long' as rule,
    'its title has ' || length(title) || ' characters, at most ' || most_character_count || ' are allowed' as fault
from judged
where length(title) > most_character_count
union all
select
    platform,
    channel_sku,
    title,
    'forbidden_characters' as rule,
    'its title has ' || array_to_string(marks, ' ') as fault
from judged
where len(marks) > 0
union all
select
    platform,
    channel_sku,
    title,
    'forbidden_words' as rule,
    'its title says ' || array_to_string(phrases, ', ') as fault
from judged
where len(phrases) > 0
union all
select
    platform,
    channel_sku,
    title,
    'too_few_images' as rule,
    'it has ' || image_count || ' pictures, at least ' || least_image_count || ' are asked for' as fault
from judged
where image_count < least_image_count;

comment on column ops.listing_faults.rule is 'title_too_long, forbidden_characters, forbidden_words or too_few_images';
