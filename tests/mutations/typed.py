"""The same mutants on the whole way to the staged table: typed, judged by every rule, accounted for."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from tasks.archive.raw import Arrival, Raw, file_id
from tasks.intake.landing import Landed
from tasks.intake.normalize import normalize
from tasks.run.night import Night
from tasks.warehouse.connection import has_table
from tests.exports.door import AS_OF, EVENING, Door
from tests.mutations.mutant import Mutant
from tests.mutations.samples import Row, Sample, Seen
from tests.mutations.verdicts import WRONG, Verdict, verdict

OF_FILE = ("file_id", "line_no", "exported_at")
ORDER = ("lines swapped", "records swapped", "rows swapped")  # what is counted follows the order


class Typing:
    """A shop at whose door nothing is pulled: arrivals are made, and normalized as at night."""

    def __init__(self, root: Path, patch: pytest.MonkeyPatch) -> None:
        self.door = Door(root, patch)
        self.raw = Raw(self.door.folder.raw)
        self.night = Night(self.door.shop, AS_OF, "mutations")

    def judge(
        self, con: duckdb.DuckDBPyConnection, sample: Sample, mutants: Sequence[Mutant]
    ) -> list[tuple[Mutant, Verdict]]:
        """Normalize the sample and its mutants together, and judge each mutant."""
        contents = {hashlib.sha256(sample.content).hexdigest(): sample.content}
        by_content = {}
        for mutant in mutants:
            sha256 = hashlib.sha256(mutant.content).hexdigest()
            if sha256 not in contents:
                contents[sha256], by_content[sha256] = mutant.content, mutant
        arrivals = [self._arrival(sample, sha256, content) for sha256, content in contents.items()]
        landed = normalize(con, self.night, sample.export, arrivals)
        files = {file.arrival.sha256: file for file in landed}
        if not has_table(con, sample.export.table):
            return []  # the sample itself is refused: it says what cannot be read
        whole = _Staged(con, sample, files)
        con.execute(f"drop table if exists {sample.export.table}")
        con.execute("delete from landing.files; delete from landing.quarantine")
        return [(mutant, whole.verdict(sha256, mutant)) for sha256, mutant in by_content.items()]

    def _arrival(self, sample: Sample, sha256: str, content: bytes) -> Arrival:
        path = self.raw.path(sha256)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        name = sample.path.name + (f"/{sample.kind.part}" if sample.kind.part else "")
        facts = (name, f"inbox/{name}", len(content), EVENING, EVENING, sample.kind.part)
        return Arrival(file_id(sha256, name), sha256, sample.export.name, *facts)


Rows = list[tuple[int, Row, Row]]  # line, our columns, what is derived


class _Staged:
    """What is staged and quarantined of the sample and of its mutants."""

    def __init__(
        self, con: duckdb.DuckDBPyConnection, sample: Sample, files: Mapping[str, Landed]
    ) -> None:
        self.sample, self.files = sample, files
        self.before = files[hashlib.sha256(sample.content).hexdigest()]
        table = sample.export.table
        names = [str(name) for name, *_ in con.execute(f"describe {table}").fetchall()]
        columns = sample.export.columns.items()
        self.columns = [
            name for name, column in columns if not (column.personal or column.checked_only)
        ]
        self.free = {
            name for name, column in columns if column.type == "text" and not column.pattern
        }
        derived = [name for name in names if name not in {*self.columns, *OF_FILE}]
        texts = ", ".join(f"cast({name} as varchar)" for name in (*self.columns, *derived))
        self.rows: dict[str, Rows] = {}
        width = len(self.columns)
        for file, line, *cells in con.execute(
            f"select file_id, line_no, {texts} from {table} order by file_id, line_no"
        ).fetchall():
            row = (line, tuple(cells[:width]), tuple(cells[width:]))
            self.rows.setdefault(file, []).append(row)
        self.aside: dict[str, set[tuple[int, str]]] = {}
        self.revived: set[Row] = set()  # quarantined in the sample, for the key or a rule
        self.unread: set[int] = set()  # lines of the sample that were quarantined
        for file, line, reason, raw in con.execute(
            "select file_id, line_no, reason || column_name, raw_line from landing.quarantine"
        ).fetchall():
            self.aside.setdefault(file, set()).add((line, reason))
            if file == self.before.arrival.file_id:
                self.unread.add(line)
                cells = json.loads(raw) if raw.startswith("{") else {}
                self.revived.add(tuple(cells.get(name) for name in self.columns))

    def verdict(self, sha256: str, mutant: Mutant) -> Verdict:
        """Judge one mutant by its staged rows."""
        file = self.files[sha256]
        if file.status != "accepted":
            return Verdict("refused")
        if mutant.is_shift:
            return self._of_shift(file)
        before, lines = self._seen(self.before)
        after, _ = self._seen(file)
        numbers = self._lines()
        rows = [[at for at, line in enumerate(lines) if line == number] for number in numbers]
        touched = {numbers[n] for n in (*mutant.may, *mutant.gone, *mutant.again)}
        moved = replace(
            mutant,
            may={at: names for n, names in mutant.may.items() for at in rows[n]},
            gone=frozenset(at for n in mutant.gone for at in rows[n]),
            again=frozenset(at for n in mutant.again for at in rows[n]),
            heals=mutant.heals or bool(touched & self.unread),
        )
        judgement = verdict(moved, after, before, self.columns, self.revived)
        if judgement.outcome in WRONG or not self._other_rows_changed(file):
            return judgement
        if judgement.outcome != "exact" or touched or mutant.kind in ORDER or mutant.heals:
            return Verdict("derived")
        if mutant.in_header and after.warnings != before.warnings:
            return Verdict("warned")
        return Verdict("silently wrong", "what is derived differs, though every row is exact")

    def _lines(self) -> list[int]:
        """Return the line of each row of the sample's texts."""
        per_line = len(self.sample.kind.unpivoted) or 1
        return [line for line in self.sample.seen.lines for _ in range(per_line)]

    def _other_rows_changed(self, file: Landed) -> bool:
        """Return whether something else is derived for a row of the same cells."""
        before, after = (
            {row[1:] for row in self.rows.get(each.arrival.file_id, ())}
            for each in (self.before, file)
        )
        cells = {row for row, _ in before}
        return any(row in cells for row, _ in after - before)

    def _of_shift(self, file: Landed) -> Verdict:
        """Judge a file in which one line is shifted: a cell below another header must not be believed."""
        aside = {line for line, _ in self.aside.get(file.arrival.file_id, ())}
        if aside - self.unread:
            return Verdict("quarantined")
        before, after = self._by_line(self.before), self._by_line(file)
        outcome = "exact"
        for line in (before.keys() | after.keys()) - aside - self.unread:
            old, new = before.get(line, []), after.get(line, [])
            if len(old) != len(new):
                return Verdict("silently wrong", f"line {line}: {old} became {new}")
            for was, now in zip(old, new, strict=True):
                changed = {
                    name: cell
                    for name, cell, one in zip(self.columns, now, was, strict=True)
                    if cell != one
                }
                if any(
                    cell is not None and name not in self.free for name, cell in changed.items()
                ):
                    fault = f"line {line}, {sorted(changed)}: {was} became {now}"
                    return Verdict("silently wrong", fault)
                if changed:
                    outcome = "changed" if changed.keys() <= self.free else "cells lost"
        return Verdict(outcome)

    def _by_line(self, file: Landed) -> dict[int, list[Row]]:
        found: dict[int, list[Row]] = {}
        for line, cells, _ in self.rows.get(file.arrival.file_id, ()):
            found.setdefault(line, []).append(cells)
        return found

    def _seen(self, file: Landed) -> tuple[Seen, list[int]]:
        rows = self.rows.get(file.arrival.file_id, [])
        seen = Seen(
            "read",
            rows=[cells for _, cells, _ in rows],
            aside=frozenset(self.aside.get(file.arrival.file_id, ())),
            warnings=(file.warnings, file.controls),
        )
        return seen, [line for line, _, _ in rows]
