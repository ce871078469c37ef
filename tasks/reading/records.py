"""Where the records of delimited text begin and end, by RFC 4180, over a block of bytes at once.

No step loops over rows: all work is done on arrays of positions.
"""

import os
import re
from codecs import utf_8_decode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tasks.reading.peek import split_line

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

LINE_FEED, RETURN, TAB, SPACE = b"\n\r\t "
BLOCK = 1 << 20


@dataclass(frozen=True)
class Records:
    """The complete records of one block, up to the first that no rule can read."""

    text: npt.NDArray[np.uint8]
    starts: Ints
    ends: Ints  # of the content, before the line end
    cells: Ints
    lines: Ints  # physical line of each start; 0 is the block's first
    stop: int  # where the next record starts
    next_line: int
    fault: tuple[str, str] | None  # reason and detail why the next record cannot be read
    returns: int  # records that end with a carriage return and a line feed

    def __len__(self) -> int:
        return len(self.starts)

    def at(self, positions: Ints) -> Ints:
        """Return the record in which each of the `positions` is."""
        return np.searchsorted(self.starts, positions, side="right") - 1

    def control_characters(self) -> Ints:
        """Return the positions of control characters that no text has: all but tabs and line ends."""
        low = np.flatnonzero((self.text < 32) & (self.text != LINE_FEED) & (self.text != TAB))
        low = low[low < self.stop]
        return low[~_is_line_end(self.text, low)]

    def undecodable(self) -> Iterator[int]:
        """Yield the records with bytes that are not UTF-8."""
        bounds, position = np.append(self.starts, self.stop), 0
        while position < self.stop:
            try:
                utf_8_decode(self.text[position : self.stop].data, "strict", True)
            except UnicodeDecodeError as error:
                record = int(np.searchsorted(bounds, position + error.start, side="right")) - 1
                yield record
                position = int(bounds[record + 1])
            else:
                return

    def blank(self, delimiter: str, quote: str | None) -> Flags:
        """Return which records are nothing but delimiters and empty quotes, or a line of blanks."""
        blank: Flags = self.ends - self.starts == self.cells - 1
        if quote:
            quoted = (self.cells > 1) & (self.text[self.starts] == ord(quote))
            quoted &= self.ends - self.starts <= 3 * self.cells - 1
            empty = re.compile(f"(?:{quote}{quote})?(?:{re.escape(delimiter)}(?:{quote}{quote})?)*")
            for record in np.flatnonzero(quoted).tolist():
                written = self.text[self.starts[record] : self.ends[record]].tobytes()
                blank[record] = empty.fullmatch(written.decode("latin-1")) is not None
        first = self.text[self.starts]
        spaced = (self.cells == 1) & ((first == SPACE) | (first == TAB))
        for record in np.flatnonzero(spaced).tolist():
            content = self.text[self.starts[record] : self.ends[record]]
            blank[record] = not content.tobytes().strip(b" \t")
        return blank

    def like(self, names: Sequence[str], delimiter: str, quote: str | None) -> Flags:
        """Return which records have the cells `names`, quoted or not, in any case."""
        plain = delimiter.join(names).encode()
        sizes = self.ends - self.starts
        alike: Flags = (sizes >= len(plain)) & (sizes <= len(plain) + 4 * len(names))
        alike &= self.cells == len(names)
        first = {*names[0][:1].lower().encode()[:1], *names[0][:1].upper().encode()[:1]}
        first |= {ord(quote)} if quote else set()
        alike &= np.isin(self.text[self.starts], list(first))
        expected = [name.strip().casefold() for name in names]
        for record in np.flatnonzero(alike).tolist():
            written = self.text[self.starts[record] : self.ends[record]].tobytes()
            cells = split_line(written.decode("utf-8", "replace"), delimiter, quote)
            alike[record] = [cell.strip().casefold() for cell in cells] == expected
        return alike


