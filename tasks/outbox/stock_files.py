"""The stock file of each channel: what changed since it was last sent."""

import importlib
import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from tasks.ledger import Ledger, Push
from tasks.rules.stock import Mode, Published
from tasks.run.night import Night


@dataclass(frozen=True)
class PushFile:
    """One file of a channel's stock; `rows` are the numbers that changed."""

    channel: str
    path: Path
    rows: int


def write_stock_files(
    con: duckdb.DuckDBPyConnection, night: Night, ledger: Ledger, decided: Sequence[Published]
) -> list[PushFile]:
    """Write a stock file per channel and log every number; numbers that did not change are left out.

    First the ledger, then the file, then the ledger's mark: a kill in between leaves a batch that
    the next run replaces. The same numbers again write nothing. Other numbers for the same moment,
    after a setting was changed, are logged as a correction, and the channel's file is written again
    with all numbers of that moment.
    """
    files = []
    written = ledger.last_pushes()
    for channel, settings in night.shop.channels.items():
        writer = writer_of(settings.platform)
        offered = [
            row for row in decided if row.channel == channel and row.mode is not Mode.READ_ONLY
        ]
        changed = [
            row
            for row in offered
            if written.get((row.channel, row.channel_sku)) != row.published_units
        ]
        if not (settings.push and writer and changed):
            continue
        moment = f"{night.moment:%Y%m%dT%H%M%S}"
        batch = ledger.next_batch(moment, channel)
        in_file = {row.channel_sku for row in changed} | ledger.written_in(moment, channel)
        ledger.record_pushes(
            batch,
            [Push(row.channel, row.channel_sku, row.published_units) for row in changed],
            run_id=night.run_id,
            business_date=night.business_date,
            at=night.moment,
        )
        folder = night.shop.folder.outbox / "stock"
        folder.mkdir(parents=True, exist_ok=True)
        rows = [row for row in offered if row.channel_sku in in_file]
        path = writer(con, night, channel, rows, folder)
        ledger.mark_written(batch, channel, path.name, at=night.moment)
        files.append(PushFile(channel, path, len(rows)))
    return files


def writer_of(platform: str):  # type: ignore[no-untyped-def]
    """Return the function that writes a platform's stock file; None where no file is known for it."""
    name = f"tasks.outbox.push.{platform}"
    if importlib.util.find_spec(name) is None:
        return None
    return importlib.import_module(name).write
