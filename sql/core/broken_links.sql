-- Each address that a crawl of the storefront found broken, by its newest crawl. A link that a later crawl of the same
-- layout does not list any more is fixed; found again later, it is a new break.
-- grain:  one row per address
-- keeps:  valid.broken_links by url
-- keys:   url
-- inputs: valid.broken_links, landing.files, landing.sightings

create or replace table core.broken_links as
with

-- A crawl without a broken link is a file without such rows, and a crawl all the same. One that found what an earlier
-- one had found is the same file again, and a crawl of its own day.
crawls as (
    select
        files.file_id,
        files.report,
        coalesce(sightings.seen_at, files.exported_at) as crawled_at,
        row_number() over (
            partition by files.report
            order by coalesce(sightings.seen_at, files.exported_at), files.received_at, files.file_id
        ) as crawl_no,
        count(*) over (partition by files.report) as crawls
    from landing.files
    left join landing.sightings using (file_id)
    where files.status = 'accepted' and files.report in (select report from valid.broken_links)
),

found as (
    select
        links.url,
        links.report,
        crawls.crawl_no,
        max(crawls.crawls) as crawls,
        arg_min(links.http_status, links.line_no) as http_status,
        arg_min(links.found_on, links.line_no) as found_on,
        count(distinct links.found_on) as pages,
        -- A crawl that dates its own findings found them no later for having come again.
        min(if(links.found_at = links.exported_at, crawls.crawled_at, links.found_at)) as found_at,
        max(if(links.seen_at = links.exported_at, crawls.crawled_at, links.seen_at)) as seen_at,
        max(crawls.crawled_at) as crawled_at,
        any_value(links.file_id) as file_id
    from valid.broken_links as links
    inner join crawls using (file_id)
    group by links.url, links.report, crawls.crawl_no
),

-- Crawls in a row that found it are one break.
breaks as (
    select
        *,
        crawl_no - row_number() over (partition by url, report order by crawl_no) as break_no
    from found
)

select
    url,
    arg_max(http_status, crawl_no) as http_status,
    arg_max(found_on, crawl_no) as found_on,
    arg_max(pages, crawl_no) as pages,
    min(found_at) as first_seen_at,
    max(seen_at) as last_seen_at,
    max(crawl_no) < max(crawls) as is_fixed,
    arg_max(file_id, crawl_no) as source_file_id
from breaks
group by url, report, break_no
qualify row_number() over (partition by url order by max(crawled_at) desc, report desc) = 1;

comment on column core.broken_links.found_on is 'The first page of the newest crawl that links to it';
comment on column core.broken_links.first_seen_at is 'First crawl in a row that found it';
