"""The folder the seller drops files into, and the notes kept while it is filled."""

import csv
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import IO, Any

from tasks.demo import clock, hard, mistakes
from tasks.demo.workbook import workbook


def cents(amount: int) -> str:
    """Write cents as an amount with two decimals and a point."""
    if amount < 0:
        return f"-{-amount // 100}.{-amount % 100:02d}"
    return f"{amount // 100}.{amount % 100:02d}"


def names(text: str, separator: str = ",") -> list[str]:
    """Return the column names of a header."""
    return text.split(separator)


class Sheet:
    """A table being written; it knows the physical line each record starts on."""

    def __init__(self, stream: IO[str], name: str, delivery: "Delivery", delimiter: str) -> None:
        if delimiter == ",":
            writer = csv.writer(stream, lineterminator="\n")
        else:
            writer = csv.writer(
                stream, delimiter=delimiter, quoting=csv.QUOTE_NONE, lineterminator="\n"
            )
        self._write = writer.writerow
        self._delivery = delivery
        self.name = name
        self.line = 1  # the line the next record starts on
        self.data_rows = 0
        self.summary_lines: list[int] = []
        self.rejected: list[dict[str, Any]] = []

    def head(self, header: Iterable[str]) -> None:
        """Write the header."""
        self._write(list(header))
        self.line += 1

    def summary(self, row: Sequence[object]) -> None:
        """Write a line that is not data."""
        self.summary_lines.append(self.line)
        self._write(row)
        self.line += 1

    def row(self, row: Sequence[object], lines: int = 1) -> int:
        """Write a record that spans `lines` physical lines; return the line it starts on."""
        start = self.line
        self._write(row)
        self.line += lines
        self.data_rows += 1
        return start

    def reject(self, line: int, kind: str, note: str = "", key: str = "") -> None:
        """Note that the record starting on `line` is to be quarantined."""
        self.rejected.append({"line": line, "reason": kind})
        self._delivery.anomaly(kind, self.name, line, key, note)

    def remark(self, line: int | None, kind: str, note: str = "", key: str = "") -> None:
        """Note an oddity of a record that stays."""
        self._delivery.anomaly(kind, self.name, line, key, note)


@dataclass
class Delivery:
    """Everything the seller downloads up to `now`; names are relative to the inbox."""

    folder: Path
    now: int
    start: int  # nothing placed before this instant is in an order export
    files: dict[str, dict[str, Any]] = field(default_factory=dict)
    anomalies: list[dict[str, Any]] = field(default_factory=list)

    @property
    def today(self) -> date:
        """The shop's calendar day at `now`."""
        return clock.local_day(self.now)

    @property
    def first_day(self) -> date:
        """The shop's first calendar day in the order exports."""
        return clock.local_day(self.start)

    def anomaly(
        self, kind: str, file: str, line: int | None = None, key: str = "", note: str = ""
    ) -> None:
        """Write a planted mistake down for the truth file."""
        hard_case = hard.CASES.get(kind) or hard.SPOILED.get(kind)
        planted = hard_case or mistakes.PLANTED.get(kind)
        self.anomalies.append(
            {
                "kind": kind,
                "file": file,
                "line": line,
                "key": key or None,
                "treatment": hard_case.treatment if hard_case else mistakes.TREATMENTS[kind],
                "note": note or (planted.note if planted else ""),
            }
        )

    @contextmanager
    def sheet(
        self,
        name: str,
        header: Sequence[str],
        delimiter: str = ",",
        downloaded: int = 0,
        encoding: str = "utf-8",
        **facts: object,
    ) -> Iterator[Sheet]:
        """Open a table, write its header, and on leaving date it and note what it holds."""
        path = self._path(name)
        with path.open("w", encoding=encoding, newline="") as stream:
            table = Sheet(stream, name, self, delimiter)
            table.head(header)
            yield table
        taken = downloaded or self.now
        os.utime(path, (taken, taken))
        self.files[name] = {
            "physical_lines": table.line - 1,
            "data_rows": table.data_rows,
            "good_rows": table.data_rows - len(table.rejected),
            "summary_lines": table.summary_lines,
            "rejected": table.rejected,
            "exported_at": clock.stamp(taken),
            "bytes": path.stat().st_size,
            **facts,
        }

    def whole(self, name: str, content: bytes, kind: str, note: str, expected: str) -> None:
        """Drop a file that is not to be read as its place suggests."""
        path = self._path(name)
        path.write_bytes(content)
        os.utime(path, (self.now, self.now))
        self.files[name] = {
            "expected": expected,
            "kind": kind,
            "rejected": [],
            "exported_at": clock.stamp(self.now),
            "bytes": len(content),
        }
        self.anomaly(kind, name, note=note)

    def document(self, name: str, content: object, rows: int) -> None:
        """Drop what an API answered; its rows are the order lines in it, all of them good."""
        self.text(name, json.dumps(content, indent=1) + "\n", rows)

    def text(self, name: str, content: str, rows: int) -> None:
        """Drop a text that is no table; all its rows are good."""
        self._good(name, content.encode(), rows, self.now)

    def workbook(
        self, name: str, sheet: str, rows: Sequence[Sequence[str]], other: int, at: int
    ) -> None:
        """Drop a workbook of one sheet, made `at` a moment; `other` of its rows are no data, all others are good."""
        self._good(name, workbook(sheet, rows), len(rows) - other, at)

    def _good(self, name: str, content: bytes, rows: int, at: int) -> None:
        path = self._path(name)
        path.write_bytes(content)
        os.utime(path, (at, at))
        self.files[name] = {
            "data_rows": rows,
            "good_rows": rows,
            "rejected": [],
            "exported_at": clock.stamp(at),
            "bytes": len(content),
        }

    def content(self, name: str) -> bytes:
        """Return the bytes of a file dropped before."""
        return self._path(name).read_bytes()

    def _path(self, name: str) -> Path:
        path = self.folder / "inbox" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path
