"""A night under faults: killed, out of space, with a failing disk, at each place that it writes to.

The faults are put in by strace at a system call of the tiny shop's second night, or by the machine
itself. Whatever happens: a reader sees the night before or the new one; a run that says it ended
well has; and a rerun, and one more, leave what a night without trouble leaves.
"""

import hashlib
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from config.strict import ROOT
from tasks.warehouse.catalog import content_hash
from tests.torture import shop
from tests.torture.receiver import receiving
from tests.torture.trace import Call, strace, traced

# Where a night writes, by the first part of the path in the shop's folder.
PLACES = ("raw", "vault", "work", "warehouse", "ledger", "outbox", "published", "pages")
FAULTS = {
    "kill": "signal=KILL:when={nth}",
    "full": "error=ENOSPC:when={nth}+",  # from here on
    "eio": "error=EIO:when={nth}",  # once
}
CLOCK = ("received_at", "sent_at", "claimed_at", "tries", "error", "started_at", "ended_at", "note")
GOES_AWAY = ("unlink", "unlinkat", "rmdir")  # a full disk still deletes


@dataclass(frozen=True)
class Point:
    """One moment of a night at which a fault is put in."""

    fault: str
    place: str
    call: str
    nth: int

    def __str__(self) -> str:
        return f"{self.fault:<5} {self.place:<10} {self.call}:{self.nth}"


@dataclass(frozen=True)
class State:
    """What a night leaves: clocks apart, and the log of what was tried."""

    marts: Mapping[str, str]
    ledger: Mapping[str, str]
    files: Mapping[str, str]

    def differences(self, other: "State") -> list[str]:
        """Return what is not the same."""
        found: list[str] = []
        for name in ("marts", "ledger", "files"):
            mine, theirs = getattr(self, name), getattr(other, name)
            found += sorted(
                f"{name}: {k}" for k in {*mine, *theirs} if mine.get(k) != theirs.get(k)
            )
        return found


class House:
    """The tiny shop after its first night, with the files of the second laid.

    Every try is made in one folder, since the marts name the files that they were read from.
    """

    def __init__(self, room: Path) -> None:
        self.room, self.shops = room, room / "shops"
        self.data, self.base = room / "data", room / "base"
        shop.lay_shop(self.data, self.shops, webhook=True)
        shop.lay_night(self.data, 1)
        with receiving():
            shop.run_night(self.data, self.shops, 1)
        shop.lay_night(self.data, 2)
        self.before = published(self.data)
        shutil.copytree(self.data, self.base, symlinks=True)
        with receiving() as self.came:
            self.calls = self._points_of(self.data)
        self.golden = state(self.data)

    def lay(self) -> None:
        """Let the data folder be as it is before the second night."""
        if self.data.exists() and not self.data.is_mount():
            remove(self.data)
        shutil.copytree(self.base, self.data, symlinks=True, dirs_exist_ok=True)

    def _points_of(self, data: Path) -> list[tuple[str, Call]]:
        calls = traced(self.room / "log", *self.command)
        main = calls[0].thread  # of the others each counts by itself
        root = f"{data / shop.NAME}/"
        return [
            (place_of(path.removeprefix(root)), call)
            for call in calls
            for path in call.paths[-1:]
            if call.thread == main and path.startswith(root) and is_change(call)
        ]

    @property
    def command(self) -> tuple[str, ...]:
        """The module and arguments that run the second night."""
        return ("tests.torture.shop", str(self.data), str(self.shops), "2")

    def points(self, each: int) -> list[Point]:
        """Return `each` moments of every place and fault, spread evenly; 0 for every one there is."""
        found = []
        for place in PLACES:
            for fault in FAULTS:
                those = [c for p, c in self.calls if p == place]
                if fault == "full":
                    those = [call for call in those if call.name not in GOES_AWAY]
                step = max(len(those) / each, 1) if each else 1
                chosen = [those[int((i + 0.5) * step)] for i in range(int(len(those) / step))]
                found += [Point(fault, place, call.name, call.nth) for call in chosen]
        return found

    def wrong_after(self, point: Point) -> list[str]:
        """Put the fault in; return what is wrong then, and after a rerun and one more."""
        self.lay()
        inject = f"{point.call}:{FAULTS[point.fault].format(nth=point.nth)}"
        with receiving() as came:
            done = strace(self.room / "log", *self.command, inject=inject)
            wrong = self.wrong_at_once(well=done.returncode == 0)
            if point.fault == "kill" and done.returncode != -signal.SIGKILL:
                wrong.append("it was not killed")
            wrong += self.wrong_after_rerun(came)
        return wrong

    def wrong_at_once(self, *, well: bool) -> list[str]:
        """Return what a reader, or whoever believes the exit code, would find wrong."""
        seen = published(self.data)
        wrong = [] if seen in (self.before, self.golden.marts) else ["a reader sees neither"]
        if well:
            wrong += [
                f"ended well, and is not: {d}" for d in self.golden.differences(state(self.data))
            ]
        return wrong

    def wrong_after_rerun(self, came: Counter[str]) -> list[str]:
        """Run the night again, and once more; return what is not as without trouble."""
        let_time_pass(self.data)
        wrong = []
        for word in ("a rerun", "a second rerun"):
            shop.run_night(self.data, self.shops, 2)
            wrong += [f"{word}: {d}" for d in self.golden.differences(state(self.data))]
        wrong += [f"alert lost: {key}" for key in self.came.keys() - came.keys()]
        wrong += [f"alert of nothing: {key}" for key in came.keys() - self.came.keys()]
        # At least once: the try that died, and the one that made it good.
        wrong += [f"alert came {times} times: {key}" for key, times in came.items() if times > 2]
        return wrong

    def wrong_at_once_twice(self) -> list[str]:
        """Start the night twice at the same moment; return what is wrong."""
        self.lay()
        command = [sys.executable, "-m", *self.command]
        with receiving() as came:
            both = [
                subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL) for _ in range(2)
            ]
            wrong = [f"one of two ended with {one.wait()}" for one in both if one.wait()]
            wrong += [f"alert came {n} times: {key}" for key, n in came.items() if n > 1]
            wrong += self.wrong_at_once(well=True) + self.wrong_after_rerun(came)
        return wrong

    def wrong_on_tmpfs(self, fault: str) -> list[str]:
        """Run the night on a disk that is really full, or that nobody may write; as root only."""
        size = sum(path.stat().st_size for path in self.base.rglob("*") if path.is_file())
        remove(self.data)
        with receiving() as came, small_disk(self.data, int(size * 1.15) + (1 << 20)):
            self.lay()
            if fault == "read-only":
                mount("-o", "remount,ro", str(self.data))
            command = [sys.executable, "-m", *self.command]
            done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True)
            wrong = [] if done.returncode else ["it said nothing"]
            wrong += self.wrong_at_once(well=False)
            mount("-o", "remount,rw,size=1g", str(self.data))
            wrong += self.wrong_after_rerun(came)
        return wrong


