"""Backup and restore of what cannot be rebuilt: raw, the ledger and the key of the hashes, in one file.

All else a night computes from them. The vault is left out: a key that is destroyed must be gone
everywhere, and without its keys it opens nothing. Its files are in raw as redacted readings.
"""

import hashlib
import sqlite3
import tarfile
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from config.errors import FatalError
from config.shop import Shop
from tasks.ledger import open_ledger
from tasks.run.whole_file import make_folder, put, sync, whole_file

RAW, LEDGER, KEY = "raw", "ledger.db", "hash.key"


@dataclass(frozen=True)
class Kept:
    """What a backup holds."""

    files: int  # as they came, each checked by its hash
    nights: int  # of which the ledger knows; 0 where it is in another database
    has_ledger: bool


def back_up(shop: Shop, into: Path, at: datetime) -> Path:
    """Write `<shop>-<moment>.tar` into a folder, for its owner alone; return its path.

    The shop's lock is held by whoever calls, so that nothing changes meanwhile.

    Raises:
        FatalError: there is nothing to keep yet.
    """
    root = shop.folder.root
    if not (root / KEY).exists():
        raise FatalError(f"{shop.name} has had no night yet: there is nothing to back up.")
    path = into / f"{shop.name}-{at.astimezone(UTC):%Y%m%dT%H%M%SZ}.tar"
    make_folder(shop.folder.work)
    with whole_file(path) as draft, TemporaryDirectory(dir=shop.folder.work) as room:
        draft.touch(mode=0o600)
        with tarfile.open(draft, "w") as tar:
            tar.add(root / KEY, KEY)
            tar.add(shop.folder.raw, RAW)
            if shop.folder.ledger.exists():
                copy = Path(room) / LEDGER
                with (
                    closing(sqlite3.connect(shop.folder.ledger)) as ledger,
                    closing(sqlite3.connect(copy)) as target,
                ):
                    ledger.backup(target)  # whole, whoever has it open
                tar.add(copy, LEDGER)
    return path


def restore(shop: Shop, backup: Path) -> Kept:
    """Put a backup in place of what is lost, after all of it has been checked; return what it held.

    Raises:
        FatalError: the shop still has any of it, or the backup is damaged. Nothing was changed.
    """
    root = shop.folder.root
    there = [name for name in (RAW, LEDGER, KEY) if (root / name).exists()]
    if there:
        raise FatalError(
            f"{root} still has {', '.join(there)}, and a restore replaces nothing. Move the whole"
            f" folder away first: mv {root} {root}.damaged"
        )
    make_folder(root)
    with TemporaryDirectory(dir=root, prefix=".restore-") as name:
        room = Path(name)
        kept = check(backup, room)
        for path in sorted((room / RAW).rglob("*")):
            sync(path)
        # Raw last: without it the shop is as empty as before, and the restore may be run again.
        for each in (KEY, LEDGER, RAW):
            if (room / each).exists():
                put(room / each, root / each)
    return kept


def check(backup: Path, room: Path) -> Kept:
    """Unpack a backup into a folder and hold all of it to what it says; return what it holds.

    Raises:
        FatalError: it cannot be read, a file is not what its hash says, or the ledger is damaged.
    """
    try:
        with tarfile.open(backup) as tar:
            tar.extractall(room, filter="tar")
    except (OSError, tarfile.TarError) as error:
        raise FatalError(f"{backup} cannot be read ({error}). Take an older backup.") from error
    files = [path for path in (room / RAW).glob("??/*") if path.is_file()]
    for path in files:
        with path.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != path.name:
                raise FatalError(f"{backup}: {path.name} is damaged. Take an older backup.")
    if not (room / KEY).exists() or not (room / RAW).is_dir():
        raise FatalError(f"{backup} is no backup of a shop: it has no {KEY} or no {RAW}.")
    ledger = room / LEDGER
    return Kept(len(files), _nights(ledger) if ledger.exists() else 0, ledger.exists())


def _nights(ledger: Path) -> int:
    """Return how many nights a ledger knows, opened as today's code opens it."""
    try:
        with closing(sqlite3.connect(ledger)) as con:
            [(found,)] = con.execute("pragma integrity_check").fetchall()[:1]
            names = con.execute("select distinct shop from runs").fetchall()
    except sqlite3.DatabaseError as error:
        raise FatalError(
            f"The ledger of the backup is damaged ({error}). Take an older."
        ) from error
    if found != "ok":
        raise FatalError(f"The ledger of the backup is damaged ({found}). Take an older.")
    nights = 0
    for (name,) in names:
        with open_ledger(f"sqlite:///{ledger}", name) as opened:
            nights += len(opened.rows("runs"))
    for extra in ledger.parent.glob(f"{ledger.name}?*"):  # its door, and what a log leaves
        extra.unlink()
    ledger.chmod(0o600)
    return nights
