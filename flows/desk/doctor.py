"""`backroom doctor`: is this machine fit for a night, and was the last one whole? What to fix if not.

It needs no Prefect server, so that a cron line may run it: `--watch` says nothing while all is well.
"""

import os
import shlex
import shutil
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

from config.errors import Exit, FatalError, RetryableError
from config.folders import data_root
from config.shop import Shop, load_shop, shop_names
from config.strict import SettingsError
from tasks.decide import watchdog
from tasks.ledger import Ledger, ledger_of
from tasks.run.rights import private_files
from tasks.run.wording import plain
from tasks.tell.delivery import deliver_pending

FREE_GIB = 2  # a night of a million order lines writes less
LEAST_PYTHON = (3, 11)
WATCH_EVERY = "*/30 * * * *"
HERE = "http://127.0.0.1:4200/api"  # where `backroom up` serves


@dataclass(frozen=True)
class Check:
    """One thing looked at: what was found, and what to do where that is not as it must be."""

    what: str
    found: str
    fix: str = ""
    is_note: bool = False  # worth knowing, and no fault

    @property
    def is_fault(self) -> bool:
        """Whether a person has to act."""
        return bool(self.fix) and not self.is_note


def examine(names: list[str], now: datetime) -> list[Check]:
    """Return everything that was looked at, of the machine and of each shop."""
    return [*_machine(), *(check for name in names for check in _shop(name, now))]


def doctor(names: list[str], *, watch: bool) -> int:
    """Print what was found and how to fix it; with `watch` only faults, and alert about a night missed."""
    names = names or shop_names()
    now = datetime.now(UTC)
    if watch:
        return _watch(names, now)
    checks = examine(names, now)
    wide = max(len(check.what) for check in checks)
    for check in checks:
        mark = "FIX " if check.is_fault else "note" if check.is_note else "ok  "
        print(f"{mark}  {check.what:<{wide}}  {plain(check.found)}")
        if check.fix:
            print(f"      {'':<{wide}}  {plain(check.fix)}")
    print(
        "\nA watchdog outside Prefect: put this line into the crontab of the user who runs the nights,"
    )
    print("with the same environment. It alerts by the shop's own ways when a night is missing:")
    print(f"  {cron_line(names)}")
    faults = sum(check.is_fault for check in checks)
    print(f"\n{faults or 'Nothing'} to fix.")
    return Exit.PERSON if faults else Exit.DONE


def cron_line(names: list[str]) -> str:
    """Return the line of a crontab that watches these shops."""
    kept = [
        f"{name}={shlex.quote(os.environ[name])}"
        for name in ("BACKROOM_DATA", "BACKROOM_SHOPS")
        if name in os.environ
    ]
    shops = [f"--shop {shlex.quote(name)}" for name in names]
    command = Path(sys.executable).parent / "backroom"
    return " ".join([WATCH_EVERY, *kept, shlex.quote(str(command)), "doctor --watch", *shops])


def _watch(names: list[str], now: datetime) -> int:
    """Alert about each shop whose last night is not whole; print what cron is to mail."""
    code = Exit.DONE
    for name in names:
        shop = load_shop(name)
        if not shop.folder.root.exists():
            continue
        with private_files(shop.folder), ledger_of(shop) as ledger:
            fault = watchdog.fault_of_last_night(shop, ledger.rows("runs"), now)
            if fault:
                print(f"{name}: {plain(fault)}")
                watchdog.record_fault(shop, ledger, fault, now)
                code = Exit.PERSON
            else:
                watchdog.record_recovery(shop, ledger, now)
            if not _delivered(shop, ledger):
                code = Exit.PERSON
    return code


def _delivered(shop: Shop, ledger: Ledger) -> bool:
    """Send what waits, without a server; whether all of it went out."""
    try:
        deliver_pending(ledger, shop, emit=None)
    except (FatalError, RetryableError) as error:
        print(f"{shop.name}: {error}")
        return False
    return True


