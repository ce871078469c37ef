"""What counts against each KPI: its select as it runs, and of what is not on target the first rows.

Requires of the marts: kpi_dictionary, and those that the selects of config/kpis.yaml name.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import duckdb

from tasks.rules.kpi_rows import filled, first_judged
from tasks.run.wording import clock, percent, plain, short_day, words
from tasks.tell.summary_figures import KpiFigure, Summary
from tasks.warehouse.tables import rows_of

SHOWN = 5
JUDGED_BAD = ("critical", "warning", "off_target")


@dataclass(frozen=True)
class Listed:
    """The rows of one KPI: the select, and where it is not on target the first rows as they are read."""

    query: str
    names: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()
    total: int = 0


def listed(
    con: duckdb.DuckDBPyConnection,
    summary: Summary,
    queries: Mapping[str, str | None],
    schema: str = "marts",
) -> dict[str, Listed]:
    """Return the rows of each KPI of the summary, by its name; of the first night nothing."""
    moment = summary.moment
    if moment is None:
        return {}
    return {
        kpi.kpi: _of(con, summary, kpi, query, moment, schema)
        for kpi in summary.kpis
        if (query := queries.get(kpi.kpi))
    }


def _of(
    con: duckdb.DuckDBPyConnection,
    summary: Summary,
    kpi: KpiFigure,
    query: str,
    moment: datetime,
    schema: str,
) -> Listed:
    def written(place: str) -> str:
        return filled(
            query,
            from_date=first_judged(kpi.business_date, kpi.judged_days),
            to_date=kpi.business_date,
            timezone=summary.zone.key if isinstance(summary.zone, ZoneInfo) else "UTC",
            as_of=moment,
            schema=place,
        )

    if kpi.status not in JUDGED_BAD:
        return Listed(written("marts"))
    rows = rows_of(con, written(f'"{schema}"'))
    names = (
        [name for name in rows[0] if any(row[name] not in (None, "") for row in rows)]
        if rows
        else []
    )
    first = [[_read(name, row[name], summary) for name in names] for row in rows[:SHOWN]]
    return Listed(
        written("marts"), [words(name.removesuffix("_at")) for name in names], first, len(rows)
    )


def _read(name: str, value: object, summary: Summary) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return clock(value, summary.zone, summary.business_date)
    if isinstance(value, date):
        return short_day(value, summary.business_date)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if name.endswith("_rate") and isinstance(value, Decimal):
        return percent(value)
    return f"{value:,}" if isinstance(value, int | Decimal) else plain(value)
