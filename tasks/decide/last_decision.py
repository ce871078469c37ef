"""Whether the last decision about stock still holds: nothing came, nothing changed, no count grew too old.

A sync that finds that it does decides nothing again. It is noted once its files are written, so a
kill before that leaves no note, and the next sync does it all.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import duckdb

from tasks.run.night import Night
from tasks.warehouse.catalog import digest
from tasks.warehouse.connection import has_table, transaction
from tasks.warehouse.models import read_models, read_rules
from tasks.warehouse.tables import fetch
from tasks.warehouse.versions import rule_versions

DECIDED = "marts.channel_stock"
FILES = """
    select file_id, export_version, status, list(seen_at order by seen_at)
    from landing.files left join landing.sightings using (file_id)
    where list_contains(?, files.report) group by all order by all
"""
COUNTED = "select distinct source_as_of from ops.stock_position where source_as_of is not null"


@dataclass(frozen=True)
class _Counted:
    """A moment of which some stock is known."""

    source_as_of: datetime


@dataclass(frozen=True)
class StockDecision:
    """A decision about stock: when it was made, over how many listings, of what, and until when it holds."""

    decided_at: datetime
    listings: int
    made_of: str
    holds_until: datetime


def still_holds(
    con: duckdb.DuckDBPyConnection,
    night: Night,
    reports: Collection[str],
    overrides: Sequence[Mapping[str, Any]],
) -> StockDecision | None:
    """Return the last decision if a new one, at the moment of `night`, would be the same.

    `reports` and `overrides` are those that it is made of.
    """
    if not has_table(con, "meta.stock_decided"):
        return None
    [last] = fetch(
        con,
        StockDecision,
        "select decided_at, listings, made_of, holds_until from meta.stock_decided",
    )
    is_of_now = last.decided_at <= night.moment < last.holds_until
    return last if is_of_now and last.made_of == made_of(con, night, reports, overrides) else None


def note_decision(
    con: duckdb.DuckDBPyConnection,
    night: Night,
    reports: Collection[str],
    overrides: Sequence[Mapping[str, Any]],
    listings: int,
) -> None:
    """Note the decision that was made at the moment of `night`, and whose files are written."""
    row = [night.moment, listings, made_of(con, night, reports, overrides), holds_until(con, night)]
    with transaction(con):
        con.execute(
            "create or replace table meta.stock_decided"
            " (decided_at timestamptz, listings bigint, made_of varchar, holds_until timestamptz)"
        )
        con.execute("insert into meta.stock_decided values (?, ?, ?, ?)", row)


def made_of(
    con: duckdb.DuckDBPyConnection,
    night: Night,
    reports: Collection[str],
    overrides: Sequence[Mapping[str, Any]],
) -> str:
    """Return a digest of what the numbers are made of: files, when they came, settings, overrides, the rule."""
    files = con.execute(FILES, [sorted(reports)]).fetchall()
    rule = rule_versions(read_models(), read_rules())[DECIDED]
    return digest(night.shop.model_dump_json(), rule, repr(files), repr(overrides))


def holds_until(con: duckdb.DuckDBPyConnection, night: Night) -> datetime:
    """Return when the numbers would change although nothing came.

    That is the next day, whose window of sales and promotions is another, or the moment at which a
    count grows too old to be believed as before. A buffer that is sized by risk grows with the age
    of a count, so a decision with one holds for no time.
    """
    if night.shop.has_risk_buffers:
        return night.moment
    stale = timedelta(hours=night.shop.stock.stale_hours)
    hold = timedelta(hours=night.shop.stock.hold_hours)
    tomorrow = datetime.combine(
        night.business_date + timedelta(days=1), datetime.min.time(), tzinfo=night.shop.zone
    )
    steps = [
        counted.source_as_of + stale + times * hold
        for counted in fetch(con, _Counted, COUNTED)
        for times in range(3)
    ]
    return min([tomorrow, *(step for step in steps if step >= night.moment)])
