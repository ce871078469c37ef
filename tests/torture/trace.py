"""What a traced night did to its files: the calls that strace wrote down, in their order."""

import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from config.strict import ROOT

# A call that changes a file or a name, or waits until one is on the disk. Opening may make a file.
CALLS = (
    "openat", "write", "pwrite64", "writev", "ftruncate", "rename", "renameat", "renameat2",
    "mkdir", "symlink", "link", "unlink", "unlinkat", "rmdir", "fsync", "fdatasync",
)  # fmt: skip
READS = ("read", "pread64")
TALKS = ("sendto", "recvfrom")  # to PostgreSQL, to the receiver of alerts
LINE = re.compile(r"^(?P<thread>\d+) +(?P<name>\w+)\((?P<arguments>.*)\) += (?P<result>-?\d+)")
OF_HANDLE = re.compile(r"^\d+<(?P<path>[^>]*)>")
NAMED = re.compile(r'"((?:[^"\\]|\\.)*)"')


@dataclass(frozen=True)
class Call:
    """One system call that succeeded."""

    thread: int
    name: str
    paths: tuple[str, ...]  # of the handle, or those that are named
    arguments: str
    nth: int = 0  # of its thread's calls of that name, those that failed too


def has_strace() -> bool:
    """Return whether strace is there and may trace here: a container may forbid it."""
    if not shutil.which("strace"):
        return False
    return subprocess.run(["strace", "-o", "/dev/null", "true"], check=False).returncode == 0


def strace(
    log: Path, *arguments: str, inject: str = "", names: Sequence[str] = CALLS
) -> subprocess.CompletedProcess[str]:
    """Run a module of ours under strace; `inject` is a fault, as its manual writes it."""
    # With the filter strace 6.1 is quick, and injects no signal.
    fault = ["-e", f"inject={inject}"] if inject else ["--seccomp-bpf"]
    command = [
        "strace", "-f", "-yy", "-s", "0", "-o", str(log), "-e", f"trace={','.join(names)}",
        *fault, sys.executable, "-m", *arguments,
    ]  # fmt: skip
    return subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)


def traced(log: Path, *arguments: str, names: Sequence[str] = CALLS) -> Sequence[Call]:
    """Run a module of ours to its end; return its calls of these names."""
    done = strace(log, *arguments, names=names)
    assert done.returncode == 0, done.stderr
    return list(calls(log))


def calls(log: Path) -> Iterator[Call]:
    """Yield the calls of a log that succeeded; one that another thread interrupted is put together."""
    halves: dict[str, str] = {}
    counted = Counter[tuple[str, str]]()
    for line in log.read_text("utf-8", "replace").splitlines():
        thread, _, rest = line.partition(" ")
        if rest.endswith("<unfinished ...>"):
            halves[thread] = rest.removesuffix("<unfinished ...>")
            continue
        if " resumed>" in rest:
            rest = halves.pop(thread, "") + rest.partition(" resumed>")[2]
        found = LINE.match(f"{thread} {rest.strip()}")
        if found:
            counted[thread, found["name"]] += 1
        if found and not found["result"].startswith("-"):
            handle = OF_HANDLE.match(found["arguments"])
            paths = (handle["path"],) if handle else tuple(NAMED.findall(found["arguments"]))
            nth = counted[thread, found["name"]]
            yield Call(int(thread), found["name"], paths, found["arguments"], nth)


def injected(log: Path) -> str:
    """Return the path, or the socket, of the first call that an injected error met; empty for none."""
    for line in log.read_text("utf-8", "replace").splitlines():
        if "(INJECTED)" in line:
            _, _, arguments = line.partition("(")
            handle = OF_HANDLE.match(arguments)
            return handle["path"] if handle else (NAMED.findall(arguments) or [""])[-1]
    return ""
