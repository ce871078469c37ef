"""Working days, deadlines and the local day of a moment."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.rules.working_days import (
    business_date,
    due_date,
    is_working_day,
    working_days_between,
)

WEEK = frozenset(range(5))
CHRISTMAS = frozenset({date(2026, 12, 25), date(2026, 12, 28)})
FRIDAY = date(2026, 11, 20)

days = st.dates(date(2026, 1, 1), date(2027, 12, 31))
weekdays = st.frozensets(st.integers(0, 6), min_size=1)


@pytest.mark.parametrize(
    ("day", "before_cutoff", "sla_days", "due"),
    [
        (date(2026, 11, 18), True, 0, date(2026, 11, 18)),
        (date(2026, 11, 18), True, 1, date(2026, 11, 19)),
        (date(2026, 11, 18), False, 1, FRIDAY),
        (FRIDAY, True, 1, date(2026, 11, 23)),
        (FRIDAY, False, 1, date(2026, 11, 24)),
        (date(2026, 11, 21), True, 0, date(2026, 11, 23)),
        (date(2026, 12, 24), True, 1, date(2026, 12, 29)),
    ],
)
def test_a_deadline_counts_working_days_from_day_0(
    day: date, before_cutoff: bool, sla_days: int, due: date
) -> None:
    assert due_date(day, before_cutoff, sla_days, WEEK, CHRISTMAS) == due


def test_a_deadline_without_working_days_is_refused() -> None:
    with pytest.raises(ValueError, match="No weekday is a working day"):
        due_date(FRIDAY, True, 1, frozenset(), frozenset())


@given(days, st.booleans(), st.integers(0, 10), weekdays)
def test_a_deadline_is_a_working_day_and_never_past(
    day: date, before_cutoff: bool, sla_days: int, working: frozenset[int]
) -> None:
    due = due_date(day, before_cutoff, sla_days, working, CHRISTMAS)
    assert due >= day
    assert is_working_day(due, working, CHRISTMAS)
    assert due_date(day, before_cutoff, sla_days + 1, working, CHRISTMAS) > due


@given(days, st.integers(0, 10), weekdays)
def test_an_order_shipped_on_its_due_date_has_used_its_whole_sla(
    day: date, sla_days: int, working: frozenset[int]
) -> None:
    day_0 = due_date(day, True, 0, working, CHRISTMAS)
    due = due_date(day, True, sla_days, working, CHRISTMAS)
    assert working_days_between(day_0, due, working, CHRISTMAS) == sla_days
    assert working_days_between(due, day_0, working, CHRISTMAS) == -sla_days


def test_a_moment_belongs_to_the_day_of_its_zone() -> None:
    late = datetime(2026, 11, 21, 3, 30, tzinfo=UTC)
    assert business_date(late, ZoneInfo("Europe/London")) == date(2026, 11, 21)
    assert business_date(late, ZoneInfo("America/New_York")) == date(2026, 11, 20)


def test_a_moment_without_a_zone_has_no_day() -> None:
    with pytest.raises(ValueError, match="has no time zone"):
        business_date(datetime(2026, 11, 21) + timedelta(0), ZoneInfo("Europe/London"))
