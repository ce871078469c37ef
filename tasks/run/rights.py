"""Who may read what is in a shop's folder: its owner everything, others what is made for them."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.folders import ShopFolder
from tasks.run.whole_file import make_folder

OTHERS = 0o077


@contextmanager
def private_files(folder: ShopFolder) -> Iterator[None]:
    """Let nobody but the owner read what the block writes, and what earlier versions left open.

    Made for others, and theirs as far as the umask of the command allows: the way to the shop's
    folder, `outbox/` and the pages. Of `published/`, `tasks/outbox/snapshot.py` decides. `inbox/` is
    the user's own.
    """
    umask = os.umask(OTHERS)
    try:
        if not folder.root.exists():
            make_folder(folder.root)
            folder.root.chmod(0o777 & ~umask)
        for path in _private(folder):
            _close(path)
        yield
    finally:
        os.umask(umask)
        for path in _shared(folder):
            _allow(path, umask)


def close_folder(folder: Path) -> None:
    """Make the folder, for its owner alone."""
    make_folder(folder, 0o700)
    _close(folder)


def _private(folder: ShopFolder) -> Iterator[Path]:
    yield from (folder.raw, folder.vault, folder.work, folder.prefect)
    # With what SQLite and DuckDB write next to their files: logs and locks.
    for file in (folder.warehouse, folder.ledger):
        yield from file.parent.glob(f"{file.name}*")


def _shared(folder: ShopFolder) -> Iterator[Path]:
    yield from (folder.published, folder.outbox)
    yield from folder.dashboard.parent.glob("*.html")  # with its stations and the worklist
    yield from folder.outbox.rglob("*")


def _close(path: Path) -> None:
    if path.exists() and path.stat().st_mode & OTHERS:
        path.chmod(path.stat().st_mode & 0o700)


def _allow(path: Path, umask: int) -> None:
    if path.is_symlink() or not path.exists() or path.name.startswith("."):
        return
    mode = path.stat().st_mode & 0o777
    wanted = mode | ((0o755 if path.is_dir() else 0o644) & ~umask)
    if mode != wanted:
        path.chmod(wanted)
