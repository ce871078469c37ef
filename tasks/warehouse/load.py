"""Load: what is staged, as canonical tables: `valid.<table>`, one view over every export that feeds it.

A row that points at nothing (a SKU that is in no map, a parcel of no order) is quarantined afresh
every night in `valid.unreferenced`: it comes back by itself once its partner is there, whatever
the order in which the two files land.
"""

from collections.abc import Collection, Iterable
from string import Template

import duckdb

from config.column import column_comments
from config.contract import Contract, load_contracts
from config.export import Export, Feed, load_exports
from config.shop import Shop
from tasks.rules.sql_text import literal
from tasks.run.night import Night
from tasks.warehouse import found_channels, kept
from tasks.warehouse.catalog import columns_of, tables_of
from tasks.warehouse.connection import transaction
from tasks.warehouse.parameters import parameters

PROVENANCE = ("report", "file_id", "line_no", "exported_at")
LAST_CAME = "select file_id, max(seen_at) as last_at from landing.sightings group by file_id"


def load(con: duckdb.DuckDBPyConnection, shop: Shop) -> None:
    """Make every `valid.<table>` view from scratch and find the rows that point at nothing."""
    contracts = load_contracts()
    existing = tables_of(con)
    con.execute(kept.META)
    exports = [export for export in load_exports().values() if export.table in existing]
    with transaction(con):
        con.execute(f"delete from {kept.TABLE} where name = 'valid'")
        for contract in contracts.values():
            con.execute(f"drop view if exists valid.{contract.table}")
        found_channels.begin(con)
        is_open = [export for export in exports if found_channels.has_open_rows(con, export)]
        for contract in contracts.values():
            select = _union(con, contract, exports, shop, is_open)
            con.execute(f"create or replace view loaded.{contract.table} as {select}")
        found_channels.find(con, is_open)
        _find_unreferenced(con, contracts.values())
        for contract in contracts.values():
            _comment(con, contract)
        for export in exports:
            _count_loaded(con, export)


def forget_facts(con: duckdb.DuckDBPyConnection) -> None:
    """Say that the facts are being made: until they are noted, they are of no run."""
    con.execute("create schema if not exists meta")
    con.execute("create or replace table meta.facts (run_id varchar, as_of timestamptz)")


def note_facts(con: duckdb.DuckDBPyConnection, night: Night) -> None:
    """Say that the facts are whole, of which run, and as of when."""
    con.execute("insert into meta.facts values (?, ?)", [night.run_id, night.moment])


def has_facts(con: duckdb.DuckDBPyConnection, night: Night) -> bool:
    """Return whether the facts are those of this run, as of its moment."""
    if "meta.facts" not in tables_of(con):
        return False
    noted = con.execute("select run_id, as_of from meta.facts").fetchall()
    return noted == [(night.run_id, night.moment)]


def _union(
    con: duckdb.DuckDBPyConnection,
    contract: Contract,
    exports: Iterable[Export],
    shop: Shop,
    is_open: Collection[Export],
) -> str:
    """Return the select of one canonical table: all feeds, columns by name, typed by the contract.

    Rows of an export in `is_open` without a channel have the one that was found for them.
    """
    selects = [
        _select(con, contract, export, feed, shop, is_open=export in is_open)
        for export in exports
        for feed in export.loads_into.get(contract.table, ())
    ]
    if not selects:
        columns = ", ".join(f"cast(null as {c.type}) as {n}" for n, c in contract.columns.items())
        nothing = "'' as report, '' as file_id, cast(0 as bigint) as line_no, cast(null as timestamptz) as exported_at"
        selects = [f"select {columns}, {nothing} where false"]
    return " union all ".join(selects)


