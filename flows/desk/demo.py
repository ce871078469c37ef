"""The demo shop's exports: `backroom demo`, and whatever else needs a shop to look at."""

import argparse
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from config.errors import Exit
from config.folders import data_root
from config.shop import load_shop
from flows.desk.grammar import add_command, at_least, moment
from tasks.run.night import on_clock

HOUR = 6  # UTC; the demo shop's owner downloads the exports then, before the night of New York


def add_demo(commands: Any) -> None:
    """Add `demo` to the commands."""
    demo = add_command(commands, "demo", "write the demo shop's exports, mistakes and truth")
    demo.add_argument(
        "--seed", type=int, default=7, help="another seed is another shop (default: 7)"
    )
    demo.add_argument(
        "--as-of", type=moment, help="moment of the download (default: the last 06:00 UTC)"
    )
    demo.add_argument(
        "--orders-per-day", type=at_least(1), default=25, help="how busy the shop is (default: 25)"
    )
    demo.add_argument(
        "--days", type=at_least(1), default=150, help="how far back the exports go (default: 150)"
    )
    demo.add_argument("--into", type=Path, help="folder to fill (default: the demo shop's own)")
    demo.set_defaults(run=_demo)


def write_if_missing(asked: datetime | None = None) -> None:
    """Write the demo shop's exports of the day asked for, or of today: tomorrow it lives on.

    A night of the past gets what its owner had downloaded by then, and nothing of today.
    """
    shop = load_shop("demo")
    by = on_clock(asked, shop.zone) if asked else datetime.now(UTC)
    if by > datetime.now(UTC):
        return  # the flow says what is wrong
    as_of = last_download(by)
    if _stamp(shop.folder.root, as_of).exists():
        return
    print(f"demo: writing the shop's exports of {as_of:%Y-%m-%d}", file=sys.stderr, flush=True)
    write(shop.folder.root, as_of)


def last_download(by: datetime | None = None) -> datetime:
    """Return the last download of the demo shop's owner before `by`, or before now."""
    by = (by or datetime.now(UTC)).astimezone(UTC)
    today = by.replace(hour=HOUR, minute=0, second=0, microsecond=0)
    return today if today <= by else today - timedelta(days=1)


def _stamp(folder: Path, as_of: datetime) -> Path:
    return folder / "demo" / f"{as_of.astimezone(UTC):%Y-%m-%d}"


def write(folder: Path, as_of: datetime, **more: object) -> None:
    """Write the exports of a download, and note that they are there."""
    from tasks.demo.generate import generate

    folder.mkdir(parents=True, exist_ok=True)
    generate(folder, as_of=as_of, **more)  # type: ignore[arg-type]
    stamp = _stamp(folder, as_of)
    stamp.parent.mkdir(exist_ok=True)
    stamp.touch()


def _demo(options: argparse.Namespace) -> int:
    folder = options.into or data_root() / "demo"
    as_of = options.as_of or last_download()
    if as_of.tzinfo is None:
        as_of = as_of.replace(tzinfo=UTC)
    write(
        folder, as_of, seed=options.seed, orders_per_day=options.orders_per_day, days=options.days
    )
    print(
        f"Exports of {as_of:%Y-%m-%d %H:%M} UTC: {folder / 'inbox'}; the truth: {folder / 'truth.json'}"
    )
    return Exit.DONE
