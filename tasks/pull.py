"""Pull: look at what the sources hold, keep what is new under its hash, leave the rest alone."""

import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePosixPath

import fsspec
from fsspec import AbstractFileSystem

from config.errors import RetryableError
from config.export import Export, load_exports
from config.shop import Shop, Source
from tasks.raw import Arrival, Raw, file_id
from tasks.readers.containers import Member, members
from tasks.readers.peek import Refused, peek
from tasks.recognise import RefusedAs, Unknown, recognise_all


@dataclass(frozen=True)
class LeftAlone:
    """A file that stays where it is, and why."""

    address: str
    name: str
    bytes: int
    reason: str


@dataclass(frozen=True)
class Pulled:
    """What a pull found: new arrivals, how many were known, what was left."""

    new: tuple[Arrival, ...]
    known: int
    left: tuple[LeftAlone, ...]


def pull(shop: Shop, now: datetime) -> Pulled:
    """Keep every new file of the shop's sources in raw; a file already kept is never replaced.

    Safe to kill and to run again: bytes are kept before their arrival is logged. A file of a kind
    that no export declares, or one that may still be being written, is left where it is.

    Raises:
        RetryableError: a source is out of reach.
    """
    raw = Raw(shop.folder.raw)
    known = {arrival.seen_as for arrival in raw.landings()}
    exports = tuple(load_exports().values())
    new: list[Arrival] = []
    left: list[LeftAlone] = []
    count = 0
    for source in shop.sources:
        settled = timedelta(seconds=source.settle_seconds)
        for found in _files(shop, source):
            if found.seen_as in known:
                count += 1
            elif source.settle_seconds and now - found.modified_at < settled:
                left.append(found.left("it may still be being written; it is read next time"))
            else:
                arrivals, not_taken = _take(found, exports, shop, raw, now)
                new += arrivals
                left += not_taken
    raw.record(new)
    return Pulled(tuple(new), count, tuple(left))


@dataclass(frozen=True)
class _Found:
    """One file at its source."""

    system: AbstractFileSystem
    path: str
    address: str
    bytes: int
    modified_at: datetime

    @property
    def name(self) -> str:
        return PurePosixPath(self.path).name

    @property
    def seen_as(self) -> tuple[str, int, str]:
        return self.address, self.bytes, self.modified_at.isoformat()

    def left(self, reason: str) -> LeftAlone:
        return LeftAlone(self.address, self.name, self.bytes, reason)


def _files(shop: Shop, source: Source) -> Iterator[_Found]:
    """Yield the files of one source in the order of their addresses; hidden ones are not for us."""
    is_local = "://" not in source.path
    address = str(shop.folder.root / source.path) if is_local else source.path
    try:
        system, root = fsspec.core.url_to_fs(address)
        if is_local and not system.exists(root):
            raise RetryableError(
                f"{shop.name}: the drop folder {address} is missing. Make it, or mend `sources` in"
                f" config/shops/{shop.name}.yaml."
            )
        details = system.find(root, detail=True)
    except OSError as error:
        raise RetryableError(f"{shop.name}: {address} cannot be listed: {error}") from error
    for path, detail in sorted(details.items()):
        relative = PurePosixPath(path).relative_to(PurePosixPath(root))
        if not any(part.startswith((".", "~$")) for part in relative.parts):
            modified_at = _moment(detail, system, path)
            yield _Found(
                system, path, f"{source.path}/{relative}", int(detail["size"]), modified_at
            )


def _moment(detail: dict[str, object], system: AbstractFileSystem, path: str) -> datetime:
    """Return when a file was last changed: that tells a newer export from an older one."""
    mtime = detail.get("mtime")
    moment = mtime if isinstance(mtime, (int, float, datetime)) else system.modified(path)
    if isinstance(moment, (int, float)):
        return datetime.fromtimestamp(moment, UTC)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _take(
    found: _Found, exports: Collection[Export], shop: Shop, raw: Raw, now: datetime
) -> tuple[list[Arrival], list[LeftAlone]]:
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
        told = (found.address, found.bytes, found.modified_at)
        taken.append(Arrival(file_id(sha256, name), sha256, report, name, *told, now, part))

    with _at_hand(found, shop) as path:
        if path.stat().st_size != found.bytes:
            return [], [found.left("it is still being written; it is read next time")]
        try:
            for member in members(path, peek(path), shop.folder.work / "unpacked"):
                try:
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
    if taken and len(unknown) == len(taken):
        for arrival in taken:
            raw.forget(arrival.sha256)
        return [], [found.left(unknown[0])]
    return taken, []


@contextmanager
def _at_hand(found: _Found, shop: Shop) -> Iterator[Path]:
    """Give the file as a local path of its own name."""
    if found.system.protocol in ("file", ("file", "local")):
        yield Path(found.path)
        return
    folder = shop.folder.work / "pulled"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / found.name
    with found.system.open(found.path, "rb") as source, path.open("wb") as target:
        shutil.copyfileobj(source, target)
    try:
        yield path
    finally:
        path.unlink()
