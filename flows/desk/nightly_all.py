"""`backroom nightly-all`: the nights of several shops, each in a process of its own, and one page of their reds."""

import argparse
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from config.errors import Exit, FatalError, UsageError
from config.shop import Shop, load_shop, shop_names
from tasks.run.server import HEARTBEAT_SECONDS, SETTINGS, reread_environment

# What a worker is set to wherever it is; a server of ours has set the last two for its own machine.
WORKER = {
    "PREFECT_WORKER_QUERY_SECONDS": "1",  # by the default of 10 it rests between two nights
    "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": str(HEARTBEAT_SECONDS),
    "PREFECT_CLIENT_MAX_RETRIES": SETTINGS["PREFECT_CLIENT_MAX_RETRIES"],
    "DO_NOT_TRACK": "1",
}
Night = Callable[[str], int]  # runs the night of a shop; returns its exit code


def add_nightly_all(commands: Any) -> None:
    """Add `nightly-all` to the commands."""
    about = "run the night of every shop, one after the other, and write one page of their reds"
    command = commands.add_parser("nightly-all", help=about, description=about)
    command.add_argument(
        "shops", nargs="*", metavar="SHOP", help="shops to run (default: every shop file)"
    )
    command.add_argument(
        "--workers",
        type=int,
        metavar="N",
        help="run them on N Prefect workers at once, with a PostgreSQL for the server's records"
        " (0: on those that the server of PREFECT_API_URL has)",
    )
    command.set_defaults(run=_run)
    about = "write the page of every shop, from what each has published; nothing is run"
    commands.add_parser("overview", help=about, description=about).set_defaults(run=_overview)
    about = "run what waits in a work pool of the server of PREFECT_API_URL, one run at a time"
    command = commands.add_parser("worker", help=about, description=about)
    command.add_argument("--pool", default="backroom", help="the work pool (default: %(default)s)")
    command.add_argument("--name", help="its name in the UI (default: one that Prefect makes up)")
    command.add_argument("--while-read", action="store_true", help="end when standard input does")
    command.set_defaults(run=_work)


def _run(options: argparse.Namespace) -> int:
    known = shop_names()
    if unknown := sorted(set(options.shops) - set(known)):
        raise UsageError(
            f"there is no shop {', '.join(unknown)}; there are {', '.join(known) or 'none'}."
        )
    names = options.shops or known
    if options.workers is not None and options.workers < ("PREFECT_API_URL" not in os.environ):
        raise UsageError(
            f"--workers {options.workers}: without a server in PREFECT_API_URL, whose workers would run"
            " them, there has to be at least one."
        )
    return nights(names, night_of) if options.workers is None else _on_workers(names, options)


def _overview(_: argparse.Namespace) -> int:
    show({})
    return Exit.DONE


def _work(options: argparse.Namespace) -> int:
    from flows.desk.running import quiet

    if not os.environ.get("PREFECT_API_URL"):
        raise UsageError("backroom worker works for a server: set PREFECT_API_URL to its address.")
    quiet()
    for name, value in WORKER.items():
        os.environ.setdefault(name, value)
    reread_environment()
    from flows.desk.worker import work

    work(options.pool, options.name, while_read=options.while_read)
    return Exit.DONE


def _on_workers(names: Sequence[str], options: argparse.Namespace) -> int:
    from flows.desk.cluster import nights_on_workers
    from flows.desk.running import quiet

    quiet()
    faults = nights_on_workers(names, options.workers, lambda line: print(line, flush=True))
    show(faults)
    return Exit.PERSON if any(faults.values()) else Exit.DONE


def nights(names: Sequence[str], night: Night) -> int:
    """Run each night whatever becomes of the others; print and write the overview.

    Returns the code of the first night that failed, or that all are done.
    """
    codes = {}
    for name in names:
        print(f"\n=== {name} ===", flush=True)
        codes[name] = night(name)
    show({name: _fault(code) for name, code in codes.items()})
    return next((code for code in codes.values() if code != Exit.DONE), Exit.DONE)


def show(faults: Mapping[str, str]) -> None:
    """Print and write the overview of every shop.

    Args:
        faults: Why the night of each shop that was run failed, empty where it did not.
    """
    from tasks.tell.overview import as_lines, ranked, read_state, write_overview

    now = datetime.now(UTC)
    states = []
    for name in sorted({*faults, *shop_names()}):
        shop, wrong = _shop(name)
        states.append(read_state(name, shop, faults.get(name) or wrong, now))
    shown = ranked(states)
    print("\nAll shops, worst first")
    print("\n".join(as_lines(shown, now)))
    print(f"The same as a page: {write_overview(shown, now)}")


def night_of(name: str) -> int:
    """Run one night in a process of its own: nothing of a shop is in the memory of another's."""
    command = [sys.executable, "-m", "flows.desk.cli", "nightly", "--shop", name]
    return subprocess.run(command, check=False).returncode  # noqa: S603, our own command


def _shop(name: str) -> tuple[Shop | None, str]:
    """Return a shop; or None and what is wrong with its file."""
    try:
        return load_shop(name), ""
    except FatalError as error:
        return None, str(error)


def _fault(code: int) -> str:
    known = {int(each): each.meaning for each in Exit}
    meaning = known.get(code, "its process was ended")
    return "" if code == Exit.DONE else f"exit code {code}, {meaning}"
