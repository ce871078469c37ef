"""`backroom nightly-all`: the nights of several shops, each in a process of its own, and one page of their reds."""

import argparse
import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import Any

from config.errors import Exit, FatalError, UsageError
from config.folders import ShopFolder, data_root
from config.shop import load_shop, shop_names

Night = Callable[[str], int]  # runs the night of a shop; returns its exit code


def add_nightly_all(commands: Any) -> None:
    """Add `nightly-all` to the commands."""
    about = "run the night of every shop, one after the other, and write one page of their reds"
    command = commands.add_parser("nightly-all", help=about, description=about)
    command.add_argument(
        "shops", nargs="*", metavar="SHOP", help="shops to run (default: every shop file)"
    )
    command.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    known = shop_names()
    if unknown := sorted(set(options.shops) - set(known)):
        raise UsageError(
            f"there is no shop {', '.join(unknown)}; there are {', '.join(known) or 'none'}."
        )
    return nights(options.shops or known, night_of)


def nights(names: Sequence[str], night: Night) -> int:
    """Run each night whatever becomes of the others; print and write the overview.

    Returns the code of the first night that failed, or that all are done.
    """
    from tasks.tell.overview import as_lines, ranked, read_state, write_overview

    codes = {}
    for name in names:
        print(f"\n=== {name} ===", flush=True)
        codes[name] = night(name)
    states = []
    for name, code in codes.items():
        fault = "" if code == Exit.DONE else f"exit code {code}, {_meaning(code)}"
        states.append(read_state(name, _title(name), ShopFolder(data_root() / name), fault))
    shown = ranked(states)
    print("\nAll shops, worst first")
    print("\n".join(as_lines(shown)))
    print(f"The same as a page: {write_overview(shown)}")
    return next((code for code in codes.values() if code != Exit.DONE), Exit.DONE)


def night_of(name: str) -> int:
    """Run one night in a process of its own: nothing of a shop is in the memory of another's."""
    command = [sys.executable, "-m", "flows.desk.cli", "nightly", "--shop", name]
    return subprocess.run(command, check=False).returncode  # noqa: S603, our own command


def _title(name: str) -> str:
    try:
        return load_shop(name).title
    except FatalError:  # its night has said what is wrong
        return name


def _meaning(code: int) -> str:
    known = {int(each): each.meaning for each in Exit}
    return known.get(code, "its process was ended")
