"""Which cases a person decides on: by id, or all that are open of a type, of a station or of both."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from config.errors import FatalError, UsageError

ANY = "any"
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Cases:
    """A selection of cases; ids exclude the other two."""

    ids: tuple[str, ...] = ()
    type: str = ANY
    station: str = ANY

    def of(self, openings: Sequence[Row]) -> list[Row]:
        """Return the newest opening of each chosen case, of all `openings` in their order.

        Raises:
            UsageError: neither ids nor a type or a station are named, or both are.
            FatalError: an id is of no case, or no case of the kind is open.
        """
        latest = {row["exception_id"]: row for row in openings}
        is_kind = (self.type, self.station) != (ANY, ANY)
        if bool(self.ids) == is_kind:
            raise UsageError("Name cases by id, or a type or a station of which all are meant.")
        if self.ids:
            if missing := [key for key in self.ids if key not in latest]:
                raise FatalError(
                    f"There is no exception {', '.join(map(repr, missing))}. Copy its id from the"
                    " worklist or from marts.exceptions."
                )
            return [latest[key] for key in self.ids]
        found = [
            row
            for row in latest.values()
            if row["state"] != "closed"
            and self.type in (ANY, row["type"])
            and self.station in (ANY, row["station"])
        ]
        if not found:
            raise FatalError(
                f"No case is open of type {self.type} at station {self.station}: see marts.exceptions."
            )
        return found


def cases_of(ids: str, type_: str = ANY, station: str = ANY) -> Cases:
    """Return the selection of a form: ids separated by semicolons or commas, each counted once."""
    named = [part.strip() for part in ids.replace(",", ";").split(";")]
    return Cases(tuple(dict.fromkeys(filter(None, named))), type_, station)
