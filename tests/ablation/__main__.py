"""`python -m tests.ablation [demo] [real] [--pairs] [--only REPORT …] [--json FILE]`: the matrix.

Each report of the shop is left out in turn, and those that stand in for each other together (with
`--pairs` also each two that feed one figure, in groups that hold each such pair), and every figure
of every mart is compared with the full run. Ends with 1 where one changed silently. With `--json` a
run that was stopped goes on where it was; remove the file after the code has changed.
"""

import argparse
import json
import os
import shutil
import sys
import tarfile
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from config.strict import ROOT
from tests.ablation.compare import Change
from tests.ablation.matrix import Matrix, groups_of, pairs_of_one_figure, silent, stand_ins

REAL = ROOT.parent / "shared" / "realshop"
DEMO_AS_OF = datetime(2026, 11, 24, 6, tzinfo=UTC)


def demo(data: Path) -> Matrix:
    """Return the demo shop with its exports written."""
    from tasks.demo.generate import generate

    generate(data / "demo", as_of=DEMO_AS_OF)
    return Matrix("demo", ROOT / "config" / "shops", DEMO_AS_OF, data)


def real(data: Path) -> Matrix:
    """Return the shop of real order lines, its files unpacked with their times."""
    shops = data / "shops"
    shops.mkdir(parents=True)
    shutil.copy(ROOT / "tests" / "nights" / "shop_of_real_lines.yaml", shops / "realshop.yaml")
    with tarfile.open(REAL / "inbox.tar.gz") as archive:
        archive.extractall(data / "realshop", filter="tar")
    return Matrix("realshop", shops, datetime(2026, 11, 22, 18, tzinfo=UTC), data)


def show(missing: Sequence[str], changes: Sequence[Change], seconds: float) -> None:
    """Print the row of the matrix: per mart what changed, and each silent change with an example."""
    marks: dict[str, set[str]] = {}
    for change in changes:
        mark = marks.setdefault(change.mart, set())
        mark |= {
            word
            for word, count in (
                ("SILENT", change.silent),
                ("reason", change.excused),
                ("flagged", change.flagged),
                ("absent", change.absent),
            )
            if count
        }
    row = "; ".join(f"{mart} {'/'.join(sorted(mark))}" for mart, mark in sorted(marks.items()))
    print(f"without {' + '.join(missing)} ({seconds:.0f} s): {row or 'every figure equal'}")
    for change in silent(changes):
        print(f"    {change.mart}.{change.column}: {change.silent} silent, e.g. {change.example}")
    sys.stdout.flush()


def ablate(
    matrix: Matrix, only: Sequence[str], kept: Path | None, *, pairs: bool, at_once: int
) -> Mapping[str, Sequence[Change]]:
    """Run and print the matrix of one shop; return the changes without each report or pair."""
    reports = matrix.read()
    full = matrix.run()
    found = _read(kept, matrix.shop)

    def run(missing: Sequence[str]) -> None:
        name = "+".join(missing)
        started = time.perf_counter()
        if name not in found:
            found[name] = matrix.changes(full, missing)
            _keep(kept, matrix.shop, found)
        show(missing, found[name], time.perf_counter() - started)

    for one in only:
        run(one.split("+"))
    if not only:
        for missing in [*([report] for report in reports), *stand_ins(reports)]:
            run(missing)
    if pairs:
        single = {report: changes for report, changes in found.items() if "+" not in report}
        for group in groups_of(pairs_of_one_figure(single), at_once):
            run(group)
    return found


def _read(kept: Path | None, shop: str) -> dict[str, list[Change]]:
    if kept is None or not kept.exists():
        return {}
    rows = json.loads(kept.read_text(encoding="utf-8")).get(shop, {})
    return {name: [Change(**change) for change in changes] for name, changes in rows.items()}


def _keep(kept: Path | None, shop: str, found: Mapping[str, Sequence[Change]]) -> None:
    if kept is None:
        return
    shops = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else {}
    shops[shop] = {name: [asdict(change) for change in rows] for name, rows in found.items()}
    kept.write_text(json.dumps(shops, indent=1), encoding="utf-8")


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m tests.ablation", description=__doc__)
    parser.add_argument("shops", nargs="*", default=["demo", "real"], help="demo, real")
    parser.add_argument("--only", nargs="*", default=[], help="reports to leave out; a+b: together")
    parser.add_argument("--pairs", action="store_true", help="also each two that feed one figure")
    parser.add_argument(
        "--at-once", type=int, default=6, help="reports left out together; 2: each pair alone"
    )
    parser.add_argument("--json", type=Path, help="keep every change here, and go on from it")
    options = parser.parse_args()
    os.environ.setdefault("PREFECT_LOGGING_LEVEL", "CRITICAL")
    found: dict[str, Mapping[str, Sequence[Change]]] = {}
    with tempfile.TemporaryDirectory(prefix="ablation-") as folder:
        for shop in options.shops:
            if shop == "real" and not REAL.is_dir():
                print("real: skipped, its data is not next to the project")
                continue
            make = {"demo": demo, "real": real}[shop]
            print(f"# {shop}", flush=True)
            matrix = make(Path(folder) / shop)
            found[shop] = ablate(
                matrix, options.only, options.json, pairs=options.pairs, at_once=options.at_once
            )
    count = sum(len(silent(changes)) for by in found.values() for changes in by.values())
    print(f"{count} silently changed figures")
    return int(count > 0)


if __name__ == "__main__":
    sys.exit(main())
