"""Read: the new files of one report, each from its bytes to typed rows at the gate, or refused whole."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import duckdb

from config.correction import Correction
from tasks.archive.originals import Source
from tasks.archive.raw import Arrival
from tasks.archive.readings import RedactedReading
from tasks.intake import file_checks
from tasks.intake.correction_sql import CORRECTED, corrected
from tasks.intake.due import Due
from tasks.intake.failed import OURS, one_file_failed
from tasks.intake.grammar import grammar_of
from tasks.intake.landing import Landed, record_corrections
from tasks.intake.open_file import CELLS, OpenFile
from tasks.intake.quarantine import quarantine_dropped
from tasks.intake.report import Report
from tasks.intake.typing_sql import Fact, all_facts, first_facts, typed_rows
from tasks.reading.peek import Refused, one_file
from tasks.reading.reading import Reading
from tasks.reading.recognised import Recognised
from tasks.warehouse.connection import has_table, insert_into


def read_files(
    con: duckdb.DuckDBPyConnection,
    report: Report,
    due: Sequence[Due],
    failed: Mapping[str, Refused],
) -> tuple[Landed, ...]:
    """Read every file into the gate, or refuse it whole; those that `failed` before are not opened.

    Raises:
        OneFileFailed: a file failed by a fault of ours, and left nobody knows what.
    """
    return tuple(
        _read_or_refuse(con, report, file, number, failed) for number, file in enumerate(due)
    )


def _read_or_refuse(
    con: duckdb.DuckDBPyConnection,
    report: Report,
    due: Due,
    number: int,
    failed: Mapping[str, Refused],
) -> Landed:
    arrival = due.arrival
    if due.original:
        reason = f"{arrival.name} holds the same bytes as {due.original}; it is read once."
        return Landed(arrival, due.exported_at, "duplicate", "duplicate_file", reason)
    landed = Landed(arrival, due.exported_at)
    try:
        if arrival.file_id in failed:
            raise failed[arrival.file_id]
        with one_file(arrival.name):
            typed = _type_file(con, report, due, number)
            landed = _as_typed(landed, typed)
            return _checked(con, report, landed, typed)
    except Refused as refused:
        if refused.code in OURS and arrival.file_id not in failed:
            raise one_file_failed(arrival.file_id, refused) from refused
        if has_table(con, report.gate):
            _clear(con, report, arrival.file_id)
        return replace(landed, status="rejected", code=refused.code, reason=refused.message)


@dataclass(frozen=True)
class _Typed:
    """A file whose rows are at the gate as it states them; nothing is held against it yet.

    `rows_again` counts those below a repeated header that repeat rows above it.
    """

    file: OpenFile
    reading: Reading
    rows_again: int
    corrections: tuple[Correction, ...]


def _type_file(con: duckdb.DuckDBPyConnection, report: Report, due: Due, number: int) -> _Typed:
    """Type the file's rows into the gate, and note in `CORRECTED` which of them a correction is about.

    A file with a card number in a cell is read again, from its reading without it.
    """
    arrival, name = due.arrival, due.arrival.name
    corrections = tuple(c for c in report.corrections if c.is_about(name, arrival.sha256))
    with _open(con, report, arrival) as (kind, reading):
        grammar = grammar_of(con, report, kind, name)
        file = OpenFile(arrival.file_id, due.exported_at, kind, grammar, number)
        _type(con, report, file)
        if corrections:
            rows = corrected(report, file, corrections)
            con.execute(f"create or replace temp table {CORRECTED} as {rows}")
        again = file_checks.count_again(con, kind, reading.repeated_headers)
    if isinstance(reading, RedactedReading) or not _has_card(con, report, file):
        return _Typed(file, reading, again, corrections)
    _clear(con, report, file.file_id)
    Source(report.shop, report.export).redact(con, arrival)
    return _type_file(con, report, due, number)


def _as_typed(landed: Landed, typed: _Typed) -> Landed:
    """Return the file with how it was read, and the rows that it has."""
    reading, file = typed.reading, typed.file
    others = len(reading.other_lines)
    return replace(
        landed,
        reading=f"{reading.how}, {file.grammar}, header on line {file.kind.header_line}",
        rows_read=reading.rows + len(reading.damaged) + others,
        rows_non_data=others,
        warnings="; ".join(file.kind.warnings),
        damaged=reading.damaged,
    )


def _checked(
    con: duckdb.DuckDBPyConnection, report: Report, landed: Landed, typed: _Typed
) -> Landed:
    """Hold the file to all that must be true of it as a whole, and apply its corrections.

    Raises:
        Refused: the whole file is of no use; its rows are still at the gate.
    """
    file, reading, name = typed.file, typed.reading, landed.arrival.name
    file_checks.require_every_row(con, report, file, name, reading)
    file_checks.require_once(report, name, reading.repeated_headers, typed.rows_again)
    file_checks.require_usable(con, report, file, name, reading)
    unfed = _take_out_unfed(con, report, file)
    proof = file_checks.proof(con, report, file, reading.notes)
    if typed.corrections:
        unfed = _correct(con, report, landed.arrival, file, typed.corrections, unfed)
    return replace(
        landed,
        rows_non_data=landed.rows_non_data + unfed,
        completeness=proof.completeness,
        controls=proof.controls,
    )


@contextmanager
def _open(
    con: duckdb.DuckDBPyConnection, report: Report, arrival: Arrival
) -> Iterator[tuple[Recognised, Reading]]:
    """Give what a file is, its cells being in `CELLS`."""
    with Source(report.shop, report.export).read(con, arrival) as (kind, reading):
        scanned = (reading.card_place,) if isinstance(reading, RedactedReading) else kind.others
        kind = replace(kind, scanned=scanned)
        read = dict.fromkeys((*kind.places.values(), *kind.unpivoted, *scanned))
        reading.load(con, CELLS, {place: f"c{place}" for place in read})
        yield kind, reading


def _type(
    con: duckdb.DuckDBPyConnection,
    report: Report,
    file: OpenFile,
    corrections: Sequence[Correction] = (),
) -> None:
    """Type the rows of an open file into the gate.

    What it says once for all its rows is in the first of them as a rule. Should all its rows say
    otherwise, they are typed again by that.
    """
    if not report.export.file_level:
        insert_into(con, report.gate, typed_rows(report, file, corrections=corrections))
        return
    facts = _facts(con, first_facts(report, file, corrections))
    insert_into(con, report.gate, typed_rows(report, file, facts, corrections))
    if (of_all := _facts(con, all_facts(report), file.file_id)) != facts:
        _clear(con, report, file.file_id)
        insert_into(con, report.gate, typed_rows(report, file, of_all, corrections))


def _facts(con: duckdb.DuckDBPyConnection, query: str, *parameters: str) -> tuple[Fact, ...]:
    found = con.execute(query, parameters).fetchall()[0]
    return tuple(map(Fact, found[::2], found[1::2]))


def _has_card(con: duckdb.DuckDBPyConnection, report: Report, file: OpenFile) -> bool:
    rows = f"select 1 from {report.gate} where file_id = ? and cards > 0 limit 1"
    return bool(con.execute(rows, [file.file_id]).fetchall())


def _clear(con: duckdb.DuckDBPyConnection, report: Report, file_id: str) -> None:
    """Take the file's rows out of the gate."""
    con.execute(f"delete from {report.gate} where file_id = ?", [file_id])


