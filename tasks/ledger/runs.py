"""The runs: which flow ran for which business date, as of when, and how it ended."""

from datetime import UTC, date, datetime
from typing import Literal

from sqlalchemy import func, select

from config.errors import FatalError
from tasks.ledger.book import Book, answering
from tasks.ledger.tables import runs


class Runs(Book):
    """The runs of one shop."""

    def begin_night(self, as_of: datetime, business_date: date, *, flow: str) -> None:
        """Record that the shop has a night as of a moment; saying so again changes nothing."""
        name = _name(as_of)
        night = {"flow": flow, "as_of": as_of, "business_date": business_date}
        with self.change(as_of) as change:
            if change.find(runs, runs.c.run_id == name):
                return
            change.add(runs, [{"run_id": name, "started_at": as_of, "state": "running", **night}])
            change.note("night begun", f"run/{name}", before=None, after=night, why=flow)

    def last_night(self) -> datetime | None:
        """Return the moment of the shop's last night; None where it has had none."""
        with answering(self.engine), self.engine.connect() as connection:
            statement = select(func.max(runs.c.as_of)).where(runs.c.shop == self.shop)
            return connection.execute(statement).scalar()

    def end_night(
        self,
        as_of: datetime,
        state: Literal["completed", "failed"],
        *,
        at: datetime,
        note: str = "",
    ) -> None:
        """Record how the night as of a moment ended; saying so again changes nothing.

        It is no line of the audit log, which is published before the night has ended. A night that
        was killed is running for good, until it is run again.

        Raises:
            FatalError: no such night has begun.
        """
        name = _name(as_of)
        with self.change(at) as change:
            known = change.find(runs, runs.c.run_id == name)
            if not known:
                raise FatalError(f"The night {name} of {self.shop} has not begun; it cannot end.")
            if (known[0]["state"], known[0]["note"] or "") == (state, note):
                return
            change.set(runs, runs.c.run_id == name, ended_at=at, state=state, note=note)


def _name(as_of: datetime) -> str:
    return f"night {as_of.astimezone(UTC):%Y%m%dT%H%M%SZ}"