def _select(
    con: duckdb.DuckDBPyConnection,
    contract: Contract,
    export: Export,
    feed: Feed,
    shop: Shop,
    *,
    is_open: bool,
) -> str:
    have = {column.name for column in columns_of(con, export.table)}
    fill = parameters(shop, export)
    columns = []
    for name, column in contract.columns.items():
        sql = feed.set_.get(name, name if name in have else "null")
        columns.append(f"cast({Template(sql).safe_substitute(fill)} as {column.type}) as {name}")
    conditions = [
        f"row_kind = {literal(feed.rows)}",
        f"(still_feeds is null or still_feeds = {literal(contract.table)})",
        *([f"({feed.where})"] if feed.where else []),
    ]
    moment, source = "exported_at", export.table
    if is_open:
        source = found_channels.with_found(source)
    if contract.copies_renew:
        moment = "coalesce(came.last_at, exported_at) as exported_at"
        source += f" left join ({LAST_CAME}) as came using (file_id)"
    return (
        f"select {', '.join(columns)}, {literal(export.name)} as report, file_id, line_no, {moment}"
        f" from {source} where {' and '.join(conditions)}{_first_of(feed)}"
    )


def _comment(con: duckdb.DuckDBPyConnection, contract: Contract) -> None:
    """Say of a view and of each of its columns what it holds, as of any table that a person may read."""
    view = f"valid.{contract.table}"
    comments = {name: column.comment for name, column in contract.columns.items()}
    comments |= {name: column_comments()[name] for name in PROVENANCE}
    statements = [f"comment on view {view} is {literal(contract.grain)}"]
    statements += [f"comment on column {view}.{n} is {literal(c)}" for n, c in comments.items()]
    con.execute(";".join(statements))


def _first_of(feed: Feed) -> str:
    """Return the SQL that takes what many rows repeat from the first that was accepted.

    Decided here and not at the gate: a bad first row must not lose an order that others state too.
    """
    if not feed.first_of:
        return ""
    alike = ", ".join(feed.first_of)
    return f" qualify row_number() over (partition by file_id, {alike} order by line_no) = 1"


def _count_loaded(con: duckdb.DuckDBPyConnection, export: Export) -> None:
    """Note how many accepted rows of the report reach a canonical table, and why others do not."""
    reaches = " or ".join(
        f"(row_kind = {literal(feed.rows)} and coalesce(({feed.where or 'true'}), false))"
        for feeds in export.loads_into.values()
        for feed in feeds
    )
    if reaches:
        con.execute(
            f"""
            insert into {kept.TABLE} (name, source, reason, currency, rows)
            select
                'valid', {literal(export.table)},
                case when left_out.reason is not null then left_out.reason
                when {reaches} then {literal(kept.KEPT)} else 'of_no_table' end,
                '', count(*)
            from {export.table}
            left join (
                select file_id, line_no, min(reason) as reason
                from landing.unreferenced where report = {literal(export.name)} group by all
            ) as left_out using (file_id, line_no)
            group by all
            """
        )


def _find_unreferenced(con: duckdb.DuckDBPyConnection, contracts: Iterable[Contract]) -> None:
    """Quarantine rows whose partner is missing; `valid.<table>` shows the others.

    References look at `valid.*` of tables that have none themselves, so their order is free.
    """
    con.execute(
        "create or replace table landing.unreferenced"
        " (file_id varchar, line_no bigint, report varchar, reason varchar, column_name varchar, detail varchar)"
    )
    contracts = sorted(contracts, key=lambda contract: bool(contract.all_references))
    for contract in contracts:
        for reference in contract.all_references:
            key = ", ".join(reference.key)
            named = literal(f"{reference.key[-1]}: ")
            con.execute(
                f"""
                insert into landing.unreferenced
                select distinct file_id, line_no, report, {literal(reference.reason)},
                    {literal(reference.key[-1])}, {named} || {reference.key[-1]}
                from loaded.{contract.table} as this
                anti join ({reference.found_in}) as found({key}) using ({key})
                where {reference.when}
                """
            )
        source = f"loaded.{contract.table}"
        # A join over millions of lines has its price: only where it leaves a row out.
        if contract.all_references and _has_unreferenced(con, source):
            source += " anti join landing.unreferenced using (file_id, line_no)"
        con.execute(f"create view valid.{contract.table} as select * from {source}")


def _has_unreferenced(con: duckdb.DuckDBPyConnection, source: str) -> bool:
    rows = f"select 1 from {source} semi join landing.unreferenced using (file_id, line_no) limit 1"
    return con.execute(rows).fetchone() is not None
