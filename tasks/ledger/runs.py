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
        name = f"night {as_of.astimezone(UTC):%Y%m%dT%H%M%SZ}"
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

    def start_run(
        self, run_id: str, *, flow: str, business_date: date, as_of: datetime, at: datetime
    ) -> None:
        """Record that a run has started; a retry of the same run is running again."""
        begun = {"flow": flow, "as_of": as_of, "business_date": business_date, "state": "running"}
        with self.change(at) as change:
            known = change.find(runs, runs.c.run_id == run_id)
            if not known:
                change.add(runs, [{"run_id": run_id, "started_at": at, **begun}])
            elif known[0]["state"] != "running":
                change.set(runs, runs.c.run_id == run_id, **begun, ended_at=None, note=None)
            else:
                return
            before = {"state": known[0]["state"]} if known else None
            change.note("run started", f"run/{run_id}", before=before, after=begun, why=flow)

    def end_run(
        self, run_id: str, state: Literal["completed", "failed"], *, at: datetime, note: str = ""
    ) -> None:
        """Record how a run ended; saying so twice changes nothing.

        Raises:
            FatalError: no such run was started.
        """
        with self.change(at) as change:
            known = change.find(runs, runs.c.run_id == run_id)
            if not known:
                raise FatalError(f"Run {run_id} of {self.shop} was never started; it cannot end.")
            if (known[0]["state"], known[0]["note"]) == (state, note):
                return
            ended = {"state": state, "note": note}
            change.set(runs, runs.c.run_id == run_id, ended_at=at, **ended)
            before = {"state": known[0]["state"]}
            change.note("run ended", f"run/{run_id}", before=before, after=ended, why=note)
