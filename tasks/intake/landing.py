"""Landing: what became of each file, in `landing.*`."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import duckdb

from config.export import Export
from tasks.archive.raw import Arrival
from tasks.checks.gate import Outcome
from tasks.reading.reading import DamagedRow
from tasks.run.night import Night
from tasks.warehouse.connection import transaction
from tasks.warehouse.tables import fetch, insert

NOTHING_USED = "no_row_accepted"  # each of its rows is quarantined, and counted


Completeness = Literal["proven", "broken", "unproven"]


@dataclass(frozen=True)
class Landed:
    """What became of one file; `rows_read` = accepted + quarantined + `rows_non_data`."""

    arrival: Arrival
    exported_at: datetime
    status: Literal["accepted", "rejected", "duplicate"] = "accepted"
    code: str = ""
    reason: str = ""
    reading: str = ""
    rows_read: int = 0
    rows_non_data: int = 0
    completeness: Completeness = "unproven"
    controls: str = ""  # what the file states of itself and what its rows say
    warnings: str = ""  # how its header differs from the one that is declared
    damaged: tuple[DamagedRow, ...] = ()


@dataclass(frozen=True)
class LeftInPlace:
    """A file that a pull left where it is, and why."""

    address: str
    name: str
    bytes: int
    reason: str


@dataclass(frozen=True)
class Noted:
    """What `landing.files` says of a file: as which mapping and moment it was taken, and how."""

    file_id: str
    version: str
    exported_at: datetime
    status: str
    code: str


def noted(con: duckdb.DuckDBPyConnection, report: str) -> tuple[Noted, ...]:
    """Return what is known of the files of `report`."""
    return fetch(
        con,
        Noted,
        "select file_id, export_version as version, exported_at, status, code"
        " from landing.files where report = ?",
        [report],
    )


def forget(con: duckdb.DuckDBPyConnection, file_ids: Sequence[str]) -> None:
    """Drop what is known of these files."""
    for table in ("landing.quarantine", "landing.corrections", "landing.files"):
        con.executemany(f"delete from {table} where file_id = ?", [(file,) for file in file_ids])


def record(
    con: duckdb.DuckDBPyConnection, export: Export | None, version: str, landed: Sequence[Landed]
) -> None:
    """Note each file, once its failing rows are in the quarantine."""
    for file in landed:
        is_in = file.status == "accepted" or file.code == NOTHING_USED
        arrival = file.arrival
        con.execute(
            "insert into landing.files values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ("
            " select count(distinct line_no) from landing.quarantine where file_id = ?), ?, ?, ?)",
            [
                arrival.file_id, arrival.sha256, export.name if export else "",
                export.platform if export else "", arrival.name, arrival.address, arrival.bytes,
                file.exported_at, arrival.received_at, file.status, file.code, file.reason,
                file.reading, version, file.rows_read if is_in else 0,
                file.rows_non_data if is_in else 0, arrival.file_id,
                file.completeness if is_in else None, file.controls, file.warnings,
            ],
        )  # fmt: skip


def record_corrections(
    con: duckdb.DuckDBPyConnection, export: Export, file_id: str, corrected: str
) -> None:
    """Note which corrections were applied to which lines of a file, and which to none that they are about.

    `corrected` is a table (line_no, correction_id, is_applied).
    """
    con.execute(
        "insert into landing.corrections"
        f" select distinct $file, line_no, $report, correction_id, true from {corrected} where is_applied"
        f" union all select $file, min(line_no), $report, correction_id, false from {corrected}"
        " group by correction_id having not bool_or(is_applied)",
        {"file": file_id, "report": export.name},
    )


def record_left(con: duckdb.DuckDBPyConnection, left: Iterable[LeftInPlace]) -> None:
    """Note the files that the last pull left where they are, in place of those of the pull before."""
    with transaction(con):
        con.execute("delete from landing.left_alone")
        insert(
            con,
            "landing.left_alone",
            [(file.address, file.name, file.bytes, file.reason) for file in left],
        )


def record_results(
    con: duckdb.DuckDBPyConnection, night: Night, export: Export, outcomes: Sequence[Outcome]
) -> None:
    """Note how each expectation of the export fared tonight."""
    for outcome in outcomes:
        con.execute(
            "insert into landing.expectation_results"
            " values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                night.run_id, night.moment, f"{export.name} at the gate", outcome.reason,
                export.name, export.station, outcome.severity, outcome.success, outcome.observed,
                outcome.threshold, outcome.element_count, outcome.unexpected_count,
            ],
        )  # fmt: skip
