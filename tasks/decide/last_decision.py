"""Whether the last decision about stock still holds: nothing came, nothing changed, no count grew too old for it.

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
# The moments of which some stock is known, and those that come: a count may be dated after it was read.
COUNTED = (
    "select distinct source_as_of as at from ops.stock_position where source_as_of is not null"
)
DATED_LATER = "select min(taken_at) as at from core.stock_takes where taken_at > ? having min(taken_at) is not null"


@dataclass(frozen=True)
class _Moment:
    at: datetime


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
    holds_until: datetime,
) -> None:
    """Note the decision that was made at the moment of `night`, and whose files are written."""
    row = [night.moment, listings, made_of(con, night, reports, overrides), holds_until]
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


def known_until(con: duckdb.DuckDBPyConnection, night: Night) -> datetime:
    """Return until when all that a decision is made of stays as it is, if nothing comes.

    That is the next day, whose window of sales and promotions is another, or the first whole second at
    which a count is too old to be believed as before. What grows with the age of a count meanwhile, a
    buffer that is sized by risk, is for the rule to say (tasks/rules/stock.py).
    """
    stale = timedelta(hours=night.shop.stock.stale_hours, seconds=1)
    hold = timedelta(hours=night.shop.stock.hold_hours)
    tomorrow = datetime.combine(
        night.business_date + timedelta(days=1), datetime.min.time(), tzinfo=night.shop.zone
    )
    steps = [
        counted.at.replace(microsecond=0) + stale + times * hold
        for counted in fetch(con, _Moment, COUNTED)
        for times in range(3)
    ]
    steps += [later.at for later in fetch(con, _Moment, DATED_LATER, [night.moment])]
    return min([tomorrow, *(step for step in steps if step > night.moment)])