def _machine() -> Iterator[Check]:
    version = ".".join(map(str, sys.version_info[:3]))
    least = ".".join(map(str, LEAST_PYTHON))
    is_old = sys.version_info < LEAST_PYTHON
    yield Check("Python", version, f"Install Python {least} or later." if is_old else "")
    root = data_root()
    there = next(path for path in (root, *root.resolve().parents) if path.exists())
    if not os.access(there, os.W_OK | os.X_OK):
        yield Check("data folder", f"{root} cannot be written", _own(there))
    else:
        yield Check("data folder", f"{root}")
    free = shutil.disk_usage(there).free / 2**30
    room = f"Free {FREE_GIB} GiB: data/README.md says what may be deleted."
    yield Check("disk", f"{free:,.1f} GiB free", room if free < FREE_GIB else "")
    yield _server()


def _server() -> Check:
    url = os.environ.get("PREFECT_API_URL", HERE)
    try:
        with urllib.request.urlopen(f"{url}/health", timeout=5):  # noqa: S310 - http(s) by Prefect
            pass
    except HTTPError:
        pass  # it answers, if only those who sign in
    except (OSError, ValueError) as error:
        return Check(
            "Prefect server",
            f"{url} does not answer ({type(error).__name__})",
            "Start it with `backroom up`: without it no schedule starts a night.",
            is_note=True,
        )
    return Check("Prefect server", f"{url} answers")


def _shop(name: str, now: datetime) -> Iterator[Check]:
    try:
        shop = load_shop(name)
    except SettingsError as error:
        yield Check(f"{name}: shop file", "cannot be used", str(error))
        return
    yield Check(f"{name}: shop file", f"{shop.title}, {len(shop.channels)} channels")
    unset = sorted({v for v in variables(shop) if not os.environ.get(v, "").strip()})
    yield Check(
        f"{name}: secrets",
        f"not set: {', '.join(unset)}" if unset else "all set",
        "Set them where the nights run, or take their names out of the shop file." if unset else "",
    )
    if not shop.folder.root.exists():
        yield Check(
            f"{name}: nights", "none yet", f"Run `backroom nightly --shop {name}`.", is_note=True
        )
        return
    closed = [
        path
        for path in shop.folder.root.iterdir()
        if not os.access(path, os.R_OK | (os.W_OK | os.X_OK if path.is_dir() else os.W_OK))
    ]
    first = closed[0] if closed else shop.folder.root
    yield Check(
        f"{name}: folders",
        f"{first} cannot be read or written" if closed else f"{first}",
        _own(first) if closed else "",
    )
    yield from _nights(shop, now)


def _nights(shop: Shop, now: datetime) -> Iterator[Check]:
    try:
        with private_files(shop.folder), ledger_of(shop) as ledger:
            runs = ledger.rows("runs")
    except (FatalError, RetryableError) as error:
        yield Check(f"{shop.name}: ledger", "cannot be opened", str(error))
        return
    fault = watchdog.fault_of_last_night(shop, runs, now)
    whole = [run["as_of"] for run in runs if run["state"] == "completed"]
    last = f"last whole one as of {max(whole):%Y-%m-%d %H:%M} UTC" if whole else "no whole one yet"
    yield Check(
        f"{shop.name}: nights",
        f"{fault}; {last}" if fault else last,
        f"Run `backroom nightly --shop {shop.name}` and read its last lines." if fault else "",
    )


def variables(shop: Shop) -> list[str]:
    """Return the environment variables that a shop file names, whose values are secrets."""
    return list(_named(shop.model_dump()))


def _named(values: Any) -> Iterator[str]:
    if isinstance(values, Mapping):
        for key, value in values.items():
            if str(key).endswith("_env") and isinstance(value, str):
                yield value
            else:
                yield from _named(value)
    elif isinstance(values, list | tuple):
        for value in values:
            yield from _named(value)


def _own(path: Path) -> str:
    return f"Give it to the user who runs the nights: chown -R $(id -u) {shlex.quote(str(path))}"
