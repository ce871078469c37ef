"""A night killed at any of its steps: the next makes it good, and nothing personal is left in plain."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from config.strict import ROOT
from tests.archive.test_privacy import JANE, JOHN, SECRETS, bytes_left, orders
from tests.exports.door import Door
from tests.warehouse.test_load import hashes

# Kills itself at the nth change to a file of the shop's, before the change is made.
CHILD = """
import os, signal, sys
from config.shop import load_shop
from tests.exports.door import Door

place, left = sys.argv[1], int(sys.argv[2])
changes = 0

def hook(event, arguments):
    global changes
    is_change = event in ("os.rename", "os.remove", "os.link", "os.mkdir", "os.chmod", "os.truncate") or (
        event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+")
    )
    if is_change and place in str(arguments[0]):
        changes += 1
        if changes == left:
            os.kill(os.getpid(), signal.SIGKILL)

door = Door.of(load_shop("sample"))
sys.addaudithook(hook)
door.night()
print(changes)
"""
TRIES = 4  # of some fifty; each costs a process and a warehouse


def night(door: Door, killed_at: int) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", CHILD, str(door.folder.root), str(killed_at)],
        env=dict(os.environ),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def lay(door: Door) -> None:
    door.drop("orders_export.csv", orders(JANE, JOHN))
    door.drop("page.html", f"<html><body>Dear {JANE}, your order</body></html>")


@pytest.fixture
def whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[dict[str, str], int]:
    """What a night that nobody killed leaves, and how many changes to files it made."""
    door = Door(tmp_path / "whole", monkeypatch)
    lay(door)
    done = night(door, 0)
    assert done.returncode == 0, done.stderr
    return hashes(door), int(done.stdout.split()[-1])


def test_a_night_killed_at_any_change_of_a_file_is_made_good(
    whole: tuple[dict[str, str], int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_once, changes = whole
    assert changes > TRIES
    for nth in range(1, changes + 1, max(changes // TRIES, 1)):
        door = Door(tmp_path / str(nth), monkeypatch)
        lay(door)
        assert night(door, nth).returncode == -9
        door.night()
        assert hashes(door) == as_once, f"killed at change {nth} of {changes}"
        for path, content in bytes_left(door):
            for secret in SECRETS:
                assert secret.lower().encode() not in content, (
                    f"{secret} in {path}, killed at {nth}"
                )
