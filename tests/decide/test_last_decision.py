"""What a decision about stock is made of stays until the day ends or a count grows too old to be believed as before."""

from datetime import UTC, datetime, timedelta

import duckdb
import pytest

from config.shop import load_shop
from tasks.decide.last_decision import known_until
from tasks.run.night import Night

NOON = datetime(2026, 11, 24, 17, tzinfo=UTC)  # in New York
DEMO = load_shop("demo")
MIDNIGHT = datetime(2026, 11, 25, 5, tzinfo=UTC)


def until(counted_hours_ago: float | None, taken_in_hours: float = -1) -> datetime:
    counted = (
        "null" if counted_hours_ago is None else f"'{NOON - timedelta(hours=counted_hours_ago)}'"
    )
    taken = NOON + timedelta(hours=taken_in_hours)
    with duckdb.connect() as con:
        con.execute("set timezone = 'UTC'")
        con.execute("create schema ops; create schema core")
        con.execute(
            f"create table ops.stock_position as select {counted}::timestamptz as source_as_of"
        )
        con.execute(f"create table core.stock_takes as select '{taken}'::timestamptz as taken_at")
        return known_until(con, Night(DEMO, NOON, "test"))


SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("counted_hours_ago", "stays"),
    [
        (None, MIDNIGHT),
        (1, MIDNIGHT),
        (20, NOON + timedelta(hours=10) + SECOND),  # stale after 30 hours
        (30, NOON + SECOND),  # at its limit now
        (45, NOON + timedelta(hours=9) + SECOND),  # held for 24
        (70, NOON + timedelta(hours=8) + SECOND),  # the conservative figure, for 24 more
        (100, MIDNIGHT),  # stopped for good
    ],
)
def test_it_stays_until_the_day_ends_or_a_count_is_too_old(
    counted_hours_ago: int | None, stays: datetime
) -> None:
    assert until(counted_hours_ago) == stays


def test_a_count_that_is_dated_later_is_news_when_its_hour_comes() -> None:
    assert until(1, taken_in_hours=2) == NOON + timedelta(hours=2)
