"""Where a file's rows come from: its bytes, or, where it holds personal data, its redacted reading.

A file with personal data is read from its bytes once, redacted, and sealed in the vault; from then
on its reading is read in its place. While the vault can still be opened, a changed mapping reads the bytes
again; after that, the reading as it is. So a rebuild gives the same before and after a key's end.
"""

import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

import duckdb

from config.export import Export
from config.shop import Shop
from tasks.archive.raw import Arrival, Raw, clear
from tasks.archive.readings import Readings, gone
from tasks.archive.vault import Vault
from tasks.reading.containers import Member, members
from tasks.reading.peek import Refused, one_file, peek
from tasks.reading.reading import DISAGREE, Reading
from tasks.reading.recognise import Unknown, recognise
from tasks.reading.recognised import Recognised

READER_VERSION = "5"  # raise it when the same bytes would be read otherwise: all is read again


def export_version(export: Export | None) -> str:
    """Return what changes when an export would read the same bytes otherwise."""
    mapping = export.model_dump_json() if export else ""
    return hashlib.sha256(f"{READER_VERSION}{mapping}".encode()).hexdigest()[:12]


class Source:
    """The files of one export of one shop."""

    def __init__(self, shop: Shop, export: Export) -> None:
        self.shop, self.export = shop, export
        self.version = export_version(export)
        self.currency = shop.currency.lower()

    @contextmanager
    def read(
        self, con: duckdb.DuckDBPyConnection, arrival: Arrival
    ) -> Iterator[tuple[Recognised, Reading]]:
        """Return what the file is and its rows.

        Raises:
            Refused: the whole file is of no use; the message says why.
        """
        readings = Readings(self.shop.folder.raw)
        version = readings.version(arrival.file_id)
        if version is None and not self.export.is_private and has_bytes(self.shop, arrival):
            with at_hand(self.shop, arrival) as path:
                try:
                    kind = self._kind(path, arrival.part)
                    reading = kind.read(path, path.parent) if kind.is_declared else None
                except Refused:
                    reading = None  # what it holds, nobody knows
                if reading:
                    yield kind, reading
                    return
        if version != self.version and has_bytes(self.shop, arrival):
            self.redact(con, arrival)
        yield readings.get(arrival, self.export, self.currency)

    def redact(self, con: duckdb.DuckDBPyConnection, arrival: Arrival) -> None:
        """Keep the file's reading without what no one may keep; its bytes may be sealed then."""
        readings = Readings(self.shop.folder.raw)
        with at_hand(self.shop, arrival) as path:
            try:
                kind = self._kind(path, arrival.part)
                reading = kind.read(path, path.parent)
                readings.keep(con, arrival, self.version, kind, reading)
            except Refused as refused:
                if refused.code == DISAGREE:
                    raise
                readings.keep_refusal(arrival.file_id, self.version, refused)

    def _kind(self, path: Path, part: str) -> Recognised:
        kind = recognise(path, [self.export], self.currency, part)
        if isinstance(kind, Unknown):
            raise Refused(
                "no_longer_recognised",
                f"{path.name}: {kind.reason} any more; see {self.export.file}.",
            )
        return kind


def refusal(shop: Shop, arrival: Arrival) -> tuple[str, str]:
    """Return code and reason of a file that is no export at all."""
    readings = Readings(shop.folder.raw)
    if has_bytes(shop, arrival):
        why = Refused("not_recognised", f"{arrival.name} fits no declared export.")
        with at_hand(shop, arrival) as path:
            try:
                with one_file(arrival.name):
                    is_member = "/" in arrival.name  # of an archive: nothing is unpacked again
                    wrapped = members(path, peek(path), path.parent / "unpacked")
                    for member in [Member(path.name, path)] if is_member else wrapped:
                        recognise(member.path, [], shop.currency.lower())
            except Refused as refused:
                why = refused
        readings.keep_refusal(arrival.file_id, export_version(None), why)
        return why.code, why.message
    lost = gone(arrival)
    return readings.refusal(arrival.file_id) or (lost.code, lost.message)


def seal(shop: Shop, arrival: Arrival) -> None:
    """Take the plain bytes of a file that may hold personal data out of raw and into the vault."""
    plain = Raw(shop.folder.raw).path(arrival.sha256)
    if plain.exists():
        Vault(shop.folder.vault).seal(plain, arrival.sha256, arrival.received_at)


def clear_leftovers(shop: Shop) -> None:
    """Let nothing be in plain that a killed run left: copies at hand, files read and not sealed."""
    raw = Raw(shop.folder.raw)
    raw.clear_leftovers()
    if shop.folder.work.exists():
        for path in shop.folder.work.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    Vault(shop.folder.vault).clear_leftovers()
    seal_known(shop, raw.arrivals())


def seal_known(shop: Shop, arrivals: Iterable[Arrival]) -> None:
    """Seal the files whose reading, or refusal, is kept without what no one may keep."""
    readings, raw = Readings(shop.folder.raw), Raw(shop.folder.raw)
    for arrival in arrivals:
        if raw.path(arrival.sha256).exists() and readings.version(arrival.file_id) is not None:
            seal(shop, arrival)


def has_bytes(shop: Shop, arrival: Arrival) -> bool:
    """Return whether the file can be read as it came."""
    plain = Raw(shop.folder.raw).path(arrival.sha256)
    return plain.exists() or Vault(shop.folder.vault).holds(arrival.sha256)


@contextmanager
def at_hand(shop: Shop, arrival: Arrival) -> Iterator[Path]:
    """Give the kept bytes under their own name again, so that messages name the seller's file."""
    folder = shop.folder.work / arrival.file_id
    clear(folder)
    path = folder / PurePosixPath(arrival.name.removesuffix(f"/{arrival.part}")).name
    plain = Raw(shop.folder.raw).path(arrival.sha256)
    try:
        if plain.exists():
            os.link(plain, path)
            yield path
        else:
            with Vault(shop.folder.vault).opened(arrival.sha256, path):
                yield path
    finally:
        shutil.rmtree(folder)
