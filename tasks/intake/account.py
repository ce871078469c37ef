"""Account: every row that was read is accepted, quarantined or no data, and so is every file."""

from collections.abc import Collection, Sequence
from dataclasses import replace

import duckdb

from tasks.intake.failed import LOST, OneFileFailed
from tasks.intake.judge import Judged
from tasks.intake.landing import NOTHING_USED, Landed, record, record_results
from tasks.intake.quarantine import DROPPED
from tasks.intake.report import Report
from tasks.intake.typing_sql import version_of
from tasks.reading import cells
from tasks.reading.peek import Refused
from tasks.run.night import Night
from tasks.warehouse.connection import has_table


def account_for(
    con: duckdb.DuckDBPyConnection,
    night: Night,
    report: Report,
    judged: Judged,
    landed: Sequence[Landed],
) -> list[Landed]:
    """Hold every file to its rows, refuse those of which none is used, and note what became of each.

    Raises:
        OneFileFailed: a row of it was lost or doubled; nothing of the file is kept.
    """
    counted = _counted(con, report, landed)
    staged = _staged(con, report, counted)
    settled = [
        _without_rows(con, judged, file)
        if file.status == "accepted" and file.arrival.file_id not in staged
        else file
        for file in counted
    ]
    record(con, report.export, version_of(report), settled)
    record_results(con, night, report.export, judged.outcomes)
    return settled


def _counted(
    con: duckdb.DuckDBPyConnection, report: Report, landed: Sequence[Landed]
) -> list[Landed]:
    """Return the files with all their rows that are no data: read = accepted + quarantined + no data."""
    taken = [file.arrival.file_id for file in landed if file.status == "accepted"]
    accepted: dict[str, int] = {}
    summaries: dict[str, int] = {}
    if has_table(con, report.export.table):
        passed = f"{report.export.table} anti join landing.quarantine using (file_id, line_no)"
        accepted = _lines(con, report, f"{passed} where row_kind = 'data'", taken)
        # A failing summary line is quarantined; any other is no data, though it feeds a table.
        summaries = _lines(con, report, f"{passed} where row_kind != 'data'", taken)
    quarantined = _lines(con, report, "landing.quarantine where true", taken, "distinct line_no")
    counted = []
    for file in landed:
        file_id = file.arrival.file_id
        if file.status != "accepted":
            counted.append(file)
            continue
        whole = replace(file, rows_non_data=file.rows_non_data + summaries.get(file_id, 0))
        good, bad = accepted.get(file_id, 0), quarantined.get(file_id, 0)
        if whole.rows_read != good + bad + whole.rows_non_data:
            lost = Refused(
                LOST,
                f"{file.arrival.name}: {whole.rows_read} rows were read, but {good} are accepted,"
                f" {bad} quarantined and {whole.rows_non_data} no data. Nothing of it is used. Keep"
                " the file and report this.",
            )
            raise OneFileFailed(file_id, lost)
        counted.append(whole)
    return counted


def _staged(
    con: duckdb.DuckDBPyConnection, report: Report, landed: Sequence[Landed]
) -> frozenset[str]:
    """Return the files of which a row is staged."""
    taken = [file.arrival.file_id for file in landed if file.status == "accepted"]
    if not taken or not has_table(con, report.export.table):
        return frozenset()
    return frozenset(_lines(con, report, f"{report.export.table} where true", taken))


def _without_rows(con: duckdb.DuckDBPyConnection, judged: Judged, file: Landed) -> Landed:
    """Return the file, of which no row is staged: refused, with the reason of most of its rows.

    A file without any row in the quarantine holds none, and stays accepted.
    """
    found = con.execute(
        "select reason, any_value(column_name), count(distinct line_no) as lines"
        " from landing.quarantine where file_id = ? and reason != ?"
        " group by reason order by lines desc, reason limit 1",
        [file.arrival.file_id, DROPPED],
    ).fetchall()
    if not found:
        return file
    [(reason, column, lines)] = found
    rule = next((r for r in judged.rules if r.reason == reason), None)
    rule = rule or (cells.BLANK if reason == "blank_cell" else cells.UNREADABLE)
    named = f"{reason.replace('_', ' ')}{f' ({column})' if column else ''}"
    return replace(
        file,
        status="rejected",
        code=NOTHING_USED,
        reason=(
            f"{file.arrival.name}: none of its rows can be used. {lines} of them: {named}."
            f" {rule.why} To fix: {rule.fix}"
        ),
    )


def _lines(
    con: duckdb.DuckDBPyConnection,
    report: Report,
    source: str,
    files: Collection[str],
    what: str = "*",
) -> dict[str, int]:
    """Return how many lines of each of the `files` are in `source`."""
    what = "distinct line_no" if report.export.is_unpivoted else what
    rows = con.execute(
        f"select file_id, count({what}) from {source} and list_contains(?, file_id) group by all",
        [list(files)],
    )
    return dict(rows.fetchall())
