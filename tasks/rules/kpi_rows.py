"""The rows behind a KPI: its select of config/kpis.yaml with the days that were judged filled in."""

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta

from tasks.rules.sql_text import literal

NAMES = ("from_date", "to_date", "timezone", "as_of")


def first_judged(to_date: date, judged_days: int | None) -> date:
    """Return the first of the days, ending with `to_date`, whose cases were judged."""
    return to_date - timedelta(days=(judged_days or 1) - 1)


def filled(
    rows: str,
    *,
    from_date: date,
    to_date: date,
    timezone: str,
    as_of: datetime,
    schema: str = "marts",
) -> str:
    """Return the select `rows` as it runs as it is: `$from_date` and its like are values, marts are in `schema`.

    Raises:
        KeyError: a `$name` that is none of NAMES.
    """
    values: Mapping[str, str] = {
        "from_date": f"date '{from_date}'",
        "to_date": f"date '{to_date}'",
        "timezone": literal(timezone),
        "as_of": f"timestamptz '{as_of.isoformat()}'",
    }
    written = re.sub(r"\$(\w+)", lambda found: values[found[1]], rows)
    return written if schema == "marts" else re.sub(r"\bmarts\.", f"{schema}.", written)


def of_channel(rows: str, channel: str) -> str:
    """Return the select of those rows that are of `channel`."""
    return f"select * from ({rows}) where channel = {literal(channel)}"
