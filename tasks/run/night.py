"""One night of one shop: what every step has to know, and nothing else."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from config.shop import Shop

HOUR = 2  # at which a night begins, on the shop's clock


def night_of_day(day: date, zone: ZoneInfo) -> datetime:
    """Return when the night of `day` begins, in UTC: at 02:00, the first where there are two.

    Where the clocks leap over 02:00 it begins as long before, at 01:00: then Prefect's schedule
    starts it. So every date has one night, which starts on that date.
    """
    wall = datetime.combine(day, time(HOUR), tzinfo=zone)
    return min(wall.replace(fold=fold).astimezone(UTC) for fold in (0, 1))


def last_night_by(moment: datetime, zone: ZoneInfo) -> datetime:
    """Return when the last night before `moment` began, in UTC."""
    today = moment.astimezone(zone).date()
    begins = night_of_day(today, zone)
    return begins if begins <= moment else night_of_day(today - timedelta(days=1), zone)


def on_clock(moment: datetime, zone: ZoneInfo) -> datetime:
    """Return `moment` in UTC; without a time zone it is read on the clock of `zone`."""
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)


@dataclass(frozen=True)
class Night:
    """A run over one shop as of one moment; the moment comes from the schedule, not the clock."""

    shop: Shop
    as_of: datetime  # aware, UTC
    run_id: str

    def __post_init__(self) -> None:
        if self.as_of.tzinfo is None:
            raise ValueError("as_of needs a time zone: a night is a moment, not a wall clock")

    @property
    def moment(self) -> datetime:
        """The moment in UTC, as the plain datetime that Prefect's own is not."""
        return datetime.fromisoformat(self.as_of.isoformat()).astimezone(UTC)

    @property
    def is_replay(self) -> bool:
        """Whether this is a past night that is looked at again: it changes nothing of the shop."""
        return self.shop.is_replay

    @property
    def business_date(self) -> date:
        """The shop's local date at that moment; windows of closed days end the day before."""
        return self.moment.astimezone(self.shop.zone).date()

    def __str__(self) -> str:
        return f"{self.shop.name} {self.business_date}"
