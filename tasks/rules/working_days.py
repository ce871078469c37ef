"""Days as a shop counts them: working days to a deadline, and the local day of a moment."""

from collections.abc import Set as AbstractSet
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

ONE_DAY = timedelta(days=1)


def business_date(moment: datetime, zone: ZoneInfo) -> date:
    """Return the calendar day of `moment` on the clocks of `zone`.

    Raises:
        ValueError: the moment names no time zone, so that its day cannot be known.
    """
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no time zone. Moments are stored in UTC.")
    return moment.astimezone(zone).date()


def is_working_day(day: date, weekdays: AbstractSet[int], holidays: AbstractSet[date]) -> bool:
    """Return whether anyone works on `day`; Monday is weekday 0."""
    return day.weekday() in weekdays and day not in holidays


def due_date(
    day: date,
    before_cutoff: bool,
    sla_days: int,
    working_weekdays: AbstractSet[int],
    holidays: AbstractSet[date],
) -> date:
    """Return the local day at whose end an order of `day` must have shipped.

    Before the cut-off on a working day that day is day 0, else the next working day is. The
    deadline is 23:59:59 local, `sla_days` working days after day 0.

    Raises:
        ValueError: there is no working weekday, so that no deadline exists.
    """
    if not working_weekdays:
        raise ValueError("No weekday is a working day. Fix `working_days` of the location.")
    starts_today = before_cutoff and is_working_day(day, working_weekdays, holidays)
    for _ in range(sla_days + (0 if starts_today else 1)):
        day += ONE_DAY
        while not is_working_day(day, working_weekdays, holidays):
            day += ONE_DAY
    return day


def working_days_between(
    start: date, end: date, working_weekdays: AbstractSet[int], holidays: AbstractSet[date]
) -> int:
    """Return how many working days come after `start`, up to and with `end`; negative backwards.

    An order whose day 0 is `start` and that ships on `end` has used this many days of its SLA.
    """
    if end < start:
        return -working_days_between(end, start, working_weekdays, holidays)
    days = (start + ONE_DAY * step for step in range(1, (end - start).days + 1))
    return sum(is_working_day(day, working_weekdays, holidays) for day in days)
