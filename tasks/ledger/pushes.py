"""The stock pushes: every number published to a channel, recorded before its file is written."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from itertools import groupby
from operator import attrgetter

from sqlalchemy import exists, func, select, true

from config.errors import FatalError
from tasks.ledger.book import Book, answering
from tasks.ledger.tables import stock_pushes


@dataclass(frozen=True, order=True)
class Push:
    """The units published of one listing."""

    channel: str
    channel_sku: str
    units: int


class Pushes(Book):
    """The stock pushes of one shop: recorded, then the file, then marked as written."""

    def record_pushes(
        self,
        push_batch: str,
        pushes: Sequence[Push],
        *,
        run_id: str,
        business_date: date,
        at: datetime,
    ) -> int:
        """Record what `push_batch` is about to send its channels; return the figures recorded.

        The same figures again change nothing. Other figures replace a channel's only while its
        file was not written: they never left the house.

        Raises:
            FatalError: a listing comes twice, or the channel's file is out with other figures.
        """
        recorded = 0
        stamp = {"push_batch": push_batch, "run_id": run_id, "business_date": business_date}
        stamp |= {"pushed_at": at, "state": "recorded"}
        with self.change(at) as change:
            for channel, grouped in groupby(sorted(pushes), attrgetter("channel")):
                sent = list(grouped)
                units = {push.channel_sku: push.units for push in sent}
                if len(units) < len(sent):
                    raise FatalError(
                        f"{channel}, push {push_batch}: a listing has two figures, so neither can "
                        "be sent. Look for a channel_sku that repeats in what decides the stock."
                    )
                batch = (
                    stock_pushes.c.push_batch == push_batch,
                    stock_pushes.c.channel == channel,
                )
                known = change.find(stock_pushes, *batch)
                if units == {row["channel_sku"]: row["units"] for row in known}:
                    continue
                if any(row["state"] == "written" for row in known):
                    raise FatalError(
                        f"{channel}, push {push_batch}: its file {known[0]['file']} is written "
                        "with other figures. What was sent stays as it was; give the new figures a "
                        "batch of their own."
                    )
                change.remove(stock_pushes, *batch)
                change.add(stock_pushes, [stamp | asdict(push) for push in sent])
                change.note(
                    "pushes recorded",
                    f"push/{push_batch}/{channel}",
                    before=_totals([row["units"] for row in known]) if known else None,
                    after=_totals(list(units.values())),
                    why=f"run {run_id}",
                )
                recorded += len(sent)
        return recorded

    def next_batch(self, push_batch: str, channel: str) -> str:
        """Return the batch in which a channel's figures of `push_batch` may still be recorded.

        What was written stays as it was: figures that differ from it go into `-02`, `-03` …
        """
        found = self.select(
            stock_pushes,
            stock_pushes.c.channel == channel,
            stock_pushes.c.push_batch.startswith(push_batch, autoescape=True),
        )
        states = {row["push_batch"]: row["state"] for row in found}
        batch, number = push_batch, 1
        while states.get(batch) == "written":
            number += 1
            batch = f"{push_batch}-{number:02}"
        return batch

    def written_in(self, push_batch: str, channel: str) -> set[str]:
        """Return the listings of a channel that `push_batch` or a correction of it has written."""
        found = self.select(
            stock_pushes,
            stock_pushes.c.channel == channel,
            stock_pushes.c.push_batch.startswith(push_batch, autoescape=True),
            stock_pushes.c.state == "written",
        )
        return {row["channel_sku"] for row in found}

    def mark_written(self, push_batch: str, channel: str, file: str, *, at: datetime) -> int:
        """Mark a channel's figures as written to `file`; return how many, 0 the second time.

        Raises:
            FatalError: the batch holds nothing for the channel, or was written to another file.
        """
        batch = (stock_pushes.c.push_batch == push_batch, stock_pushes.c.channel == channel)
        with self.change(at) as change:
            known = change.find(stock_pushes, *batch)
            if not known:
                raise FatalError(
                    f"{channel}, push {push_batch}: no figure is recorded, so {file} may not leave."
                    " Record the figures first, then write the file."
                )
            if known[0]["state"] == "written":
                if known[0]["file"] == file:
                    return 0
                raise FatalError(
                    f"{channel}, push {push_batch}: written to {known[0]['file']} already, not to "
                    f"{file}. Give a second file a batch of its own."
                )
            change.set(stock_pushes, *batch, state="written", file=file)
            change.note(
                "pushes written",
                f"push/{push_batch}/{channel}",
                before={"state": "recorded"},
                after={"state": "written", "file": file},
                why=f"{len(known)} listings",
            )
        return len(known)

    def last_pushes(self, before: datetime | None = None) -> dict[tuple[str, str], int]:
        """Return the units each (channel, channel_sku) last had in a file that was written.

        With `before`, pushes of that moment and later do not count: a run that is repeated sees
        what it saw the first time.
        """
        newest = (
            func.row_number()
            .over(
                partition_by=(stock_pushes.c.channel, stock_pushes.c.channel_sku),
                order_by=(stock_pushes.c.pushed_at.desc(), stock_pushes.c.push_batch.desc()),
            )
            .label("newest")
        )
        written = (
            select(stock_pushes.c.channel, stock_pushes.c.channel_sku, stock_pushes.c.units, newest)
            .where(
                stock_pushes.c.shop == self.shop,
                stock_pushes.c.state == "written",
                true() if before is None else stock_pushes.c.pushed_at < before,
            )
            .subquery()
        )
        with answering(self.engine), self.engine.connect() as connection:
            last = connection.execute(select(written).where(written.c.newest == 1))
            return {(row.channel, row.channel_sku): row.units for row in last}

    def unsure_pushes(self) -> dict[tuple[str, str], list[int]]:
        """Return the figures of each (channel, channel_sku) recorded since its last file, never marked.

        A run was killed in between: their files may be out or not, so the figure is sent again.
        """
        columns = stock_pushes.c
        sent = stock_pushes.alias()
        with answering(self.engine), self.engine.connect() as connection:
            found = connection.execute(
                select(columns.channel, columns.channel_sku, columns.units)
                .where(
                    columns.shop == self.shop,
                    columns.state == "recorded",
                    ~exists().where(
                        sent.c.shop == columns.shop,
                        sent.c.channel == columns.channel,
                        sent.c.channel_sku == columns.channel_sku,
                        sent.c.state == "written",
                        sent.c.push_batch > columns.push_batch,
                    ),
                )
                .order_by(columns.push_batch)
            )
            unsure: dict[tuple[str, str], list[int]] = {}
            for row in found:
                unsure.setdefault((row.channel, row.channel_sku), []).append(row.units)
        return unsure


def _totals(units: Sequence[int]) -> dict[str, int]:
    return {"listings": len(units), "units": sum(units)}