def _take_out_unfed(con: duckdb.DuckDBPyConnection, report: Report, file: OpenFile) -> int:
    """Take the rows that feed no table out of the gate; return how many."""
    unfed = f"from {report.gate} where file_id = ? and not is_fed"
    (rows,) = con.execute(f"select count(*) {unfed}", [file.file_id]).fetchall()[0]
    con.execute(f"delete {unfed}", [file.file_id])
    return int(rows)


def _correct(
    con: duckdb.DuckDBPyConnection,
    report: Report,
    arrival: Arrival,
    file: OpenFile,
    corrections: Sequence[Correction],
    unfed: int,
) -> int:
    """Type the file's rows again with the corrections that they need; return how many feed no table.

    `CORRECTED` has the rows; which corrections were applied is noted. The file itself was judged by
    what it says: a correction neither proves nor breaks it. Without any that applies, nothing
    changes, nor do the `unfed`.
    """
    record_corrections(con, report.export, file.file_id, CORRECTED)
    applied = con.execute(
        f"select distinct correction_id from {CORRECTED} where is_applied"
    ).fetchall()
    if applied:
        names = {name for (name,) in applied}
        # A row that feeds no table is no data, dropped or not.
        con.execute(
            f"delete from {CORRECTED} where is_drop"
            f" and row_no not in (select row_no from {report.gate})"
        )
        dropped = f"(select row_no, correction_id from {CORRECTED} where is_applied and is_drop)"
        quarantine_dropped(con, report, dropped)
        _clear(con, report, file.file_id)
        with _open(con, report, arrival) as (kind, _):
            needed = [each for each in corrections if each.correction_id in names]
            _type(con, report, replace(file, kind=kind), needed)
        unfed = _take_out_unfed(con, report, file)
    con.execute(f"drop table {CORRECTED}")
    return unfed
