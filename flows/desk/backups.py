"""`backroom backup` and `backroom restore`: what cannot be rebuilt, in one file, and back."""

import argparse
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from config.errors import Exit, UsageError
from config.shop import Shop, load_shop
from flows.desk.grammar import add_command, add_shop
from tasks.run.lock import shop_lock
from tasks.run.wording import count


def add_backups(commands: Any) -> None:
    """Add the two commands."""
    backup = add_command(
        commands,
        "backup",
        "write what cannot be rebuilt, raw, ledger and key, as one file; the vault is left out",
    )
    add_shop(backup)
    backup.add_argument(
        "--into", type=Path, required=True, help="folder of the backups, on another disk"
    )
    backup.set_defaults(run=_backup)
    restore = add_command(
        commands,
        "restore",
        "put a backup in place of what is lost; the next night computes the rest",
    )
    add_shop(restore)
    restore.add_argument("file", type=Path, help="what `backroom backup` wrote")
    restore.add_argument(
        "--drill", action="store_true", help="only practise: unpack and check it, change nothing"
    )
    restore.set_defaults(run=_restore)


def _backup(options: argparse.Namespace) -> int:
    from tasks.archive.backup import back_up

    shop = load_shop(options.shop)
    with shop_lock(shop):
        path = back_up(shop, options.into, datetime.now(UTC))
    print(f"{path}: {path.stat().st_size / 1e6:,.1f} MB")
    _say_elsewhere(shop)
    return Exit.DONE


def _restore(options: argparse.Namespace) -> int:
    from tasks.archive.backup import check, restore

    shop = load_shop(options.shop)
    if not options.file.is_file():
        raise UsageError(f"There is no file {options.file}.")
    began = time.perf_counter()
    if options.drill:
        with tempfile.TemporaryDirectory(prefix="backroom-drill-") as room:
            kept = check(options.file, Path(room))
    else:
        with shop_lock(shop):
            kept = restore(shop, options.file)
    seconds = time.perf_counter() - began
    ledger = f"a ledger of {count(kept.nights, 'night')}" if kept.has_ledger else "no ledger"
    print(f"{kept.files} files, each as its hash says, and {ledger}: checked in {seconds:.1f} s")
    if options.drill:
        print("A drill: nothing was changed. Enter the day in config/sops/analytics.md.")
    else:
        print(f"Restored. Now run: backroom nightly --shop {shop.name}")
    _say_elsewhere(shop)
    return Exit.DONE


def _say_elsewhere(shop: Shop) -> None:
    if shop.ledger_url_env:
        print(f"The ledger is in the database that {shop.ledger_url_env} names: use its own tools.")
