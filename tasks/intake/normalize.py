"""Normalize: the new files of one report, from bytes in raw to judged rows in its staged table.

Four steps hand a value on: read the files, judge their rows, place these, account for them. A row
is staged, or quarantined with its line and every reason; a file is accepted, or refused whole. One
transaction a report: a kill leaves all of it done, or nothing.
"""

from collections.abc import Mapping, Sequence
from functools import partial

import duckdb

from config.export import Export
from tasks.archive.originals import export_version, refusal, seal, seal_known
from tasks.archive.raw import Arrival, Raw
from tasks.intake.account import account_for
from tasks.intake.due import files_due
from tasks.intake.failed import OneFileFailed
from tasks.intake.judge import judge_rows
from tasks.intake.landing import Landed, noted, record
from tasks.intake.place import place_rows
from tasks.intake.read import read_files
from tasks.intake.report import report_of
from tasks.reading.peek import Refused
from tasks.run.night import Night
from tasks.warehouse.connection import transaction, within_memory


def normalize(
    con: duckdb.DuckDBPyConnection, night: Night, export: Export, arrivals: Sequence[Arrival]
) -> list[Landed]:
    """Stage every file of `arrivals` that is not staged yet as `export` reads it now.

    When the export's own file changed, all its files are read again from raw, and the result is as
    if the mapping had been right from the start. Running it twice changes nothing.
    """
    seal_known(night.shop, arrivals)  # what a kill left open
    failed: dict[str, Refused] = {}
    while True:
        try:
            landed = within_memory(
                con, partial(_in_one_transaction, con, night, export, arrivals, failed)
            )
            break
        except OneFileFailed as file:  # rolled back: once more, without what that file holds
            failed[file.file_id] = file.refused
    seal_known(night.shop, arrivals)
    return landed


def _in_one_transaction(
    con: duckdb.DuckDBPyConnection,
    night: Night,
    export: Export,
    arrivals: Sequence[Arrival],
    failed: Mapping[str, Refused],
) -> list[Landed]:
    """Do it all or not at all; the files that `failed` are refused unread."""
    report = report_of(night, export)
    everything = Raw(night.shop.folder.raw).arrivals(night.moment)
    with transaction(con):
        due = files_due(con, report, arrivals, everything)
        if not due:
            return []
        landed = read_files(con, report, due, failed)
        judged = judge_rows(con, report, landed)
        place_rows(con, report, judged)
        return account_for(con, night, report, judged, landed)


def record_refused(
    con: duckdb.DuckDBPyConnection, night: Night, arrivals: Sequence[Arrival]
) -> list[Landed]:
    """Record the files that no export could take, each with its reason."""
    with transaction(con):
        known = {file.file_id for file in noted(con, "")}
        landed = []
        for arrival in arrivals:
            if arrival.file_id not in known:
                code, reason = refusal(night.shop, arrival)
                landed.append(Landed(arrival, arrival.modified_at, "rejected", code, reason))
        record(con, None, export_version(None), landed)
    for arrival in arrivals:
        seal(night.shop, arrival)
    return landed
