"""`python -m tests.torture [defects] [faults]`: planted bugs, a night under faults; ends with 1 where one got by."""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from tests.postgres import binaries, running
from tests.torture import defects
from tests.torture.faults import FAULTS, MACHINE, House, Try
from tests.torture.figures import write_tried
from tests.torture.trace import has_strace


def plant(only: str) -> int:
    """Try the planted bugs; return how many no test noticed."""
    chosen = [each for each in defects.read_defects() if only in each.name]
    missed = defects.plant(chosen)
    print(f"{len(chosen)} planted bugs, {len(missed)} that no test noticed")
    return len(missed)


Tries = list[Callable[[], Try]]


def torture(each: int, only: str, seed: int) -> int:
    """Try the faults, note what came of them; return after how many something was wrong."""
    if not has_strace():
        print("faults: skipped, strace is not here or may not trace")
        return 0
    os.environ.setdefault("PREFECT_LOGGING_LEVEL", "CRITICAL")
    is_wanted = lambda fault, place: not only or only in f"{fault} {place}"  # noqa: E731
    tried = failed = 0
    with tempfile.TemporaryDirectory(prefix="torture-") as room:
        for cell, moments, tries in cells(Path(room), each, seed, is_wanted):
            came = []
            for one in tries:
                began = time.perf_counter()
                came.append(one())
                tried, failed = tried + 1, failed + bool(came[-1].wrong)
                word, seconds = (
                    "WRONG" if came[-1].wrong else "fine ",
                    time.perf_counter() - began,
                )
                print(f"{word}  {seconds:5.1f} s  {cell}: {came[-1].call}", flush=True)
                for line in came[-1].wrong:
                    print(f"           {line}", flush=True)
            if came:
                write_tried(came, moments, datetime.now(UTC).date())
    print(f"{tried} faults, {failed} after which something was wrong")
    return failed


def cells(
    room: Path, each: int, seed: int, is_wanted: Callable[[str, str], bool]
) -> Iterator[tuple[str, int, Tries]]:
    """Yield each fault and place that is wanted, how many moments there are, and what is to be tried."""
    at = [(name, place) for name, fault in FAULTS.items() for place in fault.places]
    chosen = [cell for cell in at if is_wanted(*cell)]
    machine = [fault for fault in MACHINE if is_wanted(fault, "all")]
    if machine or any(place != "postgres" for _, place in chosen):
        (room / "here").mkdir()
        house = House(room / "here")
        for fault, place in chosen:
            if place != "postgres":
                points = house.points(fault, place, each, seed)
                tries: Tries = [partial(house.tried, point) for point in points]
                yield f"{fault} {place}", len(house.points_at(fault, place)), tries
        for fault in machine:
            if fault == "two-runs":
                yield f"{fault} all", 1, [house.tried_twice_at_once]
            elif fault == "elsewhere":
                yield f"{fault} all", 1, [house.tried_elsewhere]
            elif os.geteuid() == 0:
                yield f"{fault} all", 1, [partial(house.tried_on_tmpfs, fault)]
    talks = [fault for fault, place in chosen if place == "postgres"]
    if talks and binaries():
        # A short path: a socket's name may have 107 bytes.
        with tempfile.TemporaryDirectory(prefix="pg") as folder, running(Path(folder)) as url:
            (room / "there").mkdir()
            house = House(room / "there", url)
            for fault in talks:
                points = house.points(fault, "postgres", each, seed)
                tries = [partial(house.tried, point) for point in points]
                yield f"{fault} postgres", len(house.points_at(fault, "postgres")), tries


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__)
    parser.add_argument("what", nargs="*", default=["defects", "faults"], help="defects, faults")
    parser.add_argument(
        "--only", default="", help="planted bugs, or `FAULT PLACE`, with this in them"
    )
    parser.add_argument(
        "--each", type=int, default=1, help="moments of every place and fault; 0 for all there are"
    )
    parser.add_argument("--seed", type=int, default=0, help="another number chooses other moments")
    options = parser.parse_args()
    failed = 0
    if "defects" in options.what:
        failed += plant(options.only)
    if "faults" in options.what:
        failed += torture(options.each, options.only, options.seed)
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
