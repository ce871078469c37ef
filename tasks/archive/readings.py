"""Readings without personal data: what `raw` keeps of a file that had some, the source of a replay.

A reading is every cell of the file as text, in `raw/readings/<file id>.parquet`, but for personal
columns: those nobody asked for are dropped, and so are columns that no export declares; of the
others only what the export's `derive` needs is left: that a cell was filled, a keyed hash, whether
a phone number could be called. `<file id>.json` next to it says how the file was read, which rows
were damaged, or why it was refused. Reading it again gives what the file gave.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import duckdb

from config.export import Column, Export
from tasks.archive.raw import Arrival
from tasks.reading import cells
from tasks.reading.masking import CARD
from tasks.reading.peek import Refused, RefusedAs
from tasks.reading.reading import DamagedRow, Reading, require_alike
from tasks.reading.recognise import of_header
from tasks.reading.recognised import Recognised
from tasks.rules.sql_text import literal
from tasks.run.whole_file import make_folder, whole_file, write_whole

GONE = "bytes_gone"
JSON = "json:"  # a `keeps` that begins so names the fields that are left of a JSON cell


def gone(arrival: Arrival) -> Refused:
    """Return the refusal of a file that was kept and of which nothing is left."""
    return Refused(
        GONE,
        f"{arrival.name} was kept in raw as {arrival.sha256[:12]}… and is gone from there, unread."
        " Bring raw and vault back from a backup, or deliver the same file again.",
    )


@dataclass(frozen=True)
class RedactedReading:
    """A reading kept without its personal cells."""

    path: Path
    rows: int
    damaged: tuple[DamagedRow, ...]
    other_lines: tuple[int, ...]
    repeated_headers: tuple[int, ...]
    notes: Mapping[str, str]
    how: str
    card_place: int  # of a column that says where a card number was in a cell that is not kept

    def load(self, con: duckdb.DuckDBPyConnection, into: str, columns: Mapping[int, str]) -> None:
        """Create the temporary view `into` of the certain rows: line_no, and `columns` as text."""
        have = _text_columns(con, self.path)
        chosen = ", ".join(
            f"{f'c{place}' if f'c{place}' in have else 'cast(null as varchar)'} as {name}"
            for place, name in columns.items()
        )
        con.execute(
            f"create or replace temp view {into} as"
            f" select line_no, {chosen} from read_parquet({literal(str(self.path))})"
        )


class Readings:
    """The readings of one shop."""

    def __init__(self, raw: Path) -> None:
        self.root = raw / "readings"
        make_folder(self.root, 0o700)

    def version(self, file_id: str) -> str | None:
        """Return as which mapping the file was read; None where it never was."""
        facts = self._facts(file_id)
        return str(facts["version"]) if facts else None

    def keep(
        self,
        con: duckdb.DuckDBPyConnection,
        arrival: Arrival,
        version: str,
        kind: Recognised,
        reading: Reading,
    ) -> None:
        """Write the reading without personal data; a reading kept before is replaced whole.

        Raises:
            Refused: the database reads other rows than the reader did.
        """
        file_id, name = arrival.file_id, arrival.name
        kept, lost = _kept(kind), _lost(kind)
        read = {place: f"c{place}" for place in (*kept, *(p for p in lost if p not in kept))}
        reading.load(con, "cells_to_keep", read)
        cards = " or ".join(f"has_card(c{place})" for place in lost) or "false"
        kept[len(kind.header)] = f"case when {cards} then {literal(CARD)} end"
        selected = ", ".join(f"{sql} as c{place}" for place, sql in kept.items())
        with whole_file(self._path(file_id, "parquet")) as draft:
            con.execute(
                f"copy (select line_no, {selected} from cells_to_keep)"
                f" to {literal(str(draft))} (format parquet, parquet_version v2)"
            )
            con.execute("drop view cells_to_keep")
            [counted] = con.execute(
                "select count(*), count(*) filter (line_no is null) from read_parquet(?)",
                [str(draft)],
            ).fetchall()
            require_alike(name, reading.rows, counted)
        hidden = [asdict(row) | {"raw": ""} for row in reading.damaged]
        self._write(
            file_id,
            version=version,
            header=kind.header,
            header_line=kind.header_line,
            part=kind.part,
            delimiter=kind.delimiter,
            how=reading.how,
            rows=reading.rows,
            damaged=hidden,
            other_lines=reading.other_lines,
            repeated_headers=reading.repeated_headers,
            notes=dict(reading.notes),
        )

    def keep_refusal(self, file_id: str, version: str, refused: Refused) -> None:
        """Write why the file was refused, so that it is known when its bytes are gone."""
        self._write(file_id, version=version, code=refused.code, message=refused.message)

    def get(self, arrival: Arrival, export: Export, currency: str) -> tuple[Recognised, Reading]:
        """Return the reading as `export` sees it now.

        Raises:
            Refused: the file was refused, or the export asks for columns that it has not.
        """
        facts = self._facts(arrival.file_id)
        if facts is None:
            raise gone(arrival)
        if "code" in facts:
            raise RefusedAs(export, facts["code"], facts["message"])
        kind = of_header(
            arrival.name,
            export,
            facts["header"],
            facts["header_line"],
            facts["part"],
            currency,
            facts.get("delimiter", ""),
        )
        return kind, RedactedReading(
            self._path(arrival.file_id, "parquet"),
            facts["rows"],
            tuple(DamagedRow(**row) for row in facts["damaged"]),
            tuple(facts["other_lines"]),
            tuple(facts.get("repeated_headers", ())),
            facts["notes"],
            facts["how"],
            len(facts["header"]),
        )

    def refusal(self, file_id: str) -> tuple[str, str] | None:
        """Return code and message of a refused file."""
        facts = self._facts(file_id)
        return (facts["code"], facts["message"]) if facts and "code" in facts else None

    def forget(self, con: duckdb.DuckDBPyConnection, token: str) -> tuple[list[str], list[str]]:
        """Blank every cell that is the hash `token`, and the hashes of phone and address next to it.

        Return the ids of the files it was in, and those other hashes: they are the same person's.
        """
        found_in, others = [], set[str]()
        for path in sorted(self.root.glob("*.parquet")):
            columns = _text_columns(con, path)
            theirs = " or ".join(f"{c} is not distinct from {literal(token)}" for c in columns)
            hashes = con.execute(
                f"select distinct cell from (select unnest([{', '.join(columns) or 'null'}]) as cell"
                f" from read_parquet(?) where {theirs or 'false'}) where is_token(cell)",
                [str(path)],
            ).fetchall()
            if hashes:
                others |= {cell for (cell,) in hashes} - {token}
                blanked = ", ".join(
                    f"case when {c} = {literal(token)} then null"
                    f" when is_token({c}) and ({theirs}) then 'x' else {c} end as {c}"
                    for c in columns
                )
                with whole_file(path) as draft:
                    con.execute(
                        f"copy (select line_no, {blanked} from read_parquet({literal(str(path))}))"
                        f" to {literal(str(draft))} (format parquet)"
                    )
                found_in.append(path.stem)
        return found_in, sorted(others)

    def _path(self, file_id: str, suffix: str) -> Path:
        return self.root / f"{file_id}.{suffix}"

    def _facts(self, file_id: str) -> dict[str, Any] | None:
        path = self._path(file_id, "json")
        if not path.exists():
            return None
        facts: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return facts

    def _write(self, file_id: str, **facts: object) -> None:
        write_whole(self._path(file_id, "json"), json.dumps(facts, ensure_ascii=False))


def _text_columns(con: duckdb.DuckDBPyConnection, path: Path) -> list[str]:
    """Return the columns of a reading that hold cells."""
    described = con.execute("describe from read_parquet(?)", [str(path)]).fetchall()
    return [name for name, type_, *_ in described if type_ == "VARCHAR"]


def _kept(kind: Recognised) -> dict[int, str]:
    """Return the positions whose cells are kept, each with the SQL of what is left of it."""
    places = {place: kind.export.columns[ours] for ours, place in kind.places.items()}
    kept = {}
    for place in kind.known:
        column = places.get(place)
        cell = f"c{place}"
        if column and column.personal:
            kept[place] = redacted(cell, column)
        elif column.may_hold_card if column else place in kind.others:
            kept[place] = f"case when has_card({cell}) then {literal(CARD)} else {cell} end"
        else:
            kept[place] = cell
    return kept


def _lost(kind: Recognised) -> list[int]:
    """Return the positions whose cells are not kept as they are: a card number in one is noted."""
    personal = [place for o, place in kind.places.items() if kind.export.columns[o].personal]
    known = set(kind.known)
    return [*personal, *(place for place in kind.others if place not in known)]


def redacted(cell: str, column: Column) -> str:
    """Return SQL for what is left of a personal cell; what is left of that again is the same."""
    match column.keeps:
        case "presence":
            return f"case when {cells.trimmed(cell)} is not null then 'x' end"
        case "hash":
            return f"keyed_token({cell})"
        case "phone":
            return f"phone_token({cells.trimmed(cell)})"
        case "address":
            return f"address_token({cells.trimmed(cell)})"
        case structure if structure.startswith(JSON):
            shape = literal(structure.removeprefix(JSON))
            return f"cast(to_json(from_json(try_cast({cell} as json), {shape})) as varchar)"
        case pattern:
            return f"nullif(regexp_extract({cell}, {literal(pattern)}), '')"
