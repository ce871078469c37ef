"""Speed and memory as ratios to floors measured in the same run: `make bench`.

1. A night of the demo shop, against a bare floor: start and stop the same local server, import
   Prefect and Great Expectations, run one no-op flow with as many tasks. Before it a sync to which
   nothing came, against the same server and a flow without tasks, which needs no such import.
2. A night of a shop of about a million order lines, and the same again with nothing new, against
   DuckDB reading the same files into tables (`read_csv` with its own detection: the baseline checks
   nothing), and next to a seller's own pandas script (`tests/bench_pandas.py`), which checks nothing
   either and answers four questions of the night's.
3. Reading and checking a Shopify orders export of a million lines and a settlement of five million,
   each against DuckDB's own typed `read_csv` into a table.
4. Deciding the reorders and the stock of 100,000 SKUs on five channels, each against one SQL
   statement that computes the same rows (`tests/bench_plan.py`), with how many differ, by the last
   decimal of a figure; of these the CPU ratio counts, for DuckDB shares its statement out among all
   processors.
5. Settlements from their lines to the cent, against one hash join of lines and orders, summed by
   payout (`tests/bench_money.py`); DuckDB holds two gigabytes at most.
6. Great Expectations over ten million rows, against the same checks as one SQL pass.

Seconds are of one busy machine: quote the ratios. `--lines 100000` makes the second one smaller;
`--only reading` runs the third and the sixth, `--only deciding --skus 20000` the fourth, smaller,
`--only reconciling --settlement-lines 5000000` the fifth at its full size.
"""

import argparse
import os
import resource
import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench_read import judging, write_orders, write_settlement

DAYS = 150
LINES_PER_DAY_AND_ORDER = 1.63  # order lines exported per order of the demo shop, all channels


@dataclass(frozen=True)
class Cost:
    """What one command took, with all processes it waited for."""

    wall: float
    cpu: float
    peak_mb: float  # of its largest process

    def less(self, other: "Cost") -> "Cost":
        """Return the cost without that of `other`; the peak stays as it is."""
        return Cost(self.wall - other.wall, self.cpu - other.cpu, self.peak_mb)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--lines", type=int, default=1_000_000, help="order lines of the large shop"
    )
    parser.add_argument("--skus", type=int, default=100_000, help="SKUs that are decided on")
    parser.add_argument(
        "--settlement-lines", type=int, default=500_000, help="lines of the large settlements"
    )
    parser.add_argument(
        "--only", choices=["syncing", "nights", "reading", "deciding", "reconciling"]
    )
    parser.add_argument("--keep", type=Path, help="folder to work in and to keep")
    options = parser.parse_args()
    work = options.keep or Path(tempfile.mkdtemp(prefix="backroom-bench-"))
    try:
        if options.only in (None, "syncing"):
            sync_of_nothing(work / "sync")
        if options.only in (None, "nights"):
            demo_night(work / "small")
            large_night(work / "large", options.lines)
        if options.only in (None, "deciding"):
            deciding(work / "deciding", options.skus)
        if options.only in (None, "reconciling"):
            reconciling(work / "reconciling", options.settlement_lines)
        if options.only in (None, "reading"):
            reading(work / "reading")
            judge_rows()
    finally:
        if not options.keep:
            shutil.rmtree(work, ignore_errors=True)


def demo_night(folder: Path) -> None:
    """Print what a night of the demo shop costs next to the baseline."""
    env = {"BACKROOM_DATA": str(folder)}
    python("-m", "flows.desk.cli", "demo", env=env)
    night = python("-m", "flows.desk.cli", "nightly", "--shop", "demo", env=env)
    tasks = task_runs(folder / "demo" / "prefect" / "prefect.db")
    floor = python("-m", "tests.bench_floor", str(tasks), str(folder / "floor"), env=env)
    again = python("-m", "flows.desk.cli", "nightly", "--shop", "demo", env=env)
    title = f"A night of the demo shop ({tasks} task runs)"
    show(
        title,
        [
            ("night", night),
            ("the same again", again),
            ("floor: server, imports, no-op flow", floor),
        ],
    )


def sync_of_nothing(folder: Path) -> None:
    """Print what a sync of the demo shop costs to which nothing came, next to a flow that does nothing."""
    env = {"BACKROOM_DATA": str(folder)}
    python("-m", "flows.desk.cli", "demo", env=env)
    sync = ("-m", "flows.desk.cli", "sync_stock", "--shop", "demo")
    first, nothing_new = python(*sync, env=env), python(*sync, env=env)
    floor = python("-m", "tests.bench_floor", "0", str(folder / "floor"), env=env)
    show(
        "A sync of the demo shop",
        [
            ("its first: everything is new", first),
            ("nothing came", nothing_new),
            ("floor: server, a flow that does nothing", floor),
        ],
    )


def large_night(folder: Path, lines: int) -> None:
    """Print what a night of a large shop costs compared with DuckDB reading the same files."""
    env = {"BACKROOM_DATA": str(folder)}
    per_day = lines / DAYS / LINES_PER_DAY_AND_ORDER
    inbox = folder / "demo" / "inbox"
    if not inbox.exists():
        python("-m", "flows.desk.cli", "demo", "--orders-per-day", f"{per_day:.0f}", env=env)
    stamp_demo(folder)
    size = sum(path.stat().st_size for path in inbox.rglob("*") if path.is_file()) / 1e6
    night = python("-m", "flows.desk.cli", "nightly", "--shop", "demo", env=env)
    again = python("-m", "flows.desk.cli", "nightly", "--shop", "demo", env=env)
    script = python("-m", "tests.bench_pandas", str(inbox), str(folder / "script"))
    floor = python("-c", READ_ALL, str(inbox), env=env)
    title = f"A night of about {lines:,} order lines ({size:,.0f} MB of exports)"
    rows = [
        ("night", night),
        ("the same again, nothing new", again),
        ("a pandas script of part of it", script),
        ("floor: DuckDB reads the files", floor),
    ]
    show(title, rows)


