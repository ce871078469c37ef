"""Of which channel a row is that several channels of its platform may be meant by (`channel_of_order`).

The orders that it names say it, or for a payment its other lines; a settlement without any follows
the one before it, or is followed by the next: their windows meet, and so do their reserves
(end(n) = start(n+1), previous reserve(n+1) = -current reserve(n)). It is found afresh every night,
so the order in which the files land does not matter. What stays open is quarantined (`references`).
"""

from collections.abc import Iterable

import duckdb

from config.export import Export
from tasks.rules.sql_text import literal

TABLE = "landing.found_channels"
_KEYS = {"row": "file_id || '/' || line_no", "payout": "payout_id"}


def begin(con: duckdb.DuckDBPyConnection) -> None:
    """Make the table empty: the views of `loaded` read it."""
    con.execute(
        f"create or replace table {TABLE} (file_id varchar, line_no bigint, channel varchar)"
    )


def has_open_rows(con: duckdb.DuckDBPyConnection, export: Export) -> bool:
    """Return whether any of its staged rows is of no channel yet."""
    if not export.channel_of_order:
        return False
    row = con.execute(f"select 1 from {export.table} where channel is null limit 1").fetchone()
    return row is not None


def with_found(table: str) -> str:
    """Return the SQL of the rows of a staged table, each without a channel with the one found for it."""
    return (
        f"(select * replace (coalesce(channel, found) as channel) from {table} left join"
        f" (select file_id, line_no, channel as found from {TABLE}) using (file_id, line_no))"
    )


def find(con: duckdb.DuckDBPyConnection, exports: Iterable[Export]) -> None:
    """Fill the table for the `exports` that have open rows; `loaded` has its views."""
    exports = list(exports)
    for export in exports:
        _by_orders(con, export)
    for platform in sorted({e.platform for e in exports if "period_start_at" in e.columns}):
        _by_windows(con, platform, [e for e in exports if e.platform == platform])


def _by_orders(con: duckdb.DuckDBPyConnection, export: Export) -> None:
    if not (how := export.channel_of_order):
        return
    key = _KEYS[how.of]
    con.execute(
        f"""
        insert into {TABLE}
        with
        orders as (
            select order_id, min(channel) as channel
            from loaded.orders
            where platform = {literal(export.platform)} and channel is not null
            group by order_id
            having count(distinct channel) = 1
        ),
        named as (
            select {key} as key, channel from {export.table} where channel is not null
            union
            select {key} as key, orders.channel
            from {export.table} as rows inner join orders on rows.{how.column} = orders.order_id
            where rows.channel is null
        ),
        found as (
            select key, min(channel) as channel from named group by key
            having count(distinct channel) = 1
        )
        select distinct rows.file_id, rows.line_no, found.channel
        from (select *, {key} as key from {export.table} where channel is null) as rows
        inner join found using (key)
        """
    )


def _by_windows(con: duckdb.DuckDBPyConnection, platform: str, exports: Iterable[Export]) -> None:
    """Find settlements by the next known ones in their chain; two that differ say nothing."""
    rows = " union all ".join(
        f"select file_id, line_no, payout_id from {export.table} where channel is null"
        for export in exports
        if "period_start_at" in export.columns
    )
    con.execute(
        f"""
        insert into {TABLE}
        with recursive
        windows as (
            select
                payout_id,
                currency,
                max(channel) as channel,
                min(period_start_at) as start_at,
                max(period_end_at) as end_at
            from loaded.payouts
            where platform = {literal(platform)} and period_start_at is not null
            group by payout_id, currency
        ),
        reserves as (
            select
                payout_id,
                coalesce(sum(amount) filter (lower(description) = 'current reserve amount'), 0) as current,
                coalesce(sum(amount) filter (lower(description) = 'previous reserve amount balance'), 0) as previous
            from loaded.payout_lines
            where platform = {literal(platform)} and description ilike '%reserve amount%'
            group by payout_id
        ),
        chain as (
            select windows.*, coalesce(current, 0) as held, coalesce(previous, 0) as released
            from windows left join reserves using (payout_id)
        ),
        known as (
            select payout_id, channel from chain where channel is not null
            union
            select this.payout_id, known.channel
            from known
            inner join chain as other on known.payout_id = other.payout_id
            inner join chain as this
                on this.currency = other.currency and this.channel is null
                and (
                    (this.start_at = other.end_at and this.released = -other.held)
                    or (this.end_at = other.start_at and other.released = -this.held)
                )
            where not exists (
                select 1 from chain as same
                where same.channel = known.channel and same.currency = this.currency
                    and same.start_at < this.end_at and same.end_at > this.start_at
            )
        ),
        found as (
            select payout_id, min(channel) as channel from known group by payout_id
            having count(distinct channel) = 1
        )
        select distinct rows.file_id, rows.line_no, found.channel
        from ({rows}) as rows inner join found using (payout_id)
        anti join {TABLE} as done on rows.file_id = done.file_id and rows.line_no = done.line_no
        """
    )
