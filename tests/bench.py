"""Speed and memory as ratios to floors measured in the same run: `make bench`.

1. A night of the demo shop, against a bare floor: start and stop the same local server, import
   Prefect and Great Expectations, run one no-op flow with as many tasks. Before it a sync to which
   nothing came, against the same server and a flow without tasks, which needs no such import.
2. A night of a shop of about a million order lines, and the same again with nothing new, against
   DuckDB reading the same files into tables (`read_csv` with its own detection: the baseline checks
   nothing), and next to a seller's own pandas script (`tests/bench_pandas.py`), which checks nothing
   either and answers four questions of the night's.
3. A night with one new day on three years, against one on 90 days: what a history costs.
4. Reading and checking a Shopify orders export of a million lines and a settlement of five million,
   each against DuckDB's own typed `read_csv` into a table.
5. Deciding the reorders and the stock of 100,000 SKUs on five channels, each against one SQL
   statement that computes the same rows (`tests/bench_plan.py`), with how many differ, by the last
   decimal of a figure; of these the CPU ratio counts, for DuckDB shares its statement out among all
   processors.
6. Settlements from their lines to the cent, against one hash join of lines and orders, summed by
   payout (`tests/bench_money.py`); DuckDB holds two gigabytes at most.
7. Great Expectations over ten million rows, against the same checks as one SQL pass.
8. Every table of the demo's night, built and checked, against dbt with the same SQL and a test of
   each table's keys (`tests/bench_dbt.py`), from its own environment; both must come to equal rows.

At its usual sizes, on a quiet machine, it writes its figures into CONTRIBUTING.md. `--lines 100000`
makes the second one smaller; `--only reading` runs the fourth and the seventh, `--only deciding --skus
20000` the fifth, smaller, `--only reconciling --settlement-lines 5000000` the sixth at its full size.
"""

import argparse
import os
import resource
import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from itertools import chain
from pathlib import Path

from config.strict import ROOT
from flows.desk.demo import last_download
from tasks.warehouse.models import read_models
from tests.bench_dbt import dbt, differing
from tests.bench_read import judging, write_orders, write_settlement
from tests.bench_table import Comparison, Cost, busy, shown, write

TABLE = ROOT / "CONTRIBUTING.md"
SIZES = ("lines", "skus", "settlement_lines")
DAYS = 150
NEW_DAYS = 30  # how far back an export of a day goes
LINES_PER_DAY_AND_ORDER = 1.63  # order lines exported per order of the demo shop, all channels


