"""Where a file's rows come from: its bytes, or, where it holds personal data, its redacted reading.

A file with personal data is read from its bytes once, redacted, and sealed in the vault; from then
on its reading stands for it. While the vault can still be opened, a changed mapping reads the bytes
anew; after that, the reading as it is. So a rebuild gives the same before and after a key's end.
"""

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

import duckdb

from config.export import Export
from config.shop import Shop
from tasks.raw import Arrival, Raw, clear
from tasks.readers.containers import Member, members
from tasks.readers.peek import Refused, one_file, peek
from tasks.readers.reading import DISAGREE, Reading
from tasks.recognise import Recognised, Unknown, recognise
from tasks.redacted import Readings
from tasks.vault import Vault

READER_VERSION = "5"  # raise it when the same bytes would be read otherwise: all is read again


def export_version(export: Export | None) -> str:
    """Return what changes when an export would read the same bytes otherwise."""
    told = export.model_dump_json() if export else ""
    return hashlib.sha256(f"{READER_VERSION}{told}".encode()).hexdigest()[:12]


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
        if not self.export.is_private:
            with at_hand(self.shop, arrival) as path:
                yield self._of_bytes(path, arrival.part)
            return
        readings = Readings(self.shop.folder.raw)
        is_new = readings.version(arrival.file_id) != self.version
        if is_new and has_bytes(self.shop, arrival):
            with at_hand(self.shop, arrival) as path:
                try:
                    kind, reading = self._of_bytes(path, arrival.part)
                    readings.keep(con, arrival, self.version, kind, reading)
                except Refused as refused:
                    if refused.code == DISAGREE:
                        raise
                    readings.keep_refusal(arrival.file_id, self.version, refused)
        yield readings.get(arrival, self.export, self.currency)

    def _of_bytes(self, path: Path, part: str) -> tuple[Recognised, Reading]:
        kind = recognise(path, [self.export], self.currency, part)
        if isinstance(kind, Unknown):
            raise Refused(
                "no_longer_recognised",
                f"{path.name}: {kind.reason} any more; see {self.export.file}.",
            )
        return kind, kind.read(path, path.parent)


def refusal(shop: Shop, arrival: Arrival) -> tuple[str, str]:
    """Return code and reason of a file that is no export at all."""
    readings = Readings(shop.folder.raw)
    if has_bytes(shop, arrival):
        told = ("not_recognised", f"{arrival.name} fits no declared export.")
        with at_hand(shop, arrival) as path:
            try:
                with one_file(arrival.name):
                    is_member = "/" in arrival.name  # of an archive: nothing is unpacked again
                    wrapped = members(path, peek(path), path.parent / "unpacked")
                    for member in [Member(path.name, path)] if is_member else wrapped:
                        recognise(member.path, [], shop.currency.lower())
            except Refused as refused:
                told = refused.code, refused.message
        readings.keep_refusal(arrival.file_id, export_version(None), Refused(*told))
        return told
    gone = ("bytes_gone", f"{arrival.name} was never read, and its bytes are destroyed.")
    return readings.refusal(arrival.file_id) or gone


def seal(shop: Shop, arrival: Arrival) -> None:
    """Take the plain bytes of a file with personal data out of raw and into the vault."""
    plain = Raw(shop.folder.raw).path(arrival.sha256)
    if plain.exists():
        Vault(shop.folder.vault).seal(plain, arrival.sha256, arrival.received_at)


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
