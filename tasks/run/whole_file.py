"""Files written whole: under another name in the same folder first, then on the disk, then renamed.

Whoever reads such a file sees all of it, the old or the new, and so does a run after a kill or a
power cut. A kill may leave a draft: a name that begins with a dot, which is never shown to others.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

DRAFTS = "*.new"  # a pattern of names


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give the draft to write; it is the file at `path` when the block ends, unless that fails.

    Its folder is made where it is missing.
    """
    make_folder(path.parent)
    draft = path.with_name(f".{path.name}.new")
    try:
        yield draft
        put(draft, path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def write_whole(path: Path, text: str) -> Path:
    """Write `text` as the file at `path`; return the path."""
    with whole_file(path) as draft:
        draft.write_text(text, encoding="utf-8")
    return path


def put(draft: Path, place: Path) -> None:
    """Let a draft, a file or a folder, be what is at `place`; both on the disk when this returns."""
    sync(draft)
    draft.replace(place)
    sync(place.parent)


def make_folder(folder: Path, mode: int = 0o777) -> None:
    """Make a folder, and those above it that are missing, each with its name on the disk."""
    for each in [each for each in reversed((folder, *folder.parents)) if not each.exists()]:
        each.mkdir(mode if each == folder else 0o777, exist_ok=True)
        sync(each.parent)


def sync(path: Path) -> None:
    """Wait until `path`, a file or a folder, is on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
