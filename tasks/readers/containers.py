"""Archives, opened safely: what lies in them, each member as a file of its own, within limits.

A few kilobytes can unpack to terabytes. Sizes that an archive states of itself are not believed:
bytes are counted as they are unpacked, and the whole is refused where a limit is passed.
"""

import gzip
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, cast

from tasks.readers.peek import Peek, Refused

BLOCK = 1 << 20
MOST_MEMBERS = 1_000
MOST_BYTES = 8 << 30  # unpacked, all members together
MOST_RATIO = 200  # unpacked to packed; exports are packed 5 to 50 times smaller
RATIO_FROM = 64 << 20  # bytes unpacked; below it the ratio harms nobody
ENCRYPTED = 0x1
UNREADABLE = (zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, EOFError, NotImplementedError)


@dataclass(frozen=True)
class Member:
    """One file as it is read: itself, or one of an archive, unpacked."""

    name: str  # "orders.zip/orders_1.csv", for people and for the file's id
    path: Path


def members(path: Path, seen: Peek, work: Path) -> Iterator[Member]:
    """Yield the files in the archive at `path`, each unpacked below `work`; any other file as it is.

    A member's path holds only until the next one is asked for.

    Raises:
        Refused: the archive is broken, encrypted, or passes a limit.
    """
    if seen.kind == "gzip":
        name = path.name.removesuffix(".gz")
        with cast("IO[bytes]", gzip.open(path)) as packed:
            yield from _unpacked(packed, path, f"{path.name}/{name}", work, [0])
    elif seen.kind == "zip":
        unpacked = [0]
        with opened_zip(path) as archive:
            for entry in archive.infolist():
                if not entry.is_dir() and not _is_hidden(entry.filename):
                    with archive.open(entry) as packed:
                        name = f"{path.name}/{entry.filename}"
                        yield from _unpacked(packed, path, name, work, unpacked)
    else:
        yield Member(path.name, path)


@contextmanager
def opened_zip(path: Path) -> Iterator[zipfile.ZipFile]:
    """Give the ZIP at `path` (a workbook is one too) once its directory is sound.

    Raises:
        Refused: it is broken, encrypted, or has too many members; also while it is read.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            if len(entries) > MOST_MEMBERS:
                raise Refused(
                    "archive_too_large",
                    f"{path.name} holds {len(entries):,} files, more than {MOST_MEMBERS:,}. Deliver"
                    " the exports in smaller archives.",
                )
            if any(entry.flag_bits & ENCRYPTED for entry in entries):
                raise Refused(
                    "encrypted_archive",
                    f"{path.name} is protected by a password. Deliver it without one.",
                )
            yield archive
    except UNREADABLE as error:
        raise broken(path, error) from error


def counted(packed: IO[bytes], path: Path, unpacked: list[int]) -> Iterator[bytes]:
    """Yield what `packed` unpacks to, block by block; `unpacked` counts over all members.

    Raises:
        Refused: the archive at `path` unpacks to more than an export ever does.
    """
    size = max(path.stat().st_size, 1)
    while block := packed.read(BLOCK):
        unpacked[0] += len(block)
        is_bomb = unpacked[0] > RATIO_FROM and unpacked[0] > MOST_RATIO * size
        if is_bomb or unpacked[0] > MOST_BYTES:
            raise Refused(
                "archive_too_large",
                f"{path.name} ({size:,} bytes) unpacks to more than {unpacked[0]:,} bytes, which no"
                " export does. Deliver the export itself.",
            )
        yield block


def broken(path: Path, error: Exception) -> Refused:
    """Return the refusal of an archive that cannot be unpacked."""
    return Refused(
        "broken_archive",
        f"{path.name} is a damaged archive ({error}). Its download or copy was cut short or altered:"
        " download it again.",
    )


def _unpacked(
    packed: IO[bytes], path: Path, name: str, work: Path, unpacked: list[int]
) -> Iterator[Member]:
    work.mkdir(parents=True, exist_ok=True)
    target = work / (PurePosixPath(name).name or "member")
    try:
        with target.open("wb") as file:
            file.writelines(counted(packed, path, unpacked))
    except UNREADABLE as error:
        raise broken(path, error) from error
    try:
        yield Member(name, target)
    finally:
        target.unlink(missing_ok=True)


def _is_hidden(name: str) -> bool:
    """Return whether no person put it there: what macOS and Windows add to archives."""
    parts = PurePosixPath(name.replace("\\", "/")).parts
    return any(part.startswith((".", "__MACOSX", "~$")) for part in parts)
