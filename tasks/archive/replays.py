"""Replays: a past night is looked at again, and nothing of the shop changes but for its own report.

It reads what had come by then, and the ledger as it was then. Its warehouse, its marts and its
dashboard are in `replays/<moment>/`; nothing else reads them, and they may be deleted at any time.
"""

import shutil
from datetime import UTC, datetime
from pathlib import Path

from config.shop import Shop
from tasks.ledger import Ledger, ledger_of
from tasks.ledger.replayed import copy_as_of
from tasks.run.night import Night
from tasks.run.whole_file import write_whole


def past_of(shop: Shop, moment: datetime, ledger: Ledger) -> Shop | None:
    """Return the shop as a replay of `moment` sees it; None where that is no replay but a night."""
    last = ledger.last_night()
    if last is None or moment >= last:
        return None
    return shop.replayed(f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}")


def make(replay: Night, ledger: Ledger) -> None:
    """Make the folder of a replay and its ledger as of then; each run makes it from scratch."""
    folder = replay.shop.folder
    made_by = folder.place / "run"
    if made_by.exists() and made_by.read_text("ascii") == replay.run_id:
        return
    remove(folder.place)
    folder.place.mkdir(parents=True)
    with ledger_of(replay.shop) as past:
        copy_as_of(ledger, past, replay.moment, replay.shop.zone)
    write_whole(made_by, replay.run_id)


def remove(place: Path) -> None:
    """Delete a replay, or all; published snapshots let nobody write, so they are opened first."""
    if not place.exists():
        return
    for folder in place.rglob("*"):
        if folder.is_dir() and not folder.is_symlink():
            folder.chmod(0o700)
    shutil.rmtree(place)
