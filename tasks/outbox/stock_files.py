"""The stock file of each channel: what changed since its last file."""

import importlib
import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import duckdb

from tasks.ledger import Ledger, Push
from tasks.rules.sending import Number, Unsure, Written, has_changed, rise, total_rise
from tasks.rules.stock import Mode, Published
from tasks.run.night import Night


@dataclass(frozen=True)
class PushFile:
    """One file with a channel's stock; `rows` are the numbers that changed."""

    channel: str
    path: Path
    rows: int


@dataclass(frozen=True)
class Unsent:
    """Listings of a channel that no file of ours can name, and why."""

    channel: str
    listings: int
    why: str


@dataclass(frozen=True)
class Sending:
    """What can be sent to one channel, and by which module of `push/`."""

    channel: str
    writer: ModuleType
    rows: list[Number]


def sendings(
    con: duckdb.DuckDBPyConnection, night: Night, published: Published
) -> tuple[list[Sending], list[Unsent]]:
    """Return what can be sent to each channel, and what cannot: a number nobody sends changes nothing."""
    sent, unsent = [], []
    for channel, settings in night.shop.channels.items():
        is_ours = (published.channel == channel) & (published.mode != Mode.READ_ONLY)
        rows = _numbers(published[is_ours])
        if not (settings.push and rows):
            continue
        writer = writer_of(settings.platform)
        if writer is None:
            why = f"no stock file is known for the platform {settings.platform}"
            unsent.append(Unsent(channel, len(rows), why))
            continue
        taken = writer.takes(con, channel, rows) if hasattr(writer, "takes") else rows
        if len(taken) < len(rows):
            unsent.append(Unsent(channel, len(rows) - len(taken), writer.UNKNOWN))
        sent.append(Sending(channel, writer, taken))
    return sent, unsent


def _numbers(published: Published) -> list[Number]:
    units = (published.published_units, published.previous_units, published.shown_units)
    columns = (
        [None if each != each else int(each) for each in column.tolist()] for column in units
    )
    names = published.channel.tolist(), published.channel_sku.tolist()
    return [Number(*row) for row in zip(*names, *columns, strict=True)]


def write_stock_files(
    con: duckdb.DuckDBPyConnection, night: Night, ledger: Ledger, sent: Sequence[Sending]
) -> list[PushFile]:
    """Write a stock file per channel and log every number; numbers that did not change are left out.

    First the ledger, then the file, then the ledger's mark: a kill in between leaves a batch that
    the next run replaces. The same numbers again write nothing. Other numbers for the same moment,
    after a setting was changed, are logged as a correction, and the channel's file is written again
    with all figures of that moment.

    Units move from one channel to another only after the first has given them up: in a file the
    numbers that fall come first, and of the files that whose sum falls most.
    """
    written, unsure = ledger.last_pushes(), ledger.unsure_pushes()
    changed = {
        each.channel: [row for row in each.rows if has_changed(row, written, unsure)]
        for each in sent
    }
    in_order = sorted(
        (each for each in sent if changed[each.channel]),
        key=lambda each: total_rise(changed[each.channel], written, unsure),
    )
    return [
        _write(con, night, ledger, each, changed[each.channel], written, unsure)
        for each in in_order
    ]


def _write(
    con: duckdb.DuckDBPyConnection,
    night: Night,
    ledger: Ledger,
    sending: Sending,
    changed: Sequence[Number],
    written: Written,
    unsure: Unsure,
) -> PushFile:
    channel = sending.channel
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
    rows = sorted(
        (row for row in sending.rows if row.channel_sku in in_file),
        key=lambda row: rise(row, written, unsure),
    )
    path = sending.writer.write(con, night, channel, rows, folder)
    ledger.mark_written(batch, channel, path.name, at=night.moment)
    return PushFile(channel, path, len(rows))


def writer_of(platform: str) -> ModuleType | None:
    """Return the module that writes a platform's stock file; None where no file is known for it."""
    name = f"tasks.outbox.push.{platform}"
    if importlib.util.find_spec(name) is None:
        return None
    return importlib.import_module(name)
