"""What a power cut would leave: each file is on the disk before it gets its name, and the name right after.

A night of a tiny shop is run under strace. A kill cannot show this: the system's cache outlives it.
"""

from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.torture import shop
from tests.torture.trace import Call, has_strace, traced

WRITING = ("write", "pwrite64", "writev", "ftruncate")
SYNCING = ("fsync", "fdatasync")
REBUILT = ("warehouse.duckdb", "work")  # from what is kept: may be lost


class Disk:
    """What would be there after a power cut, as far as the calls so far made sure of it."""

    def __init__(self, root: Path) -> None:
        self.root = str(root)
        self.unsynced: set[str] = set()  # files written since they were last synced
        self.unnamed: set[str] = set()  # files and folders whose name may be lost
        self.named: list[str] = []
        self.faults: list[str] = []

    def see(self, call: Call) -> None:
        paths = [path for path in call.paths if path.startswith(self.root)]
        if not paths:
            return
        if call.name in WRITING:
            self.unsynced.add(paths[0])
        elif call.name in SYNCING:
            self.unsynced.discard(paths[0])
            self.unnamed = {path for path in self.unnamed if str(Path(path).parent) != paths[0]}
        elif call.name == "mkdir":
            self.unnamed.add(paths[0])
        elif call.name in ("unlink", "rmdir"):
            self.unnamed.discard(paths[0])
            self.unsynced.discard(paths[0])
        elif call.name.startswith("rename"):
            self._rename(*paths)

    def _rename(self, draft: str, place: str) -> None:
        self.require_names(f"when {place} got its name")
        written = {path for path in self.unsynced if path == draft or path.startswith(f"{draft}/")}
        if written:
            self.faults.append(f"{place} got its name before {sorted(written)} was synced")
        self.unsynced -= written
        self.unnamed.discard(draft)
        if not Path(place).name.startswith(".tmp-"):  # on its way out
            self.unnamed.add(place)
            self.named.append(place)

    def require_names(self, when: str) -> None:
        """Note the names, of files and of the folders above them, that no sync has made sure of."""
        lost = {path for path in self.unnamed if not Path(path).name.startswith(".")}
        lost = {path for path in lost if not set(Path(path).parts) & set(REBUILT)}
        self.faults += [f"{path} might lose its name {when}" for path in sorted(lost)]
        self.unnamed -= lost


def look(root: Path, calls: Iterable[Call]) -> Disk:
    disk = Disk(root)
    for call in calls:
        disk.see(call)
    disk.require_names("at the end")
    return disk


def test_a_file_that_was_not_synced_is_noticed(tmp_path: Path) -> None:
    place, draft = f"{tmp_path}/a/x", f"{tmp_path}/a/.x.new"
    write = Call(1, "write", (draft,), "")
    sync, named = Call(1, "fsync", (draft,), ""), Call(1, "rename", (draft, place), "")
    folder = Call(1, "fsync", (f"{tmp_path}/a",), "")
    assert not look(tmp_path, [write, sync, named, folder]).faults
    assert len(look(tmp_path, [write, named, folder]).faults) == 1
    assert len(look(tmp_path, [sync, write, named, folder]).faults) == 1
    assert len(look(tmp_path, [write, sync, named]).faults) == 1
    made = Call(1, "mkdir", (f"{tmp_path}/a",), "")
    assert len(look(tmp_path, [made, write, sync, named, folder]).faults) == 1
    assert not look(tmp_path, [made, Call(1, "fsync", (str(tmp_path),), "")]).faults


@pytest.mark.whole
@pytest.mark.timeout(600)
def test_every_file_of_a_night_is_on_the_disk_before_it_has_its_name(tmp_path: Path) -> None:
    if not has_strace():
        pytest.skip("strace is not here, or may not trace")
    data, shops = tmp_path / "data", tmp_path / "shops"
    shop.lay_shop(data, shops)
    shop.lay_night(data, 1)
    calls = traced(tmp_path / "log", "tests.torture.shop", str(data), str(shops), "1")
    disk = look(data / shop.NAME, calls)
    assert not disk.faults, "\n".join(disk.faults)
    kinds = {Path(place).relative_to(data / shop.NAME).parts[0] for place in disk.named}
    assert kinds >= {"raw", "vault", "outbox", "published", "dashboard.html", "hash.key"}
    left = {p for p in disk.unsynced if not set(Path(p).relative_to(data).parts[1:]) & set(REBUILT)}
    assert not {path for path in left if "ledger" not in path}, "appended to, and not synced"
