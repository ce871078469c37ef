"""In which order numbers reach the channels: no unit is shown at one before another gave it up."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

Written = Mapping[tuple[str, str], int]
"""The units that each channel and SKU had in the last file that was written."""
Unsure = Mapping[tuple[str, str], Sequence[int]]
"""The units that were recorded since and never marked: a run was killed, their files may be out or not."""


@dataclass(frozen=True)
class Number:
    """What is published of a listing, what it was last sent and shows by now: None where it was sent nothing."""

    channel: str
    channel_sku: str
    published_units: int
    previous_units: int | None = None
    shown_units: int | None = None


def has_changed(row: Number, written: Written, unsure: Unsure) -> bool:
    """Return whether a number has to be sent: it is another one, or nobody knows what arrived."""
    key = row.channel, row.channel_sku
    return key in unsure or written.get(key) != row.published_units


def shown_between(row: Number, written: Written, unsure: Unsure) -> tuple[int, int]:
    """Return the fewest and the most units that the channel may show by now.

    What was never sent shows none of ours. Where runs were killed over a figure, the channel has the
    one before them or any of theirs, less what it sold in between.
    """
    key, believed = (row.channel, row.channel_sku), row.shown_units or 0
    if key not in unsure:
        return believed, believed
    sold = written.get(key, 0) - believed
    return max(min(believed, min(unsure[key]) - sold), 0), max(believed, *unsure[key])


def rise(row: Number, written: Written, unsure: Unsure) -> int:
    """Return the units by which what the channel shows rises; 0 where it may rise or fall.

    So what may do either comes after all that falls and before all that rises.
    """
    fewest, most = shown_between(row, written, unsure)
    if row.published_units <= fewest:
        return row.published_units - most
    return row.published_units - fewest if row.published_units >= most else 0


def total_rise(rows: Iterable[Number], written: Written, unsure: Unsure) -> int:
    """Return the units by which a whole file rises: the file that falls most is the first.

    Of one SKU the order is safe. Where two SKUs change places between two channels, no order of
    whole files is: for the time between two uploads one of them is shown twice.
    """
    return sum(rise(row, written, unsure) for row in rows)
