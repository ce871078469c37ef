"""Retention and erasure: personal data goes when it is due, or when a person asks.

A customer is named by the keyed hash that is in the tables (`customer_key`), never by an
address: a flow's parameters are kept on its run's page.
"""

import gzip
import hashlib
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from config.errors import FatalError
from config.shop import Shop
from tasks.archive.originals import clear_leftovers
from tasks.archive.raw import Raw
from tasks.archive.readings import Readings
from tasks.archive.replays import remove
from tasks.archive.vault import Vault
from tasks.reading.masking import EMAIL
from tasks.reading.peek import GZIP, byte_order_mark
from tasks.run.whole_file import write_whole
from tasks.warehouse.connection import forgotten, generously, hash_key, open_to_read_files

ADDRESS = re.compile(EMAIL)
HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Forgotten:
    """What an erasure did."""

    readings: int  # in which the customer was found
    files: int  # sealed as they came, and destroyed


def customer_key(shop: Shop, identifier: str) -> str:
    """Return the keyed hash of an e-mail address or user name, as `keyed_hash` computes it."""
    keyed = f"{hash_key(shop.folder)}:{identifier.strip(' ').lower()}"
    return hashlib.sha256(keyed.encode()).hexdigest()


def destroy_due(shop: Shop, at: datetime) -> int:
    """Destroy the sealed files that are older than the shop keeps them; return how many."""
    return Vault(shop.folder.vault).destroy_older(at - timedelta(days=shop.privacy.vault_days))


def forget(shop: Shop, key: str) -> Forgotten:
    """Erase the customer `key`: blank it in every reading, destroy every sealed file it came in.

    The orders and their money stay, of nobody. The warehouse goes too, since a database keeps
    deleted rows on its pages; the next night builds it from scratch. Safe to run again.

    Raises:
        FatalError: `key` is no keyed hash.
    """
    if not HASH.fullmatch(key):
        raise FatalError(
            "What was given is no customer key: that has 64 characters, 0 to 9 and a to f. Get it from"
            f" `backroom customer-key --shop {shop.name}`, which asks for the address and keeps it"
            " to itself."
        )
    _remember(shop, key)
    clear_leftovers(shop)
    vault, readings = Vault(shop.folder.vault), Readings(shop.folder.raw)
    with open_to_read_files(shop.folder) as con, generously(con):
        found, others = readings.forget(con, f"keyed:{key}")
    _remember(shop, *(token.removeprefix("keyed:") for token in others))
    sealed = {a.sha256 for a in Raw(shop.folder.raw).arrivals() if a.file_id in found}
    sealed |= {sha256 for sha256 in vault.hashes() if _names(shop, vault, sha256, key)}
    held = [sha256 for sha256 in sealed if vault.holds(sha256)]
    for sha256 in held:
        vault.destroy(sha256)
    for path in (shop.folder.warehouse, shop.folder.warehouse.with_suffix(".duckdb.wal")):
        path.unlink(missing_ok=True)
    remove(shop.folder.replays)
    return Forgotten(len(found), len(held))


def _names(shop: Shop, vault: Vault, sha256: str, key: str) -> bool:
    """Return whether a sealed file has the customer's address anywhere, read or not."""
    with (
        TemporaryDirectory(dir=shop.folder.work) as folder,
        vault.opened(sha256, Path(folder) / "file") as path,
    ):
        return any(
            customer_key(shop, address) == key
            for text in _texts(path)
            for address in {found.lower() for found in ADDRESS.findall(text)}
        )


def _texts(path: Path) -> Iterator[str]:
    """Yield what a file, and each member of an archive, says in letters, however it is encoded."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            contents = [archive.read(name) for name in archive.namelist()]
    else:
        contents = [path.read_bytes()]
        if contents[0].startswith(GZIP):
            contents = [gzip.decompress(contents[0])]
    for content in contents:
        encoding, start = byte_order_mark(content[:4])
        yield content[start:].decode(encoding or "utf-8", "replace")


def _remember(shop: Shop, *keys: str) -> None:
    """Note the hashes so that the customer is not kept when the same file comes again."""
    known = forgotten(shop.folder)
    new = [key for key in keys if key not in known]
    if new:
        path = shop.folder.raw / "forgotten.txt"
        write_whole(path, "\n".join([*known, *new]) + "\n")
