"""`python -m tests.torture [defects] [faults]`: planted bugs, a night under faults; ends with 1 where one got by."""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

from tests.torture import defects
from tests.torture.faults import House, try_all
from tests.torture.trace import has_strace


def plant(only: str) -> int:
    """Try the planted bugs; return how many no test noticed."""
    chosen = [each for each in defects.read_defects() if only in each.name]
    missed = defects.plant(chosen)
    print(f"{len(chosen)} planted bugs, {len(missed)} that no test noticed")
    return len(missed)


def torture(each: int) -> int:
    """Try the faults; return after how many something was wrong."""
    if not has_strace():
        print("faults: skipped, strace is not here or may not trace")
        return 0
    os.environ.setdefault("PREFECT_LOGGING_LEVEL", "CRITICAL")
    tried = failed = 0
    with tempfile.TemporaryDirectory(prefix="torture-") as room:
        house = House(Path(room))
        began = time.perf_counter()
        for place, fault, wrong in try_all(house, each):
            tried, failed = tried + 1, failed + bool(wrong)
            seconds, began = time.perf_counter() - began, time.perf_counter()
            print(
                f"{'WRONG' if wrong else 'fine '}  {seconds:5.1f} s  {place}: {fault}", flush=True
            )
            for line in wrong:
                print(f"           {line}", flush=True)
    print(f"{tried} faults, {failed} after which something was wrong")
    return failed


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__)
    parser.add_argument("what", nargs="*", default=["defects", "faults"], help="defects, faults")
    parser.add_argument("--only", default="", help="planted bugs with this in their name")
    parser.add_argument(
        "--each", type=int, default=1, help="moments of every place and fault; 0 for all there are"
    )
    options = parser.parse_args()
    failed = 0
    if "defects" in options.what:
        failed += plant(options.only)
    if "faults" in options.what:
        failed += torture(options.each)
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
