"""A night under faults: killed, out of space, with a failing disk or line, at each place it writes, reads or talks to.

The faults are put in by strace at a system call of the tiny shop's second night, or by the machine
itself. Whatever happens: a reader sees the night before or the new one; a run that says it ended
well has; and a rerun, and one more, leave what a night without trouble leaves.
"""

import os
import random
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from config.strict import ROOT
from tests.postgres import new_database
from tests.torture import shop
from tests.torture.reader import content, published, reading
from tests.torture.receiver import receiving
from tests.torture.state import State, let_time_pass, state_of
from tests.torture.trace import CALLS, READS, TALKS, Call, injected, strace, traced

# Where a night writes, by the first part of the path in the shop's folder; whom it talks to.
PLACES = ("raw", "vault", "work", "warehouse", "ledger", "outbox", "published", "pages")
SOCKETS = {"TCP": "receiver", "UNIX-STREAM": "postgres"}
GOES_AWAY = ("unlink", "unlinkat", "rmdir")  # a full disk still deletes


@dataclass(frozen=True)
class Fault:
    """A kind of trouble: as strace's manual writes it, at which calls, and where."""

    inject: str
    calls: Sequence[str]
    places: Sequence[str]


FAULTS = {
    "kill": Fault("signal=KILL:when={nth}", CALLS, PLACES),
    "full": Fault("error=ENOSPC:when={nth}+", CALLS, PLACES),  # from here on
    "eio": Fault("error=EIO:when={nth}", CALLS, PLACES),  # once
    "unreadable": Fault(
        "error=EIO:when={nth}",
        READS,
        ("inbox", "raw", "warehouse", "ledger", "published"),
    ),
    "kill-talk": Fault("signal=KILL:when={nth}", TALKS, ("receiver", "postgres")),
    "cut-line": Fault("error=ECONNRESET:when={nth}", TALKS, ("receiver", "postgres")),
}
# Of the whole machine, each tried once: two runs at the same moment, another clock's zone and language, and a small
# disk mounted where root may.
MACHINE = ("two-runs", "elsewhere", "really-full", "read-only")
MISSED = "the fault was not put in where it was meant"
TRIES = 3
ELSEWHERE = {"TZ": "Asia/Kolkata", "LC_ALL": "C", "LANGUAGE": "tr", "PYTHONHASHSEED": "7"}


@dataclass(frozen=True)
class Point:
    """One moment of a night at which a fault is put in."""

    fault: str
    place: str
    call: str
    nth: int

    def __str__(self) -> str:
        return f"{self.fault:<10} {self.place:<10} {self.call}:{self.nth}"


@dataclass
class Try:
    """What came of one fault: where it was put in, how often a reader opened the marts, what was wrong."""

    fault: str
    place: str
    call: str = ""
    opens: int = 0
    wrong: list[str] = field(default_factory=list)


