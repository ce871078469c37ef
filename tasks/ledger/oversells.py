"""The oversells: what was promised beyond what a pool could give, from when to when."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import ColumnElement

from tasks.ledger.book import Book, Row
from tasks.ledger.tables import oversell_events


@dataclass(frozen=True)
class Oversell:
    """A SKU of which more is promised than a pool can give; units and money of what is missing.

    `in_promotion` is None where no calendar of promotions is known.
    """

    sku: str
    pool: str
    open_units: int
    available_units: int
    short_units: int
    places: str
    channels: str | None
    promotions: str | None
    in_promotion: bool | None
    amount_at_stake: Decimal | None
    currency: str


class Oversells(Book):
    """The oversell events of one shop: begun, kept at their worst, and ended, never removed."""

    def sync_oversells(self, found: Sequence[Oversell], *, at: datetime) -> None:
        """Begin what is new, keep the worst figures of what lasts, end what is no longer found.

        The same again at the same moment changes nothing; what ended at this moment and is found
        again has not ended.
        """
        by_key = {(each.sku, each.pool): each for each in found}
        with self.change(at) as change:
            begun = change.find(oversell_events)
            live = {_key(row): row for row in begun if row["ended_at"] in (None, at)}
            for key, row in live.items():
                ended = None if key in by_key else at
                if ended != row["ended_at"]:
                    change.set(oversell_events, *_is(row), ended_at=ended)
                    what = "oversell ended" if ended else "oversell goes on"
                    change.note(what, _name(key), before=None, after=None, why="its stock")
                if key in by_key and by_key[key].short_units > row["short_units"]:
                    change.set(oversell_events, *_is(row), **asdict(by_key[key]))
            new = [key for key in by_key if key not in live]
            change.add(oversell_events, [asdict(by_key[key]) | {"started_at": at} for key in new])
            for key in new:
                after = {"short_units": by_key[key].short_units}
                change.note("oversell begun", _name(key), before=None, after=after, why="its stock")


def _name(key: tuple[str, str]) -> str:
    sku, pool = key
    return f"oversell/{pool}/{sku}"


def _key(row: Row) -> tuple[str, str]:
    return row["sku"], row["pool"]


def _is(row: Row) -> tuple[ColumnElement[bool], ...]:
    columns = oversell_events.c
    return (
        columns.sku == row["sku"],
        columns.pool == row["pool"],
        columns.started_at == row["started_at"],
    )