def place_of(path: str) -> str:
    """Return the place of a path in the shop's folder; a draft is where its file will be."""
    first = path.split("/", 1)[0].lstrip(".")
    if ".html" in first:
        return "pages"
    return first.split(".")[0]


def is_change(call: Call) -> bool:
    """Return whether a call changes a file or a name, or waits for one; opening does where it may make one."""
    return call.name != "openat" or "O_CREAT" in call.arguments or "O_TRUNC" in call.arguments


def published(data: Path) -> dict[str, str]:
    """Return a hash of each mart that a reader finds, but for the log of what was tried."""
    file = (data / shop.NAME / "published" / "current" / "marts.duckdb").resolve()
    with duckdb.connect(str(file), read_only=True) as con:
        names = con.execute(
            "select table_name from duckdb_tables()"
            " where table_name not in ('published', 'audit_log') order by 1"
        ).fetchall()
        return {name: content_hash(con, f"main.{name}", CLOCK) for (name,) in names}


def state(data: Path) -> State:
    """Return what a night left."""
    root = data / shop.NAME
    with closing(sqlite3.connect(root / "ledger.db")) as con:
        names = [
            name for (name,) in con.execute("select name from sqlite_master where type='table'")
        ]
        kept = sorted(set(names) - {"audit_log", "sqlite_sequence"})
        ledger = {name: _rows(con, name) for name in kept}
    files = {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for folder in ("outbox", "raw")
        for path in (root / folder).rglob("*")
        if path.is_file() and "readings" not in path.parts and path.name != "arrivals.jsonl"
    }
    files |= {f"vault/{path.name}": "" for path in (root / "vault" / "keys").iterdir()}
    return State(published(data), ledger, files)


def _rows(con: sqlite3.Connection, table: str) -> str:
    columns = [row[1] for row in con.execute(f"pragma table_info({table})") if row[1] not in CLOCK]
    rows: list[Any] = con.execute(f"select {', '.join(columns)} from {table}").fetchall()
    return "\n".join(sorted(map(repr, rows)))


def let_time_pass(data: Path) -> None:
    """Let the claims of a run that died lapse, as they do an hour later."""
    with closing(sqlite3.connect(data / shop.NAME / "ledger.db")) as con, con:
        con.execute("update alert_deliveries set claimed_at = '2020-01-01T00:00:00.000000+00:00'"
                    " where claimed_at is not null")  # fmt: skip


def remove(data: Path) -> None:
    """Delete a try; published snapshots let nobody write."""
    for folder in data.rglob("*"):
        if folder.is_dir() and not folder.is_symlink():
            folder.chmod(0o700)
    shutil.rmtree(data)


def mount(*arguments: str) -> None:
    """Call mount."""
    subprocess.run(["mount", *arguments], check=True, capture_output=True)


@contextmanager
def small_disk(place: Path, size: int) -> Iterator[None]:
    """Let `place` be a disk of so many bytes."""
    place.mkdir()
    mount("-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place))
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def try_all(house: House, each: int) -> Iterator[tuple[str, str, list[str]]]:
    """Yield place, fault and what was wrong: of `each` moments of every place and fault, then of the others."""
    for point in house.points(each):
        yield point.place, f"{point.fault} at {point.call} {point.nth}", house.wrong_after(point)
    yield "all", "two runs at once", house.wrong_at_once_twice()
    if os.geteuid() == 0:
        for fault in ("really full", "read-only"):
            yield "all", f"disk {fault}", house.wrong_on_tmpfs(fault)
