"""What the night of a small shop costs on workers: `python -m tests.bench_cluster --shops 20 --workers 1 2`.

Each row is one command over as many new shops, and again over the same. CPU seconds of the nights are those of
their own processes, forked from a warm one; `plain` runs one shop's as Prefect's process worker does, a new
Python for each. A busy machine changes wall times and hardly the CPU seconds.
"""

import argparse
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from config.strict import ROOT
from tests import first_shop

ENDED = re.compile(r"ended: ([\d.]+) CPU s, (\d+) MB")


def make_shops(shops: Path, data: Path, number: int) -> list[str]:
    """Write shop files and exports of a few days; return their names."""
    shops.mkdir(parents=True)
    now = first_shop.lately()
    names = [f"shop-{each:05}" for each in range(number)]
    for name in names:
        text = first_shop.SHOP.replace("PLATFORM", "shopify").replace("First steps", name)
        (shops / f"{name}.yaml").write_text(text, "utf-8")
        first_shop.write(data / name / "inbox" / "orders.csv", first_shop.orders(now), now)
        first_shop.write(data / name / "inbox" / "inventory.csv", first_shop.inventory(), now)
        first_shop.write(data / name / "inbox" / "products.csv", first_shop.products(), now)
    return names


def run(shops: Path, data: Path, workers: int) -> tuple[float, float]:
    """Run all nights; return wall seconds, and CPU seconds of all processes but the nights' own."""
    env = {**os.environ, "BACKROOM_DATA": str(data), "BACKROOM_SHOPS": str(shops)}
    before, begun = cpu(), time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "flows.desk.cli", "nightly-all", "--workers", str(workers)],
        cwd=ROOT, env=env, check=False, capture_output=True, text=True,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(f"{done.stdout}\n{done.stderr}")
    return time.monotonic() - begun, cpu() - before


def cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def of_nights(data: Path) -> tuple[list[float], int]:
    """Return the CPU seconds of each night of the last command, and the largest peak in MB."""
    log = data / ".cluster" / "workers.log"
    found = ENDED.findall(log.read_text("utf-8"))
    log.unlink()
    return [float(seconds) for seconds, _ in found], max(int(peak) for _, peak in found)


def plain(shops: Path, data: Path, name: str) -> float:
    """Return the CPU seconds of one night in a Python of its own, on a server that is up."""
    program = (
        "import sys, time; from pathlib import Path; from tasks.run.server import local_server\n"
        "import resource, subprocess\n"
        "with local_server(Path(sys.argv[1])):\n"
        "    from flows.desk.cluster import begin, deploy_nights\n"
        "    from prefect.client.orchestration import get_client\n"
        "    with get_client(sync_client=True) as client:\n"
        "        run = begin(client, deploy_nights(), sys.argv[2])\n"
        "    before = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
        "    subprocess.run([sys.executable, '-m', 'prefect.engine', str(run)], check=True, capture_output=True)\n"
        "    used = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
        "print(used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime)\n"
    )
    env = {**os.environ, "BACKROOM_DATA": str(data), "BACKROOM_SHOPS": str(shops)}
    done = subprocess.run(
        [sys.executable, "-c", program, str(data / "plain"), name],
        cwd=ROOT, env=env, check=True, capture_output=True, text=True,
    )  # fmt: skip
    return float(done.stdout.splitlines()[-1])


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shops", type=int, default=20)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    options = parser.parse_args(arguments)
    print(f"{options.shops} shops, load {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores")
    print("| workers | nights | wall s | CPU s a night (median) | CPU s of all else | peak MB |")
    for workers in options.workers:
        # Not pytest's folder: PostgreSQL, lent to another user where we are root, has to reach it.
        with tempfile.TemporaryDirectory(prefix="bkbench") as folder:
            Path(folder).chmod(0o755)
            shops, data = Path(folder, "shops"), Path(folder, "data")
            names = make_shops(shops, data, options.shops)
            for which in ("first", "again"):
                wall, rest = run(shops, data, workers)
                nights, peak = of_nights(data)
                print(f"| {workers} | {len(nights)} {which} | {wall:.1f} | {median(nights):.1f} |"
                      f" {rest:.1f} | {peak} |", flush=True)  # fmt: skip
            if workers == options.workers[0]:
                print(f"| plain | 1 again | | {plain(shops, data, names[0]):.1f} | | |", flush=True)


if __name__ == "__main__":
    main()
