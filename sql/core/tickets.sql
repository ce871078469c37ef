-- Every help desk ticket, by the newest file that has it, with the time to its first reply on the clock and in the
-- hours in which the shop answers. Whether it is open its state says, where that is a word we know, else a moment of
-- closing: a merged ticket has none, and one that was opened again may still have that of before.
-- grain:  one row per ticket
-- keeps:  valid.tickets by platform, ticket_id
-- keys:   platform, ticket_id
-- inputs: valid.tickets, settings.run, settings.support_hours, settings.support_tags

create or replace table core.tickets as
with

newest as (
    select
        *,
        coalesce(is_stated_open, closed_at is null) as is_open
    from valid.tickets
    qualify row_number() over (
        partition by platform, ticket_id
        order by coalesce(updated_at, exported_at) desc, exported_at desc, file_id desc, line_no desc
    ) = 1
),

replies as (
    select
        platform,
        ticket_id,
        created_at,
        created_at + to_seconds(first_response_seconds_count) as replied_at
    from newest
    where first_response_seconds_count is not null
),

-- What of the wait fell into open hours; none of it is 0, an answer outside of them.
open_waits as (
    select
        replies.platform,
        replies.ticket_id,
        sum(
            epoch(least(replies.replied_at, hours.closes_at)) - epoch(greatest(replies.created_at, hours.opens_at))
        ) as seconds
    from replies
    inner join settings.support_hours as hours
        on replies.replied_at > hours.opens_at and replies.created_at < hours.closes_at
    group by replies.platform, replies.ticket_id
),

tagged as (
    select
        words.platform,
        words.ticket_id,
        bool_or(support_tags.kind = 'where_is_my_order') as is_where_is_my_order,
        bool_or(support_tags.kind = 'macro') as is_macro
    from (
        select
            platform,
            ticket_id,
            unnest(regexp_split_to_array(coalesce(tags, ''), '[,;]')) as tag
        from newest
    ) as words
    inner join settings.support_tags on folded(words.tag) = support_tags.tag
    group by words.platform, words.ticket_id
),

known as (select count(*) filter (where kind = 'macro') > 0 as has_macros from settings.support_tags)

select
    newest.platform,
    newest.ticket_id,
    newest.created_at,
    cast(timezone(run.timezone, newest.created_at) as date) as business_date,
    -- A closed one without a moment was closed by its last change.
    case when not newest.is_open then coalesce(newest.closed_at, newest.updated_at) end as closed_at,
    newest.is_open,
    newest.is_agent_started,
    newest.via,
    newest.first_response_seconds_count is not null as is_answered,
    cast(newest.first_response_seconds_count / 60.0 as decimal(18, 2)) as first_response_minutes,
    cast(
        case
            when newest.first_response_seconds_count is not null
                then coalesce(newest.business_response_seconds_count, open_waits.seconds, 0) / 60.0
        end as decimal(18, 2)
    ) as business_response_minutes,
    newest.reopened_count,
    cast(newest.resolution_seconds_count / 60.0 as decimal(18, 2)) as resolution_minutes,
    coalesce(tagged.is_where_is_my_order, false) as is_where_is_my_order,
    if(known.has_macros, coalesce(tagged.is_macro, false), null) as is_macro,
    -- A score of four or five of five stars, or the word for it; another word is no answer.
    case
        when regexp_matches(newest.satisfaction, '^[1-5]$') then newest.satisfaction >= '4'
        when folded(newest.satisfaction) like 'good%' then true
        when folded(newest.satisfaction) like 'bad%' then false
    end as is_satisfied,
    newest.exported_at as stated_at,
    newest.file_id as source_file_id
from newest
left join open_waits using (platform, ticket_id)
left join tagged using (platform, ticket_id)
cross join known
cross join settings.run;

comment on column core.tickets.business_date is 'Day it was created, on the shop''s clock';
comment on column core.tickets.is_agent_started is 'An agent wrote first; null where the help desk does not say who did';
comment on column core.tickets.closed_at is 'Moment it was closed or solved, at the latest; null while it is open, or where nothing says when';
