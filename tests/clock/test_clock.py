"""The clock of `make test-clock` is what it says, in a process and in those that it starts."""

import os
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

AHEAD = """
import subprocess, sys
from datetime import UTC, datetime
import time_machine

print(datetime.now(UTC), time_machine.escape_hatch.datetime.datetime.now(UTC), sep="\\n", flush=True)
if len(sys.argv) == 1:
    subprocess.run([sys.executable, __file__, "child"], check=True)
"""


def moments(folder: Path, clock: str) -> list[datetime]:
    """Return now by the clock and by this machine's, as a process and its child have them."""
    (folder / "ahead.py").write_text(AHEAD)
    env = {**os.environ, "TEST_CLOCK": clock, "PYTHONPATH": str(Path(__file__).parent)}
    done = subprocess.run(
        [sys.executable, folder / "ahead.py"], env=env, check=True, capture_output=True, text=True
    )
    return [datetime.fromisoformat(line) for line in done.stdout.split("\n") if line]


def test_a_process_and_its_child_are_as_many_days_ahead(tmp_path: Path) -> None:
    now, real, childs_now, childs_real = moments(tmp_path, "+40")
    for ahead in (now - real, childs_now - childs_real):
        assert abs(ahead - timedelta(days=40)) < timedelta(seconds=1)


@pytest.mark.parametrize("name", ["America/New_York", "Australia/Sydney"])
def test_by_a_zone_it_is_just_before_the_clocks_change_there(tmp_path: Path, name: str) -> None:
    zone = ZoneInfo(name)
    now, real, childs_now, childs_real = moments(tmp_path, name)
    soon = now + timedelta(seconds=30)
    assert now.astimezone(zone).utcoffset() != soon.astimezone(zone).utcoffset()
    assert abs((childs_now - childs_real) - (now - real)) < timedelta(seconds=1)
