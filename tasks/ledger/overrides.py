"""The overrides: what a person states of a SKU or a supplier, why, and until when."""

from dataclasses import asdict, dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement

from config.errors import FatalError
from tasks.ledger.book import Book, stated
from tasks.ledger.tables import overrides


@dataclass(frozen=True)
class Subject:
    """What an override is of: one figure of one SKU or supplier."""

    subject_kind: str
    subject_id: str
    what: str

    @property
    def name(self) -> str:
        """Its name in the audit log."""
        return f"override/{self.subject_kind}/{self.subject_id}/{self.what}"


class Overrides(Book):
    """The overrides of one shop: each kept from when it was set until it was replaced or taken back."""

    def set_override(
        self, of: Subject, *, value: str, until: date, who: str, why: str, at: datetime
    ) -> bool:
        """Keep what a person states, instead of what was stated before; whether it changes anything.

        Raises:
            FatalError: `who` or `why` is empty.
        """
        reason = stated(why, "An override needs its reason")
        with self.change(at, who) as change:
            kept = {"value": value, "until_date": until, "who": change.who, "reason": reason}
            before = None
            for row in change.find(overrides, *_open(of)):
                before = {name: row[name] for name in kept}
                if before == kept:
                    return False
                change.set(overrides, *_open(of), ended_at=at)
            change.add(overrides, [{**asdict(of), **kept, "set_at": at}])
            change.note("override set", of.name, before=before, after=kept, why=reason)
        return True

    def end_override(self, of: Subject, *, who: str, why: str, at: datetime) -> None:
        """Take an override back.

        Raises:
            FatalError: `who` or `why` is empty, or there is no such override.
        """
        reason = stated(why, "The end of an override needs its reason")
        with self.change(at, who) as change:
            if not change.find(overrides, *_open(of)):
                raise FatalError(
                    f"{self.shop} has no override of {of.what} for {of.subject_kind}"
                    f" {of.subject_id!r}. Those that hold are in marts.reorder_plan."
                )
            change.set(overrides, *_open(of), ended_at=at)
            change.note("override ended", of.name, before=None, after=None, why=reason)


def _open(of: Subject) -> tuple[ColumnElement[bool], ...]:
    """Return the condition of the row that was neither replaced nor taken back."""
    columns = overrides.c
    return (
        columns.subject_kind == of.subject_kind,
        columns.subject_id == of.subject_id,
        columns.what == of.what,
        columns.ended_at.is_(None),
    )
