"""The select that lists what counts against a KPI, with its days filled in."""

from datetime import UTC, date, datetime

import duckdb
import pytest

from tasks.rules.kpi_rows import filled, first_judged, of_channel

DAY = date(2026, 11, 29)
AT = datetime(2026, 11, 30, 7, tzinfo=UTC)


def the_rows(text: str, schema: str = "marts") -> str:
    return filled(
        text,
        from_date=first_judged(DAY, 7),
        to_date=DAY,
        timezone="Europe/London",
        as_of=AT,
        schema=schema,
    )


def test_days_and_moment_are_written_as_values_and_marts_in_their_schema() -> None:
    text = "from marts.backlog where due_date between $from_date and $to_date and due_at < $as_of"
    assert the_rows(text, "shown") == (
        "from shown.backlog where due_date between date '2026-11-23' and date '2026-11-29'"
        " and due_at < timestamptz '2026-11-30T07:00:00+00:00'"
    )


def test_a_name_that_is_none_is_refused() -> None:
    with pytest.raises(KeyError, match="today"):
        the_rows("from marts.backlog where day = $today")


def test_rows_of_a_channel_are_those_that_name_it() -> None:
    rows = of_channel("select * from (values ('web', 1), ('it''s', 2)) as t(channel, n)", "it's")
    assert duckdb.execute(rows).fetchall() == [("it's", 2)]