def main() -> None:
    """Measure, print and write down."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--lines", type=int, default=1_000_000, help="order lines of the large shop"
    )
    parser.add_argument("--skus", type=int, default=100_000, help="SKUs that are decided on")
    parser.add_argument(
        "--settlement-lines", type=int, default=500_000, help="lines of the large settlements"
    )
    parser.add_argument(
        "--only",
        choices=["syncing", "nights", "growing", "building", "deciding", "reconciling", "reading"],
    )
    parser.add_argument("--keep", type=Path, help="folder to work in and to keep")
    options = parser.parse_args()
    work = options.keep or Path(tempfile.mkdtemp(prefix="backroom-bench-"))
    sections: dict[str, Callable[[], Iterator[Comparison]]] = {
        "syncing": lambda: sync_of_nothing(work / "sync"),
        "nights": lambda: chain(
            demo_night(work / "small"), large_night(work / "large", options.lines)
        ),
        "growing": lambda: growing(work / "growing"),
        "building": lambda: building(work / "building"),
        "deciding": lambda: deciding(work / "deciding", options.skus),
        "reconciling": lambda: reconciling(work / "reconciling", options.settlement_lines),
        "reading": lambda: chain(reading(work / "reading"), judge_rows()),
    }
    is_whole = all(getattr(options, size) == parser.get_default(size) for size in SIZES)
    refused = busy() if is_whole else "Sizes other than the usual: the figures are not written."
    print(refused or f"The machine is quiet: the figures go to {TABLE.name}.", flush=True)
    try:
        for name, measure in sections.items():
            if options.only in (None, name):
                found = []
                for comparison in measure():
                    print(shown(comparison), flush=True)
                    found.append(comparison)
                if not refused:
                    write(name, found, TABLE)
    finally:
        if not options.keep:
            shutil.rmtree(work, ignore_errors=True)


def demo_night(folder: Path) -> Iterator[Comparison]:
    """Measure what a night of the demo shop costs next to the baseline."""
    env = {"BACKROOM_DATA": str(folder)}
    python("-m", "flows.desk.cli", "demo", env=env)
    night = python("-m", "flows.desk.cli", "nightly", "--shop", "demo", env=env)
    tasks = task_runs(folder / "demo" / "prefect" / "prefect.db")
    floor = python("-m", "tests.bench_floor", str(tasks), str(folder / "floor"), env=env)
    again = python("-m", "flows.desk.cli", "nightly", "--shop", "demo", env=env)
    title = f"A night of the demo shop ({tasks} task runs)"
    yield Comparison(
        title,
        [
            ("night", night),
            ("the same again", again),
            ("floor: server, imports, no-op flow", floor),
        ],
    )


def sync_of_nothing(folder: Path) -> Iterator[Comparison]:
    """Measure what a sync of the demo shop costs to which nothing came, next to a flow that does nothing."""
    env = {"BACKROOM_DATA": str(folder)}
    python("-m", "flows.desk.cli", "demo", env=env)
    sync = ("-m", "flows.desk.cli", "sync_stock", "--shop", "demo")
    first, nothing_new = python(*sync, env=env), python(*sync, env=env)
    floor = python("-m", "tests.bench_floor", "0", str(folder / "floor"), env=env)
    yield Comparison(
        "A sync of the demo shop",
        [
            ("its first: everything is new", first),
            ("nothing came", nothing_new),
            ("floor: server, a flow that does nothing", floor),
        ],
    )


def large_night(folder: Path, lines: int) -> Iterator[Comparison]:
    """Measure what a night of a large shop costs compared with DuckDB reading the same files."""
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
    yield Comparison(title, rows)


def growing(folder: Path) -> Iterator[Comparison]:
    """Measure what a night with one new day costs on three years, next to one on 90 days."""
    last = last_download()
    rows = []
    for history in (3 * 365, 90):
        env = {"BACKROOM_DATA": str(folder / str(history))}
        for as_of, days in ((last - timedelta(days=1), history), (last, NEW_DAYS)):
            moment = as_of.isoformat()
            opened = f"{last - timedelta(days=history):%Y-%m-%d}"
            python("-c", WRITE_DAY, *env.values(), moment, opened, str(days), env=env)
            cost = python(
                "-m", "flows.desk.cli", "nightly", "--shop", "demo", "--as-of", moment, env=env
            )
        rows.append((f"on {history:,} days", cost))
    yield Comparison(f"A night with one new day, its exports of {NEW_DAYS} days", rows)


def reading(folder: Path) -> Iterator[Comparison]:
    """Measure what reading and checking two large files costs compared with DuckDB's typed reading."""
    folder.mkdir(parents=True, exist_ok=True)
    files = [
        (folder / "orders_export.csv", write_orders, 1_000_000, "A Shopify orders export"),
        (folder / "settlement.txt", write_settlement, 5_000_000, "An Amazon settlement"),
    ]
    for file, fill, lines, title in files:
        fill(file, lines)
        imports, ours, floor = (
            python("-m", "tests.bench_read", side, str(file), str(folder / f"{side}-{file.stem}"))
            for side in ("imports", "ours", "floor")
        )
        rows = [
            ("read and checked", ours),
            ("the same less imports", ours.less(imports)),
            ("floor: DuckDB's typed read_csv", floor),
        ]
        yield Comparison(f"{title} of {lines:,} lines ({file.stat().st_size / 1e6:,.0f} MB)", rows)


