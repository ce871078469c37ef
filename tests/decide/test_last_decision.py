"""A decision about stock holds until the day ends or a count grows too old; one sized by risk for no time."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import duckdb
import pytest

from config.shop import Shop, load_shop
from config.stock import Buffer
from tasks.decide.last_decision import holds_until
from tasks.run.night import Night

NOON = datetime(2026, 11, 24, 17, tzinfo=UTC)  # in New York
DEMO = load_shop("demo")
CALM = DEMO.model_copy(update={"buffers": ()})  # without its buffer that is sized by risk
MIDNIGHT = datetime(2026, 11, 25, 5, tzinfo=UTC)


def until(shop: Shop, counted_hours_ago: int | None) -> datetime:
    counted = (
        "null" if counted_hours_ago is None else f"'{NOON - timedelta(hours=counted_hours_ago)}'"
    )
    with duckdb.connect() as con:
        con.execute("set timezone = 'UTC'")
        con.execute("create schema ops")
        con.execute(
            f"create table ops.stock_position as select {counted}::timestamptz as source_as_of"
        )
        return holds_until(con, Night(shop, NOON, "test"))


@pytest.mark.parametrize(
    ("counted_hours_ago", "holds"),
    [
        (None, MIDNIGHT),
        (1, MIDNIGHT),
        (20, NOON + timedelta(hours=10)),  # stale after 30 hours
        (30, NOON),  # at its limit now
        (45, NOON + timedelta(hours=9)),  # held for 24
        (70, NOON + timedelta(hours=8)),  # the conservative figure, for 24 more
        (100, MIDNIGHT),  # stopped for good
    ],
)
def test_it_holds_until_the_day_ends_or_a_count_is_too_old(
    counted_hours_ago: int | None, holds: datetime
) -> None:
    assert until(CALM, counted_hours_ago) == holds


def test_a_buffer_sized_by_risk_grows_with_the_age_of_a_count() -> None:
    risky = CALM.model_copy(update={"buffer": Buffer(risk=Decimal("0.01"))})
    assert until(risky, 1) == until(DEMO, 1) == NOON
