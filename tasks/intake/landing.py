"""Landing: what became of each file, and of each row that was set aside, in `landing.*`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import duckdb

from config.export import Export
from tasks.archive.raw import Arrival
from tasks.checks.gate import Outcome
from tasks.reading.reading import DamagedRow
from tasks.run.night import Night

NOTHING_USED = "no_row_accepted"  # each of its rows is quarantined, and counted


@dataclass
class Landed:
    """What became of one file."""

    arrival: Arrival
    exported_at: datetime
    status: Literal["accepted", "rejected", "duplicate"] = "accepted"
    code: str = ""
    reason: str = ""
    reading: str = ""
    rows_read: int = 0
    rows_non_data: int = 0
    completeness: Literal["proven", "broken", "unproven"] = "unproven"
    controls: str = ""  # what the file states of itself and what its rows say
    warnings: str = ""  # how its header differs from the one that is declared
    damaged: tuple[DamagedRow, ...] = ()


@dataclass(frozen=True)
class Noted:
    """What `landing.files` says of a file: as which mapping and moment it was taken, and how."""

    file_id: str
    version: str
    exported_at: datetime
    status: str
    code: str


def noted(con: duckdb.DuckDBPyConnection, report: str) -> list[Noted]:
    """Return what is known of the files of `report`."""
    rows = con.execute(
        "select file_id, export_version, exported_at, status, code from landing.files where report = ?",
        [report],
    ).fetchall()
    return [Noted(*row) for row in rows]


def forget(con: duckdb.DuckDBPyConnection, file_ids: Sequence[str]) -> None:
    """Drop what is known of these files."""
    for table in ("landing.quarantine", "landing.corrections", "landing.files"):
        con.executemany(f"delete from {table} where file_id = ?", [(file,) for file in file_ids])


def record(
    con: duckdb.DuckDBPyConnection, export: Export | None, version: str, landed: Sequence[Landed]
) -> None:
    """Note each file, once its rows at fault are in the quarantine."""
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
