"""The exceptions: what needs a person, since when, and who closed it and why."""

import hashlib
import json
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, bindparam, func, select, update

from config.errors import FatalError
from tasks.ledger.book import Book, Change, Row, answering, differences, stated
from tasks.ledger.tables import exceptions

PASSED = "its check passes again"


@dataclass(frozen=True)
class Finding:
    """What a check found wrong with one subject tonight.

    `evidence` states what was seen, not how old it is (`due_at` does), so that the same
    fault reads the same every night. `due_at` counts from this opening; a later finding of an
    exception that is open does not move it.
    """

    type: str
    station: str
    severity: str
    subject_kind: str
    subject_id: str
    owner: str
    tier: int
    next_step: str
    due_at: datetime
    evidence: str
    amount_at_stake: Decimal | None = None
    currency: str | None = None
    channel: str | None = None
    order_id: str | None = None


@dataclass(frozen=True)
class Synced:
    """How many exceptions one night opened, kept open and closed."""

    opened: int
    kept: int
    closed: int


def exception_id(shop: str, type_: str, subject_kind: str, subject_id: str) -> str:
    """Return the identity of an exception: what it is about, never the run that found it."""
    about = json.dumps([shop, type_, subject_kind, subject_id], ensure_ascii=False)
    return hashlib.sha256(about.encode()).hexdigest()[:20]


class Exceptions(Book):
    """The exceptions of one shop; each opening is a row of its own, so that none is overwritten."""

    def sync_exceptions(
        self, found: Sequence[Finding], checked_types: Collection[str], *, at: datetime
    ) -> Synced:
        """Bring the queue to what tonight's checks found; the same findings again change nothing.

        What is new is opened, what is still found is kept with tonight's evidence, and what is
        no longer found is closed, if its type is in `checked_types`: a check that did not run to
        its end closes nothing, and a type that only a person may close stays out of the set.

        A person's closing holds for what that person saw. It opens again when the evidence or
        the amount differs, or when the check has passed in between.

        Raises:
            FatalError: two findings are about the same thing.
        """
        by_id = {self._id(finding): finding for finding in found}
        if len(by_id) < len(found):
            raise FatalError(
                f"{self.shop}: {len(found)} findings are about {len(by_id)} things. A check must "
                "find a subject once; look for a join that multiplies rows in it."
            )
        new, kept = [], []
        with self.change(at) as change:
            # What has not passed: open, or closed by a person. The last opening of each counts.
            live = {
                row["exception_id"]: row
                for row in change.find(exceptions, exceptions.c.passed_at.is_(None))
            }
            openings = _openings(change)
            for key, finding in by_id.items():
                row = live.get(key)
                if row is not None and row["state"] != "closed":
                    values = asdict(finding) | {"due_at": row["due_at"]}
                    _alter(change, row, values, "exception changed", finding.evidence)
                    kept.append(row)
                elif row is None or _differs(row, finding):
                    new.append(_open(change, key, openings.get(key, 0) + 1, finding))
            change.add(exceptions, new)
            _set_all(change, [row for row in kept if row["last_seen_at"] < at], last_seen_at=at)
            passed = [
                row
                for key, row in live.items()
                if key not in by_id and row["type"] in checked_types
            ]
            closed = [row for row in passed if row["state"] != "closed"]
            closing = {"state": "closed", "closed_at": at, "closed_by": "check", "reason": PASSED}
            for row in closed:
                before, after = differences(row, closing)
                change.note("exception passed", _name(row), before=before, after=after, why=PASSED)
            _set_all(change, closed, **closing)
            _pass_all(change, passed)
        return Synced(len(new), len(kept), len(closed))

    def opened_exceptions(self, *, at: datetime) -> list[Row]:
        """Return those that opened at this moment and are as they were then."""
        return self.select(exceptions, exceptions.c.state == "open", exceptions.c.opened_at == at)

    def open_types(self) -> frozenset[str]:
        """Return the types of which an exception is not closed."""
        statement = select(exceptions.c.type).distinct()
        mine = statement.where(exceptions.c.shop == self.shop, exceptions.c.state != "closed")
        with answering(self.engine), self.engine.connect() as connection:
            return frozenset(connection.execute(mine).scalars())

    def acknowledge_exceptions(
        self, keys: Sequence[str], *, who: str, why: str, at: datetime
    ) -> list[Row]:
        """Record that a person has exceptions in hand; return those of which it is new.

        Raises:
            FatalError: one is unknown or closed, or `who` or `why` is empty.
        """
        reason = stated(why, "Acknowledging an exception needs a note on what is being done")
        with self.change(at, who) as change:
            rows = [self._last_opening(change, key) for key in keys]
            for row in rows:
                if row["state"] == "closed":
                    raise FatalError(
                        f"Exception {row['exception_id']} ({row['type']} of {row['subject_id']}) was closed"
                        f" by {row['closed_by']}: {row['reason']}. There is nothing left to acknowledge."
                    )
            new = [row for row in rows if row["acknowledged_by"] != change.who]
            mine = {"state": "acknowledged", "acknowledged_by": change.who, "acknowledged_at": at}
            for row in new:
                _alter(change, row, mine, "exception acknowledged", reason)
        return new

    def close_exceptions(
        self, keys: Sequence[str], *, who: str, why: str, at: datetime
    ) -> list[Row]:
        """Close exceptions by a person's word; return those that were open. Closed stays as it was.

        Raises:
            FatalError: one is unknown, or `who` or `why` is empty.
        """
        reason = stated(why, "Closing an exception needs its reason")
        with self.change(at, who) as change:
            rows = [self._last_opening(change, key) for key in keys]
            was_open = [row for row in rows if row["state"] != "closed"]
            closing = {"state": "closed", "closed_at": at, "closed_by": change.who}
            for row in was_open:
                _alter(change, row, closing | {"reason": reason}, "exception closed", reason)
        return was_open

    def _id(self, finding: Finding) -> str:
        return exception_id(self.shop, finding.type, finding.subject_kind, finding.subject_id)

    def _last_opening(self, change: Change, key: str) -> Row:
        openings = change.find(exceptions, exceptions.c.exception_id == key)
        if not openings:
            raise FatalError(
                f"{self.shop} has no exception {key!r}. Copy its id from marts.exceptions."
            )
        return openings[-1]