def scan(block: bytes, delimiter: int, quote: int | None, width: int) -> Records:
    """Return the complete records of `block`, which starts with a record.

    An opening quote is at the start of a cell, a closing one at its end, and a doubled quote
    between them is one quote. A record over several lines that has not `width` cells counts as
    broken: a quote that was never closed would look like that.
    """
    text = np.frombuffer(block, np.uint8)
    special = (text == delimiter) | (text == LINE_FEED)
    if quote is not None:
        special |= text == quote
    marks = np.flatnonzero(special)
    characters = text[marks]
    feeds = marks[characters == LINE_FEED]
    wrong = len(block)
    is_quote = characters == quote
    if quote is not None and is_quote.any():
        inside = np.logical_xor.accumulate(is_quote)  # after each mark
        wrong = _first_wrong_quote(text, marks, is_quote, inside)
        outside = ~is_quote & ~inside
        marks, characters = marks[outside], characters[outside]

    last_marks = np.flatnonzero(characters == LINE_FEED)
    stops = marks[last_marks]
    complete = int(np.searchsorted(stops, wrong))
    fault = ("broken_quotes", "a quote is in the middle of a cell") if wrong < len(block) else None
    stops = stops[:complete]
    starts = np.concatenate(([0], stops + 1))
    cells = np.diff(last_marks[:complete], prepend=-1)
    if len(feeds) == len(last_marks):
        lines = np.arange(complete + 1)
    else:
        lines = np.searchsorted(feeds, starts)
        torn = np.flatnonzero((np.diff(lines) > 1) & (cells != width))
        if torn.size:
            complete = int(torn[0])
            fault = wrong_width(int(cells[complete]), width)
    stops, cells = stops[:complete], cells[:complete]
    ends_with_return = text[stops - 1] == RETURN
    ends_with_return &= stops > starts[:complete]
    return Records(
        text=text,
        starts=starts[:complete],
        ends=stops - ends_with_return,
        cells=cells,
        lines=lines[:complete],
        stop=int(starts[complete]),
        next_line=int(lines[complete]),
        fault=fault,
        returns=int(np.count_nonzero(ends_with_return)),
    )


def write_records(source: Path, kept: list[tuple[int, int]], quote: str | None, to: Path) -> None:
    """Write the `kept` byte ranges of `source`, each of whole records; all end in line feeds."""
    to.parent.mkdir(parents=True, exist_ok=True)
    with source.open("rb") as file, to.open("wb") as clean:
        for start, stop in kept:
            file.seek(start)
            inside = False
            for position in range(start, stop, BLOCK):
                block = file.read(min(BLOCK, stop - position))
                ahead = os.pread(file.fileno(), 1, position + len(block)) or b"\n"
                text = np.frombuffer(block + ahead, np.uint8)
                returns = (text[:-1] == RETURN) & (text[1:] == LINE_FEED)
                if returns.any() and quote is not None:
                    quotes = np.logical_xor.accumulate(text[:-1] == ord(quote)) ^ inside
                    returns &= ~quotes
                    inside = bool(quotes[-1])
                elif quote is not None:
                    inside ^= block.count(quote.encode()) % 2 == 1
                clean.write(text[:-1][~returns].tobytes() if returns.any() else block)
            if not block.endswith(b"\n"):
                clean.write(b"\n")


def wrong_width(cells: int, width: int) -> tuple[str, str]:
    """Return reason and detail of a record that has not `width` cells."""
    reason = "too_few_cells" if cells < width else "too_many_cells"
    return reason, f"{cells} cells, the header has {width}"


def _first_wrong_quote(
    text: npt.NDArray[np.uint8],
    marks: Ints,
    is_quote: Flags,
    inside: Flags,
) -> int:
    """Return the position of the first quote amid a cell, or the length of the text.

    A quote at the start of a cell touches the mark before it, one at the end the mark after it: a
    delimiter, a line end, or the other half of a doubled quote.
    """
    touching = np.diff(marks) == 1
    touches_before = np.concatenate(([marks[0] == 0], touching))
    touches_after = np.concatenate((touching, [True]))  # the block may end amid a record
    suspects = np.flatnonzero(is_quote & ~np.where(inside, touches_before, touches_after))
    suspects = suspects[inside[suspects] | ~_is_line_end(text, marks[suspects] + 1)]
    return int(marks[suspects[0]]) if suspects.size else len(text)


def _is_line_end(text: npt.NDArray[np.uint8], positions: Ints) -> Flags:
    after = np.minimum(positions + 1, len(text) - 1)
    is_end: Flags = (text[np.minimum(positions, after)] == RETURN) & (text[after] == LINE_FEED)
    return is_end
