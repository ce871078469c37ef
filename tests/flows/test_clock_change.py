"""On the nights on which clocks change, every date has one night and no sync is left out.

The starts are those of Prefect's own schedules, asked for as its scheduler asks: again and again,
from wherever it happens to be.
"""

import asyncio
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from prefect.schedules import Schedule
from prefect.server.schemas.schedules import CronSchedule

from flows.desk.deployments import cron
from flows.nightly import SCHEDULE as NIGHTLY
from flows.sync_stock import SCHEDULE as SYNC
from tasks.run.night import last_night_by, night_of_day

ZONES = (
    "America/Halifax", "America/Los_Angeles", "America/New_York", "America/Nuuk", "America/Santiago",
    "America/St_Johns", "Asia/Beirut", "Asia/Kolkata", "Asia/Tokyo", "Atlantic/Azores", "Africa/Cairo",
    "Africa/Casablanca", "Australia/Lord_Howe", "Australia/Sydney", "Europe/Berlin", "Europe/London",
    "Pacific/Auckland", "Pacific/Chatham", "UTC",
)  # fmt: skip
YEARS = range(2024, 2029)
DAY = timedelta(days=1)


def starts(schedule: Schedule, since: datetime, until: datetime) -> list[datetime]:
    """Return every start that Prefect's scheduler makes between two moments, in UTC."""
    return sorted(asyncio.run(_starts(schedule, since, until)))


async def _starts(schedule: Schedule, since: datetime, until: datetime) -> set[datetime]:
    assert schedule.cron
    asked = CronSchedule(cron=schedule.cron, timezone=schedule.timezone)
    found: set[datetime] = set()
    at = since
    while at < until:
        made = await asked.get_dates(n=20, start=at, end=min(until, at + DAY))
        found.update(datetime.fromtimestamp(each.timestamp(), UTC) for each in made)
        at += timedelta(minutes=90)
    return {each for each in found if since <= each < until}


def changes(zone: ZoneInfo) -> list[date]:
    """Return the dates on which the zone's clocks change."""
    first = datetime(YEARS[0], 1, 1, tzinfo=UTC)
    hours = (first + timedelta(hours=i) for i in range(24 * 366 * len(YEARS)))
    found = {
        hour.astimezone(zone).date()
        for hour in hours
        if hour.astimezone(zone).utcoffset()
        != (hour - timedelta(hours=1)).astimezone(zone).utcoffset()
    }
    return sorted(found)


def windows(zone: ZoneInfo, half: timedelta) -> list[tuple[datetime, datetime]]:
    """Return the time around every change; where clocks do not change, around some day."""
    days = changes(zone) or [date(2026, 3, 8)]
    middle = [datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC) for day in days]
    return [(at - half, at + half) for at in middle]


@pytest.mark.parametrize("name", ZONES)
def test_every_date_has_one_night_and_it_is_of_that_date(name: str) -> None:
    zone = ZoneInfo(name)
    for since, until in windows(zone, 1.5 * DAY):
        made = starts(cron(NIGHTLY, name), since, until)
        dates = [at.astimezone(zone).date() for at in made]
        assert dates == [dates[0] + i * DAY for i in range(len(dates))]
        assert len(dates) == 3
        # The night of a start is that of the date it was scheduled on.
        assert [last_night_by(at, zone).astimezone(zone).date() for at in made] == dates
        assert [night_of_day(day, zone) for day in dates] == made


@pytest.mark.parametrize("name", ZONES)
def test_between_two_syncs_are_thirty_minutes(name: str) -> None:
    zone = ZoneInfo(name)
    for since, until in windows(zone, timedelta(hours=6)):
        made = starts(cron(SYNC, name), since, until)
        gaps = {after - before for before, after in pairwise(made)}
        assert gaps == {timedelta(minutes=30)}