def reading(folder: Path) -> None:
    """Print what reading and checking two large files costs compared with DuckDB's typed reading."""
    folder.mkdir(parents=True, exist_ok=True)
    files = [
        (folder / "orders_export.csv", write_orders, 1_000_000, "A Shopify orders export"),
        (folder / "settlement.txt", write_settlement, 5_000_000, "An Amazon settlement"),
    ]
    for file, write, lines, title in files:
        write(file, lines)
        imports, ours, floor = (
            python("-m", "tests.bench_read", side, str(file), str(folder / f"{side}-{file.stem}"))
            for side in ("imports", "ours", "floor")
        )
        rows = [
            ("read and checked", ours),
            ("the same less imports", ours.less(imports)),
            ("floor: DuckDB's typed read_csv", floor),
        ]
        show(f"{title} of {lines:,} lines ({file.stat().st_size / 1e6:,.0f} MB)", rows)


def deciding(folder: Path, skus: int) -> None:
    """Print what the decisions on a large shop cost compared with a statement of the same rows each."""
    python("-m", "tests.bench_plan", "make", str(folder), str(skus))
    for side, title in (("plan", "The reorder plan"), ("sync", "The stock of five channels")):
        costs = []
        for name in (side, f"{side}_sql"):
            cost, (differ,) = inner("tests.bench_plan", name, folder)
            costs.append(cost)
        rows = list(zip(("decided", "floor: one SQL statement"), costs, strict=True))
        show(f"{title} of {skus:,} SKUs, less the imports ({differ:.0f} rows differ)", rows)


def reconciling(folder: Path, lines: int) -> None:
    """Print what settlements cost compared with one join of the same rows."""
    python("-m", "tests.bench_money", "make", str(folder), str(lines))
    costs = [inner("tests.bench_money", name, folder)[0] for name in ("reconcile", "join")]
    rows = list(zip(("reconciled", "floor: one join, summed by payout"), costs, strict=True))
    show(f"Settlements of {lines:,} lines, less the imports", rows)


def inner(module: str, name: str, folder: Path) -> tuple[Cost, list[float]]:
    """Run one side of a comparison; return its cost without its imports, and what else it wrote down."""
    peak = python("-m", module, name, str(folder)).peak_mb
    wall, cpu, *more = map(float, (folder / name).read_text("utf-8").split())
    return Cost(wall, cpu, peak), more


def judge_rows(rows: int = 10_000_000) -> None:
    """Print what Great Expectations costs compared with the same checks as one SQL pass."""
    found = judging(rows)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    show(
        f"Great Expectations over {rows:,} rows, in one process",
        [
            ("Great Expectations, failing rows named", Cost(*found["gx"], peak)),
            ("floor: the same checks in one SQL pass", Cost(*found["pass"], peak)),
        ],
    )


READ_ALL = """
import sys, duckdb
from pathlib import Path
con = duckdb.connect(str(Path(sys.argv[1]).parent / "floor.duckdb"))
for number, path in enumerate(sorted(Path(sys.argv[1]).rglob("*"))):
    if path.suffix in (".csv", ".txt") and path.stat().st_size:
        name = str(path).replace("[", "[[]")
        try:
            con.execute(f"create table t{number} as select * from read_csv(?)", [name])
        except duckdb.Error as error:
            print(path.name, str(error).splitlines()[0], file=sys.stderr)
con.close()
"""


def stamp_demo(folder: Path) -> None:
    """Make the command line see that today's exports are there, so that it writes no small ones."""
    from flows.desk.cli import _demo_moment

    stamp = folder / "demo" / "demo" / f"{_demo_moment():%Y-%m-%d}"
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.touch()


def python(*arguments: str, env: Mapping[str, str] = {}) -> Cost:
    """Run Python on `arguments`; return what it cost.

    Raises:
        SystemExit: the command failed; its last lines are shown.
    """
    log = Path(tempfile.gettempdir()) / f"backroom-bench-{os.getpid()}.log"
    began = time.monotonic()
    with log.open("wb") as output:
        child = os.fork()
        if child == 0:
            os.dup2(output.fileno(), 1)
            os.dup2(output.fileno(), 2)
            os.execve(sys.executable, [sys.executable, *arguments], {**os.environ, **env})  # noqa: S606
        _, status, used = os.wait4(child, 0)
    wall = time.monotonic() - began
    if status:
        raise SystemExit(f"{' '.join(arguments)} failed:\n" + log.read_text()[-3000:])
    log.unlink()
    return Cost(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def task_runs(database: Path) -> int:
    """Return how many task runs a private server recorded."""
    with sqlite3.connect(database) as kept:
        return int(kept.execute("select count(*) from task_run").fetchone()[0])


def show(title: str, rows: Sequence[tuple[str, Cost]]) -> None:
    """Print one comparison; the last row is the baseline."""
    floor = rows[-1][1]
    print(f"\n{title}")
    print(f"  {'':38} {'wall s':>8} {'CPU s':>8} {'peak MB':>8}   ratio of wall, CPU, peak")
    for name, cost in rows:
        ratio = f"{cost.wall / floor.wall:.2f}  {cost.cpu / floor.cpu:.2f}  {cost.peak_mb / floor.peak_mb:.2f}"
        print(f"  {name:38} {cost.wall:8.1f} {cost.cpu:8.1f} {cost.peak_mb:8.0f}   {ratio}")


if __name__ == "__main__":
    main()