def deciding(folder: Path, skus: int) -> Iterator[Comparison]:
    """Measure what the decisions on a large shop cost compared with a statement of the same rows each."""
    python("-m", "tests.bench_plan", "make", str(folder), str(skus))
    for side, title in (("plan", "The reorder plan"), ("sync", "The stock of five channels")):
        costs = []
        for name in (side, f"{side}_sql"):
            cost, (differ,) = inner("tests.bench_plan", name, folder)
            costs.append(cost)
        rows = list(zip(("decided", "floor: one SQL statement"), costs, strict=True))
        yield Comparison(
            f"{title} of {skus:,} SKUs, less the imports ({differ:.0f} rows differ)", rows
        )


def reconciling(folder: Path, lines: int) -> Iterator[Comparison]:
    """Measure what settlements cost compared with one join of the same rows."""
    python("-m", "tests.bench_money", "make", str(folder), str(lines))
    costs = [inner("tests.bench_money", name, folder)[0] for name in ("reconcile", "write", "join")]
    titles = (
        "reconciled",
        "only its two tables of lines, written",
        "floor: one join, summed by payout",
    )
    rows = list(zip(titles, costs, strict=True))
    yield Comparison(f"Settlements of {lines:,} lines, less the imports", rows)


def building(folder: Path) -> Iterator[Comparison]:
    """Measure what every table of the demo costs compared with dbt, which runs the same SQL.

    Raises:
        SystemExit: the two do not come to equal rows.
    """
    python("-m", "tests.bench_dbt", "make", str(folder))
    ours = ("-m", "tests.bench_dbt", "ours", str(folder))
    every, again = python(*ours, "--rebuild"), python(*ours)
    peer = command(*dbt(folder))
    if tables := differing(folder):
        raise SystemExit(f"dbt has other rows in {', '.join(tables)}.")
    rows = [
        ("all built and checked", every),
        ("the same again, nothing new", again),
        ("floor: dbt, all built, keys tested, every time", peer),
    ]
    yield Comparison(f"The {len(read_models())} tables of the demo's night", rows)


def inner(module: str, name: str, folder: Path) -> tuple[Cost, list[float]]:
    """Run one side of a comparison; return its cost without its imports, and what else it wrote down."""
    peak = python("-m", module, name, str(folder)).peak_mb
    wall, cpu, *more = map(float, (folder / name).read_text("utf-8").split())
    return Cost(wall, cpu, peak), more


def judge_rows(rows: int = 10_000_000) -> Iterator[Comparison]:
    """Measure what Great Expectations costs compared with the same checks as one SQL pass."""
    found = judging(rows)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    yield Comparison(
        f"Great Expectations over {rows:,} rows, in one process",
        [
            ("Great Expectations, failing rows named", Cost(*found["gx"], peak)),
            ("floor: the same checks in one SQL pass", Cost(*found["pass"], peak)),
        ],
    )


WRITE_DAY = """
import sys
from datetime import date, datetime
from pathlib import Path
from flows.desk.demo import write
root, moment, opened, days = sys.argv[1:]
write(
    Path(root) / "demo", datetime.fromisoformat(moment), opened=date.fromisoformat(opened), days=int(days)
)
"""

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
    stamp = folder / "demo" / "demo" / f"{last_download():%Y-%m-%d}"
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.touch()


def python(*arguments: str, env: Mapping[str, str] = {}) -> Cost:
    """Run Python on `arguments`; return what it cost."""
    return command(sys.executable, *arguments, env=env)


def command(*arguments: str, env: Mapping[str, str] = {}) -> Cost:
    """Run a command; return what it cost.

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
            os.execve(arguments[0], arguments, {**os.environ, **env})  # noqa: S606
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


if __name__ == "__main__":
    main()
