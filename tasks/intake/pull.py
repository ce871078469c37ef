"""Pull: look at what the sources hold, keep what is new under its hash, leave the rest alone."""

import os
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from config.errors import FatalError, RetryableError
from config.export import Export, load_exports
from config.shop import Shop
from config.source import FolderSource, Source
from tasks.archive.originals import clear_leftovers
from tasks.archive.raw import Arrival, Raw, file_id
from tasks.intake.landing import LeftInPlace
from tasks.reading.containers import Member, members
from tasks.reading.peek import Refused, RefusedAs, one_file, peek
from tasks.reading.recognise import Unknown, recognise_all
from tasks.sources import look
from tasks.sources.found import GONE, Found, LeaveIt, PullTime, pull_time

LISTED = 20  # failures named one by one
STILL_WRITTEN = "it is still being written; it is read next time"


@dataclass(frozen=True)
class Pulled:
    """What a pull found: new arrivals, how many were known, what was left, what failed."""

    new: tuple[Arrival, ...]
    known: int
    left: tuple[LeftInPlace, ...]
    failures: tuple[FatalError | RetryableError, ...] = ()
    later: int = 0  # files that came after the moment asked for: a later night takes them

    def require_all(self) -> None:
        """Stop, in the name of every source that failed; what the others gave is kept.

        Raises:
            RetryableError: a source may be back later.
            FatalError: none will be before somebody acts.
        """
        if not self.failures:
            return
        failures = "\n".join(str(failure) for failure in self.failures[:LISTED])
        if len(self.failures) > LISTED:
            failures += f"\n… and {len(self.failures) - LISTED} more of their kind"
        if any(isinstance(failure, RetryableError) for failure in self.failures):
            raise RetryableError(failures)
        raise FatalError(failures)


def pull(shop: Shop, now: datetime, by: datetime | None = None) -> Pulled:
    """Keep every new file of the shop's sources in raw; a file already kept is never replaced.

    Safe to kill and to run again: bytes are kept before their arrival is logged. A file of a kind
    that no export declares, or one that may still be being written, is left where it is. A source
    that fails stops only itself, and is among the `failures`. With `by`, a file that came after
    that moment stays where it is, too: a night knows only what had come by then.
    """
    clear_leftovers(shop)
    raw = Raw(shop.folder.raw)
    exports = tuple(load_exports().values())
    one = _Pull(shop, raw, exports, pull_time(shop, now), raw.landings(), by)
    for source in shop.sources:
        one.take_source(source)
    return Pulled(tuple(one.new), one.count, tuple(one.left), tuple(one.failures), one.later)


class _Pull:
    """One pull under way: what was known before it, and what it has found so far."""

    def __init__(
        self,
        shop: Shop,
        raw: Raw,
        exports: Collection[Export],
        at: PullTime,
        landings: Collection[Arrival],
        by: datetime | None,
    ) -> None:
        self.shop, self.raw, self.exports, self.at = shop, raw, exports, at
        self.by, self.later = by, 0
        self.files = {arrival.seen_as for arrival in landings}
        self.kept = {arrival.sha256 for arrival in landings}
        self.addresses = {arrival.address for arrival in landings}
        self.tonight = {a.address for a in landings if a.received_at >= at.night_start}
        self.new: list[Arrival] = []
        self.left: list[LeftInPlace] = []
        self.failures: list[FatalError | RetryableError] = []
        self.count = 0

    def take_source(self, source: Source) -> None:
        """Keep what is new in one source; what it gave before it failed is kept, too."""
        taken: list[Arrival] = []
        settles = source.settle_seconds if isinstance(source, FolderSource) else 0
        try:
            for found in look(self.shop, source, self.at):
                if self._is_known(found):
                    self.count += 1
                elif self.by and found.modified_at > self.by:
                    self.later += 1
                elif abs(self.at.now - found.modified_at) < timedelta(seconds=settles):
                    self._leave(found, "it may still be being written; it is read next time")
                else:
                    taken += self._take_alone(found)
        except (FatalError, RetryableError) as error:
            self.failures.append(error)
        self.raw.record(taken)
        self.new += taken

    def _is_known(self, found: Found) -> bool:
        if found.nightly:
            return found.address in self.tonight
        if found.is_made_on_demand:
            return found.address in self.addresses
        return (found.address, found.bytes, found.modified_at.isoformat()) in self.files

    def _take_alone(self, found: Found) -> list[Arrival]:
        """Keep one file; one that fails stops only itself, a folder out of reach is left."""
        try:
            arrivals, left = _take(found, self.exports, self.shop, self.raw, self.at.now, self.kept)
        except LeaveIt as reason:
            arrivals, left = [], [_left(found, str(reason))]
        except FileNotFoundError:  # between the listing and the reading
            arrivals, left = [], [_left(found, GONE)]
        except (FatalError, RetryableError) as error:
            if isinstance(error, RetryableError) and not found.is_made_on_demand:
                raise
            arrivals, left = [], []
            self.failures.append(error)
        self.left += left
        self.kept.update(arrival.sha256 for arrival in arrivals)
        return arrivals

    def _leave(self, found: Found, reason: str) -> None:
        self.left.append(_left(found, reason))


def _left(found: Found, reason: str) -> LeftInPlace:
    return LeftInPlace(found.address, found.name, found.bytes or 0, reason)


def _take(
    found: Found,
    exports: Collection[Export],
    shop: Shop,
    raw: Raw,
    now: datetime,
    kept: Collection[str],
) -> tuple[list[Arrival], list[LeftInPlace]]:
    """Keep the file, or each file of an archive, as every export it is.

    An archive of which anything is known is kept whole: what nobody declared is refused by name,
    so that it is not forgotten behind the rest.
    """
    taken: list[Arrival] = []
    unknown: list[str] = []

    def keep(member: Member, report: str, part: str = "") -> None:
        with member.path.open("rb") as file:
            sha256, _ = raw.keep(file)
        name = f"{member.name}/{part}" if part else member.name
        taken.append(
            Arrival(
                file_id=file_id(sha256, name),
                sha256=sha256,
                report=report,
                name=name,
                address=found.address,
                bytes=size,
                modified_at=found.modified_at,
                received_at=now,
                part=part,
            )
        )

    with found.open() as path:
        before = path.stat()
        size = before.st_size
        if found.bytes not in (None, size):
            return [], [_left(found, STILL_WRITTEN)]
        try:
            with one_file(found.name):
                for member in members(path, peek(path), shop.folder.work / "unpacked"):
                    try:
                        with one_file(member.name):
                            kinds = recognise_all(member.path, exports, shop.currency.lower())
                    except Refused as refused:
                        keep(member, refused.export.name if isinstance(refused, RefusedAs) else "")
                        continue
                    if isinstance(kinds, Unknown):
                        unknown.append(kinds.reason)
                        keep(member, "")
                    else:
                        for kind in kinds:
                            keep(member, kind.export.name, kind.part)
        except Refused:  # of the archive itself
            taken.clear()
            keep(Member(found.name, path), "")
        has_changed = _has_changed(path, before)
    if has_changed or (taken and len(unknown) == len(taken)):
        for arrival in taken:
            if arrival.sha256 not in kept:
                raw.forget(arrival.sha256)
        return [], [_left(found, STILL_WRITTEN if has_changed else unknown[0])]
    return taken, []


def _has_changed(path: Path, before: os.stat_result) -> bool:
    """Return whether a file was written while it was read; one that was taken away since was read whole."""
    try:
        now = path.stat()
    except FileNotFoundError:
        return False
    return (now.st_size, now.st_mtime_ns) != (before.st_size, before.st_mtime_ns)
