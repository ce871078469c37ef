"""Moments and days of the demo shop: seconds since 1970 UTC inside, wall times at the edge."""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

NEW_YORK = ZoneInfo("America/New_York")
LOS_ANGELES = ZoneInfo("America/Los_Angeles")
UTC_ZONE = ZoneInfo("UTC")

HOUR = 3600
DAY = 24 * HOUR


def moment(
    day: date, hour: int, minute: int = 0, second: int = 0, zone: ZoneInfo = NEW_YORK
) -> int:
    """Return the instant of a wall time; of an hour that repeats, the first one."""
    return int(datetime.combine(day, time(hour, minute, second), zone).timestamp())


def wall(instant: int, zone: ZoneInfo = NEW_YORK) -> datetime:
    """Return the wall time of an instant."""
    return datetime.fromtimestamp(instant, zone)


def local_day(instant: int, zone: ZoneInfo = NEW_YORK) -> date:
    """Return the calendar day of an instant in a zone."""
    return datetime.fromtimestamp(instant, zone).date()


def iso_week(day: date) -> str:
    """Return the ISO week of a day, as 2026-W07."""
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02d}"


@lru_cache
def holidays(year: int) -> frozenset[date]:
    """Return the days the warehouses rest: six public holidays, never moved to a weekday."""
    last_monday_of_may = date(year, 5, 31) - timedelta(days=date(year, 5, 31).weekday())
    labor_day = date(year, 9, 1) + timedelta(days=-date(year, 9, 1).weekday() % 7)
    thanksgiving = date(year, 11, 22) + timedelta(days=(3 - date(year, 11, 22).weekday()) % 7)
    fixed = {date(year, 1, 1), date(year, 7, 4), date(year, 12, 25)}
    return frozenset(fixed | {last_monday_of_may, labor_day, thanksgiving})


@lru_cache(maxsize=4096)
def is_working_day(day: date) -> bool:
    """Return whether the warehouses work on a day: Monday to Friday without the holidays."""
    return day.weekday() < 5 and day not in holidays(day.year)


@lru_cache(maxsize=16384)
def working_days_later(day: date, count: int) -> date:
    """Return the day `count` working days after `day`; for 0, `day` or the next that works."""
    while not is_working_day(day):
        day += timedelta(days=1)
    while count:
        day += timedelta(days=1)
        count -= is_working_day(day)
    return day


def handling_day(created: int, cutoff_hour: int, zone: ZoneInfo) -> date:
    """Return the working day on which an order counts as taken: a late one is the next day's."""
    placed = wall(created, zone)
    day = placed.date()
    if placed.hour >= cutoff_hour or not is_working_day(day):
        return working_days_later(day + timedelta(days=1), 0)
    return day


def ship_deadline(created: int, working_days: int, cutoff_hour: int, zone: ZoneInfo) -> int:
    """Return the last second at which an order still ships on time."""
    due = working_days_later(handling_day(created, cutoff_hour, zone), working_days)
    return moment(due, 23, 59, 59, zone)


def stamp(instant: int) -> str:
    """Write an instant for the truth file, in UTC."""
    return f"{datetime.fromtimestamp(instant, UTC):%Y-%m-%d %H:%M:%S %z}"
