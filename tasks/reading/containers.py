"""Archives, opened safely: what is in them, each member as a file of its own, within limits.

A few kilobytes can unpack to terabytes. Sizes that an archive states of itself are not believed:
bytes are counted as they are unpacked, and the whole is refused where a limit is passed.
"""

import errno
import gzip
import lzma
import shutil
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from tempfile import mkdtemp
from typing import IO, cast

from tasks.reading.peek import Peek, Refused

BLOCK = 1 << 20
MOST_MEMBERS = 1_000
MOST_BYTES = 8 << 30  # unpacked, all members together
MOST_RATIO = 200  # unpacked to packed; exports are packed 5 to 50 times smaller
RATIO_FROM = 64 << 20  # bytes unpacked; below it the ratio harms nobody
ENCRYPTED = 0x1
LONGEST_NAME = 200  # bytes; a file system takes 255
# What damaged archives make the standard library raise.
UNREADABLE = (
    zipfile.BadZipFile,
    gzip.BadGzipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
)


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
    work.mkdir(parents=True, exist_ok=True)
    if seen.kind == "gzip":
        name = path.name.removesuffix(".gz")
        with cast("IO[bytes]", gzip.open(path)) as packed:
            yield from _unpacked(packed, path, f"{path.name}/{name}", work, [0])
    elif seen.kind == "zip":
        unpacked = [0]
        with opened_zip(path) as archive:
            for entry in archive.infolist():
                if not entry.is_dir() and not _is_hidden(entry.filename):
                    with opened(archive, entry, path) as packed:
                        name = f"{path.name}/{entry.filename}"
                        yield from _unpacked(packed, path, name, work, unpacked, entry)
    else:
        yield Member(path.name, path)


def opened_zip(path: Path) -> zipfile.ZipFile:
    """Return the open ZIP at `path` (a workbook is one too) once its directory is sound.

    Raises:
        Refused: it is broken, encrypted, or has too many members.
    """
    try:
        archive = zipfile.ZipFile(path)
    except (*UNREADABLE, OSError) as error:
        raise _broken_or_io(path, error) from error
    entries = archive.infolist()
    if len(entries) > MOST_MEMBERS:
        archive.close()
        raise Refused(
            "archive_too_large",
            f"{path.name} holds {len(entries):,} files, more than {MOST_MEMBERS:,}. Deliver the"
            " exports in smaller archives.",
        )
    if any(entry.flag_bits & ENCRYPTED for entry in entries):
        archive.close()
        raise Refused(
            "encrypted_archive",
            f"{path.name} is protected by a password. Deliver it without one.",
        )
    return archive


def opened(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, path: Path) -> IO[bytes]:
    """Return one member of the ZIP at `path`, open.

    Raises:
        Refused: its place or its kind is not what the directory says.
    """
    try:
        return archive.open(entry)
    except (*UNREADABLE, OSError) as error:
        raise _broken_or_io(path, error) from error


def counted(packed: IO[bytes], path: Path, unpacked: list[int]) -> Iterator[bytes]:
    """Yield what `packed` unpacks to, block by block; `unpacked` counts over all members.

    Raises:
        Refused: the archive at `path` unpacks to more than an export ever does.
    """
    size = max(path.stat().st_size, 1)
    while block := _read(packed, path):
        unpacked[0] += len(block)
        is_bomb = unpacked[0] > RATIO_FROM and unpacked[0] > MOST_RATIO * size
        if is_bomb or unpacked[0] > MOST_BYTES:
            raise Refused(
                "archive_too_large",
                f"{path.name} ({size:,} bytes) unpacks to more than {unpacked[0]:,} bytes, which no"
                " export does. Deliver the export itself.",
            )
        yield block


def _read(packed: IO[bytes], path: Path) -> bytes:
    try:
        return packed.read(BLOCK)
    except (*UNREADABLE, OSError) as error:
        raise _broken_or_io(path, error) from error


def _broken_or_io(path: Path, error: Exception) -> Exception:
    """Return the refusal, unless it is the disk that fails and not the packed data."""
    is_of_disk = isinstance(error, OSError) and error.errno not in (None, errno.EINVAL)
    return error if is_of_disk and not isinstance(error, UNREADABLE) else broken(path, error)


def broken(path: Path, error: Exception) -> Refused:
    """Return the refusal of an archive that cannot be unpacked."""
    return Refused(
        "broken_archive",
        f"{path.name} is a damaged archive ({error}). Its download or copy was cut short or altered:"
        " download it again.",
    )


def _unpacked(
    packed: IO[bytes],
    path: Path,
    name: str,
    work: Path,
    unpacked: list[int],
    entry: zipfile.ZipInfo | None = None,
) -> Iterator[Member]:
    """Unpack one member into a folder of its own: none is ever taken for another."""
    folder = Path(mkdtemp(dir=work))
    target = folder / _safe(name)
    try:
        with target.open("wb") as file:
            file.writelines(counted(packed, path, unpacked))
        size = target.stat().st_size
        # The sum was checked as it was read, unless the directory says that there is nothing.
        if entry and (size != entry.file_size or (not size and entry.CRC)):
            raise broken(path, zipfile.BadZipFile(f"{name} has {size:,} bytes"))
        yield Member(name, target)
    finally:
        shutil.rmtree(folder)


def _safe(name: str) -> str:
    """Return the member's own name as one of a file in our folder, wherever it points to."""
    last = PurePosixPath(name.replace("\\", "/")).name
    short = last.encode("utf-8", "replace")[-LONGEST_NAME:].decode("utf-8", "ignore")
    return "member" if short in ("", ".", "..") else short


def _is_hidden(name: str) -> bool:
    """Return whether no person put it there: what macOS and Windows add to archives."""
    parts = PurePosixPath(name.replace("\\", "/")).parts
    return any(part != ".." and part.startswith((".", "__MACOSX", "~$")) for part in parts)
