"""Whoever finds a shop in use hears it once, waits, and goes on."""

import fcntl
import subprocess
import sys
import threading
from datetime import timedelta

import pytest

from config.errors import RetryableError
from config.strict import ROOT
from tasks.run.lock import shop_lock
from tests.exports.door import Door


def test_a_decision_waits_for_the_night_and_says_so(
    door: Door, capfd: pytest.CaptureFixture[str]
) -> None:
    door.shop.folder.root.mkdir(parents=True, exist_ok=True)
    with door.shop.folder.lock.open("w") as night:
        fcntl.flock(night, fcntl.LOCK_EX)
        ends = threading.Timer(0.7, lambda: fcntl.flock(night, fcntl.LOCK_UN))
        ends.start()
        with shop_lock(door.shop):
            ends.join()
        words = capfd.readouterr().err
        assert words.count(f"waiting for another run of {door.shop.name}") == 1
        fcntl.flock(night, fcntl.LOCK_EX)
        with (
            pytest.raises(RetryableError, match="another run has been active"),
            shop_lock(door.shop, timedelta(0)),
        ):
            pass


HOLDER = """
import sys
from config.shop import load_shop
from tasks.run.lock import shop_lock

with shop_lock(load_shop(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_of_two_processes_one_has_the_shop(door: Door) -> None:
    command = [sys.executable, "-c", HOLDER, door.shop.name]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(RetryableError), shop_lock(door.shop, timedelta(0)):
            pass
        holder.communicate("")
    with shop_lock(door.shop, timedelta(0)):
        pass