class House:
    """The tiny shop after its first night, with the files of the second laid.

    Every try is made in one folder, since the marts name the files that they were read from. With
    `postgres`, the address of a server, the ledger is there, copied from a template for each try.
    """

    def __init__(self, room: Path, postgres: str = "") -> None:
        self.room, self.shops, self.postgres = room, room / "shops", postgres
        self.data, self.base = room / "data", room / "base"
        self.marts = self.data / shop.NAME / "published" / "current" / "marts.duckdb"
        if postgres:
            os.environ[shop.LEDGER] = new_database(postgres, "base")
        shop.lay_shop(self.data, self.shops, webhook=True, has_postgres=bool(postgres))
        shop.lay_night(self.data, 1)
        with receiving():
            shop.run_night(self.data, self.shops, 1)
        shop.lay_night(self.data, 2)
        self.before = published(self.marts)
        shutil.copytree(self.data, self.base, symlinks=True)
        self._lay_ledger()
        with receiving() as self.came:
            self.calls = self._points_of(self.data)
        self.golden = state_of(self.data)
        self.contents = {content(self.before), content(self.golden.marts)}

    def lay(self) -> None:
        """Let the data folder be as it is before the second night."""
        if self.data.exists() and not self.data.is_mount():
            remove(self.data)
        shutil.copytree(self.base, self.data, symlinks=True, dirs_exist_ok=True)
        self._lay_ledger()

    def _lay_ledger(self) -> None:
        if self.postgres:
            os.environ[shop.LEDGER] = new_database(self.postgres, "tiny", template="base")

    def _points_of(self, data: Path) -> list[tuple[str, Call]]:
        every = (*CALLS, *READS, *TALKS)
        calls = traced(self.room / "log", *self.command, names=every)
        main = calls[0].thread  # of the others each counts by itself
        return [
            (place_of(path, data), call)
            for call in calls
            for path in call.paths[-1:]
            if call.thread == main and place_of(path, data) and is_touch(call)
        ]

    @property
    def command(self) -> tuple[str, ...]:
        """The module and arguments that run the second night."""
        return ("tests.torture.shop", str(self.data), str(self.shops), "2")

    def points_at(self, fault: str, place: str) -> list[Point]:
        """Return every moment at which the fault may be put in at the place."""
        return [
            Point(fault, place, call.name, call.nth)
            for at, call in self.calls
            if at == place
            and call.name in FAULTS[fault].calls
            and not (fault == "full" and call.name in GOES_AWAY)
        ]

    def points(self, fault: str, place: str, each: int, seed: int = 0) -> list[Point]:
        """Return `each` moments of the place and fault, one of each kind of call first; 0 for all there are."""
        there = self.points_at(fault, place)
        chance = random.Random(f"{fault} {place} {seed}")
        chance.shuffle(there)
        kinds = Counter[str]()
        order = {}
        for point in there:
            kinds[point.call] += 1
            order[point] = kinds[point.call]
        return sorted(there, key=order.__getitem__)[: each or None]

    def tried(self, point: Point) -> Try:
        """Put the fault in; return what is wrong then, and after a rerun and one more.

        DuckDB shares its writing out among threads: a night may have fewer calls of its own than the one that
        was looked at, and end before the moment comes. Then it is no try, and another is made, at last at the
        place's other kinds of call, which are fewer and come in their order.
        """
        kinds = {each.call: each for each in self.points(point.fault, point.place, 0)}
        others = [each for call, each in kinds.items() if call != point.call]
        for moment in (*[point] * TRIES, *others):
            one = self._tried_once(moment)
            if MISSED not in one.wrong:
                break
        return one

    def _tried_once(self, point: Point) -> Try:
        self.lay()
        inject = f"{point.call}:{FAULTS[point.fault].inject.format(nth=point.nth)}"
        one = Try(point.fault, point.place, f"{point.call} {point.nth}")
        log = self.room / "log"
        with receiving() as came, self._read(one):
            done = strace(log, *self.command, inject=inject, names=FAULTS[point.fault].calls)
            if "kill" in point.fault:
                hit = done.returncode == -signal.SIGKILL
            else:
                hit = place_of(injected(log), self.data) == point.place
            if not hit:
                one.wrong.append(MISSED)
                return one
            one.wrong += self.wrong_at_once(well=done.returncode == 0)
            one.wrong += self.wrong_after_rerun(came)
        return one

    @contextmanager
    def _read(self, one: Try) -> Iterator[None]:
        """Let a reader open the marts meanwhile; what it found that is neither night's is wrong."""
        with reading(self.marts) as found:
            yield
        one.opens = sum(found.values())
        one.wrong += [f"a reader found {each}" for each in found.keys() - self.contents]

    def wrong_at_once(self, *, well: bool) -> list[str]:
        """Return what a reader, or whoever believes the exit code, would find wrong."""
        seen = published(self.marts)
        wrong = [] if content(seen) in self.contents else ["a reader sees neither"]
        if well:
            now = state_of(self.data)
            wrong += [f"ended well, and is not: {d}" for d in self.golden.differences(now)]
        return wrong

    def wrong_after_rerun(self, came: Counter[str]) -> list[str]:
        """Run the night again, and once more; return what is not as without trouble."""
        let_time_pass(self.data)
        wrong = []
        for word in ("a rerun", "a second rerun"):
            shop.run_night(self.data, self.shops, 2)
            wrong += [f"{word}: {d}" for d in self.golden.differences(state_of(self.data))]
        wrong += [f"alert lost: {key}" for key in self.came.keys() - came.keys()]
        wrong += [f"alert of nothing: {key}" for key in came.keys() - self.came.keys()]
        # At least once: the try that died, and the one that made it good.
        wrong += [f"alert came {times} times: {key}" for key, times in came.items() if times > 2]
        return wrong

    def tried_twice_at_once(self) -> Try:
        """Start the night twice at the same moment; return what is wrong."""
        self.lay()
        one = Try("two-runs", "all")
        command = [sys.executable, "-m", *self.command]
        with receiving() as came, self._read(one):
            both = [
                subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL) for _ in range(2)
            ]
            one.wrong = [f"one of two ended with {each.wait()}" for each in both if each.wait()]
            one.wrong += [f"alert came {n} times: {key}" for key, n in came.items() if n > 1]
            one.wrong += self.wrong_at_once(well=True) + self.wrong_after_rerun(came)
        return one

    def tried_elsewhere(self) -> Try:
        """Run the night on a machine of another zone, language and order of hashes; return what is not the same."""
        self.lay()
        one = Try("elsewhere", "all")
        with receiving() as came, self._read(one):
            command = [sys.executable, "-m", *self.command]
            done = subprocess.run(
                command, cwd=ROOT, env=os.environ | ELSEWHERE, check=False, capture_output=True
            )
            one.wrong = [f"it ended with {done.returncode}"] if done.returncode else []
            one.wrong += self.wrong_at_once(well=True) + self.wrong_after_rerun(came)
        return one

    def tried_on_tmpfs(self, fault: str) -> Try:
        """Run the night on a disk that is really full, or that nobody may write; as root only."""
        size = sum(path.stat().st_size for path in self.base.rglob("*") if path.is_file())
        remove(self.data)
        one = Try(fault, "all")
        with receiving() as came, small_disk(self.data, int(size * 1.15) + (1 << 20)):
            self.lay()
            if fault == "read-only":
                mount("-o", "remount,ro", str(self.data))
            with self._read(one):
                command = [sys.executable, "-m", *self.command]
                done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True)
                one.wrong = [] if done.returncode else ["it said nothing"]
                one.wrong += self.wrong_at_once(well=False)
                mount("-o", "remount,rw,size=1g", str(self.data))
                one.wrong += self.wrong_after_rerun(came)
        return one


def place_of(path: str, data: Path) -> str:
    """Return the place of a path in the shop's folder, a draft's being its file's; or of a socket; else ''."""
    kind = path.partition(":")[0]
    if kind in SOCKETS:
        return SOCKETS[kind]
    root = f"{data / shop.NAME}/"
    if not path.startswith(root):
        return ""
    first = path.removeprefix(root).split("/", 1)[0].lstrip(".")
    return "pages" if ".html" in first else first.split(".")[0]


def is_touch(call: Call) -> bool:
    """Return whether a call does more than open: one that may make or empty a file changes it."""
    return call.name != "openat" or "O_CREAT" in call.arguments or "O_TRUNC" in call.arguments


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


__all__ = ["FAULTS", "MACHINE", "PLACES", "House", "Point", "State", "Try"]
