"""The closed weeks as they were shown: frozen once, their revisions logged, their reviews held."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from tasks.ledger.book import Book, stated
from tasks.ledger.tables import frozen_weeks, kpi_revisions, weekly_reviews

Cell = tuple[str, str, str]
"""KPI, ISO week and channel."""


@dataclass(frozen=True)
class WeekFigure:
    """A KPI of one ISO week and channel, as it is shown."""

    kpi: str
    iso_week: str
    channel: str
    value: Decimal | None
    numerator: Decimal | None
    denominator: Decimal | None
    n: int
    target: Decimal | None
    status: str
    reason: str | None
    owner: str | None
    version: str

    @property
    def cell(self) -> Cell:
        """What it is a figure of."""
        return self.kpi, self.iso_week, self.channel


class Weeks(Book):
    """The frozen weeks of one shop."""

    def freeze_weeks(self, figures: Iterable[WeekFigure], *, at: datetime) -> list[str]:
        """Keep the figures of weeks that are not frozen yet; return the weeks that are now."""
        with self.change(at) as change:
            frozen = {row["iso_week"] for row in change.find(frozen_weeks)}
            new = [asdict(each) for each in figures if each.iso_week not in frozen]
            change.add(frozen_weeks, [row | {"frozen_at": at} for row in new])
            weeks = sorted({row["iso_week"] for row in new})
            for week in weeks:
                count = sum(row["iso_week"] == week for row in new)
                change.note(
                    "week frozen",
                    f"week/{week}",
                    before=None,
                    after={"figures": count},
                    why="closed",
                )
        return weeks

    def record_revisions(self, figures: Iterable[WeekFigure], *, at: datetime) -> int:
        """Log what of frozen weeks is another figure by now than was last shown; return how many."""
        with self.change(at) as change:
            known: dict[Cell, tuple[Decimal | None, str]] = {
                _cell(row): (row["value"], row["status"]) for row in change.find(frozen_weeks)
            }
            revised = sorted(change.find(kpi_revisions), key=lambda row: row["noticed_at"])
            known |= {_cell(row): (row["new_value"], row["new_status"]) for row in revised}
            new = [
                {
                    "kpi": each.kpi,
                    "iso_week": each.iso_week,
                    "channel": each.channel,
                    "noticed_at": at,
                    "old_value": known[each.cell][0],
                    "new_value": each.value,
                    "old_status": known[each.cell][1],
                    "new_status": each.status,
                }
                for each in figures
                if each.cell in known and known[each.cell] != (each.value, each.status)
            ]
            change.add(kpi_revisions, new)
        return len(new)

    def record_weekly_review(
        self, iso_week: str, *, who: str, attendees: str, decisions: str, at: datetime
    ) -> bool:
        """Keep that the review of a week was held; whether it is new. The last account of it counts.

        Raises:
            FatalError: `who` or `decisions` is empty.
        """
        with self.change(at, who) as change:
            account = {
                "who": change.who,
                "attendees": stated(attendees, "A weekly review needs who was there"),
                "decisions": stated(decisions, "A weekly review needs what was decided"),
            }
            this = weekly_reviews.c.iso_week == iso_week
            before = change.find(weekly_reviews, this)
            if before and all(before[0][name] == account[name] for name in account):
                return False
            if before:
                change.set(weekly_reviews, this, held_at=at, **account)
            else:
                change.add(weekly_reviews, [{"iso_week": iso_week, "held_at": at, **account}])
            old = {name: before[0][name] for name in account} if before else None
            change.note(
                "weekly review held",
                f"week/{iso_week}",
                before=old,
                after=account,
                why="weekly review",
            )
        return not before


def _cell(row: Any) -> Cell:
    return row["kpi"], row["iso_week"], row["channel"]
