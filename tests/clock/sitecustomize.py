"""Another date for a test run: Python reads this file wherever its folder is on PYTHONPATH.

TEST_CLOCK is a number of days from now, or a zone: then it is half a minute before the clocks there
next change. Time goes on from there; every process started from the first one has the same clock,
and a process's waits are what they were.
"""

import os
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import time_machine

HOUR = timedelta(hours=1)


def seconds_ahead(clock: str) -> float:
    """Return how far a clock is ahead of this machine's: `+40`, `Europe/Berlin`, or `900s`."""
    if clock.endswith("s"):
        return float(clock[:-1])
    if "/" not in clock:
        return float(clock) * 86_400
    now, zone = datetime.now(UTC), ZoneInfo(clock)
    hour = now.replace(minute=0, second=0, microsecond=0) + HOUR
    while hour.astimezone(zone).utcoffset() == (hour - HOUR).astimezone(zone).utcoffset():
        hour += HOUR
    return (hour - now).total_seconds() - 30


if clock := os.environ.get("TEST_CLOCK"):
    ahead = seconds_ahead(clock)
    os.environ["TEST_CLOCK"] = f"{ahead}s"
    time_machine.travel(timedelta(seconds=ahead)).start()
