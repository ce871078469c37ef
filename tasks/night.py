"""One night of one shop: what every step has to know, and nothing else."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from config.shop import Shop


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
    def business_date(self) -> date:
        """The shop's local date at that moment; windows of closed days end the day before."""
        return self.moment.astimezone(self.shop.zone).date()

    def __str__(self) -> str:
        return f"{self.shop.name} {self.business_date}"