def _openings(change: Change) -> dict[str, int]:
    """How often each exception was opened so far."""
    statement = (
        select(exceptions.c.exception_id, func.max(exceptions.c.opening).label("opening"))
        .where(exceptions.c.shop == change.shop)
        .group_by(exceptions.c.exception_id)
    )
    return {row.exception_id: row.opening for row in change.connection.execute(statement)}


def _open(change: Change, key: str, opening: int, finding: Finding) -> Row:
    row = {"exception_id": key, "opening": opening, "state": "open", **asdict(finding)}
    what = "exception opened" if opening == 1 else "exception opened again"
    change.note(what, _name(row), before=None, after=row, why=finding.evidence)
    return row | {"opened_at": change.at, "last_seen_at": change.at}


def _name(row: Row) -> str:
    return f"exception/{row['exception_id']}/{row['opening']}"


def _differs(row: Row, finding: Finding) -> bool:
    seen = (row["evidence"], row["amount_at_stake"])
    return seen != (finding.evidence, finding.amount_at_stake)


def _alter(change: Change, row: Row, values: Row, what: str, why: str) -> None:
    before, after = differences(row, values)
    if after:
        change.note(what, _name(row), before=before, after=after, why=why)
        _set_all(change, [row], **after)


def _set_all(change: Change, rows: Sequence[Row], **values: Any) -> None:
    this = (
        exceptions.c.exception_id == bindparam("its_id"),
        exceptions.c.opening == bindparam("its_opening"),
    )
    keys = [{"its_id": row["exception_id"], "its_opening": row["opening"]} for row in rows]
    _run(change, keys, *this, **values)


def _pass_all(change: Change, rows: Sequence[Row]) -> None:
    """Mark every opening of `rows` as passed: an earlier closing by a person has ended too."""
    this = (exceptions.c.exception_id == bindparam("its_id"), exceptions.c.passed_at.is_(None))
    _run(change, [{"its_id": row["exception_id"]} for row in rows], *this, passed_at=change.at)


def _run(
    change: Change, keys: list[dict[str, Any]], *this: ColumnElement[bool], **values: Any
) -> None:
    if keys:
        statement = update(exceptions).where(exceptions.c.shop == change.shop, *this)
        change.connection.execute(statement.values(**values), keys)
