"""Normalize: the new files of one report, from bytes in raw to judged rows in its staged table.

Great Expectations judges all new files of a report at once, on the very connection that loads them.
A row is staged, or set aside in `landing.quarantine` with its line and every reason; a file is
accepted, or refused whole. One transaction a report: a kill leaves all of it done, or nothing.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, time, timedelta
from functools import partial

import duckdb

from config.correction import Correction, load_corrections
from config.expectation import Expectation
from config.export import Export
from config.shop import Shop
from tasks.archive.originals import Source, export_version, refusal, seal, seal_known
from tasks.archive.raw import Arrival, Raw
from tasks.archive.readings import GONE, RedactedReading
from tasks.checks.gate import Outcome, judge
from tasks.intake import quarantine
from tasks.intake.gate_sql import CORRECTED, NEVER_STAGED, SAMPLE, GateSql
from tasks.intake.landing import NOTHING_USED, Landed, forget, noted, record, record_results
from tasks.reading import cells
from tasks.reading.cells import Grammar
from tasks.reading.peek import UNREADABLE, Refused, one_file
from tasks.reading.reading import DISAGREE, DamagedRow, Reading, require_alike
from tasks.reading.recognise import Recognised, RefusedAs
from tasks.run.night import Night
from tasks.warehouse.connection import frugally, has_table, insert_into, transaction

FEW_TOLD = 3  # lines
MOST_TOLD = 20  # controls of one file that are told one by one
LOST = "row_lost"
FAILED = {UNREADABLE, DISAGREE, LOST, GONE}  # by a fault of ours: tried again every night
FEW = 20  # rows: below it a share says nothing about a file
REPEATED = Expectation(
    reason="repeated_key",
    fails_where="key_repeat > 1",
    why="The file says two things of one thing; the later row was taken, as a correction.",
    fix="Remove one of the two rows where the file comes from and export again.",
)


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
            landed = _with_little_memory(con, night, export, arrivals, failed)
            break
        except _OneFileFailed as file:  # rolled back: once more, without what that file holds
            failed[file.file_id] = file.refused
    seal_known(night.shop, arrivals)
    return landed


class _OneFileFailed(Exception):  # noqa: N818, says which
    """A file that failed amid the transaction of its report, which has to begin again."""

    def __init__(self, file_id: str, refused: Refused) -> None:
        super().__init__(file_id)
        self.file_id, self.refused = file_id, refused


def _with_little_memory(
    con: duckdb.DuckDBPyConnection,
    night: Night,
    export: Export,
    arrivals: Sequence[Arrival],
    failed: Mapping[str, Refused],
) -> list[Landed]:
    """Do it with little memory, or, where that is not enough, with all that there is."""
    try:
        with frugally(con):
            return _normalize(con, night, export, arrivals, failed, is_last_try=False)
    except duckdb.OutOfMemoryException:  # rolled back
        return _normalize(con, night, export, arrivals, failed)


def _normalize(
    con: duckdb.DuckDBPyConnection,
    night: Night,
    export: Export,
    arrivals: Sequence[Arrival],
    failed: Mapping[str, Refused],
    *,
    is_last_try: bool = True,
) -> list[Landed]:
    """Do it in one transaction; the files that `failed` are refused unread."""
    corrections = _in_force(night, export)
    version = _version(night.shop, export, corrections)
    copies = duplicates(Raw(night.shop.folder.raw).arrivals(night.moment))
    with transaction(con):
        todo = _not_staged(con, night.shop, export, arrivals, copies, version)
        if not todo:
            return []
        gate = _Gate(con, night.shop, export, failed, corrections, is_last_try=is_last_try)
        landed = [gate.take(arrival, copies.get(arrival.file_id)) for arrival in todo]
        outcomes = gate.judge_rows()
        gate.stage()
        gate.account(landed)
        gate.refuse_empty(landed)
        record(con, export, version, landed)
        record_results(con, night, export, outcomes)
    return landed


def record_refused(
    con: duckdb.DuckDBPyConnection, night: Night, arrivals: Sequence[Arrival]
) -> list[Landed]:
    """Record the files that no export could take, each with its reason."""
    with transaction(con):
        known = {file.file_id for file in noted(con, "")}
        landed = [_refused(a, night.shop) for a in arrivals if a.file_id not in known]
        record(con, None, export_version(None), landed)
    for arrival in arrivals:
        seal(night.shop, arrival)
    return landed


def exported_at(arrival: Arrival, export: Export | None, shop: Shop) -> datetime:
    """Return when a file was true: the day its name says where the export goes by it, else its time.

    A dated snapshot holds until the end of its day, but never beyond the file's own time.
    """
    if export and export.dated_by_name and (found := re.search(export.dated_by_name, arrival.name)):
        day = datetime.fromisoformat(found[1]).date()
        midnight = datetime.combine(day + timedelta(days=1), time(), tzinfo=shop.zone)
        return min(arrival.modified_at, midnight - timedelta(seconds=1))
    return arrival.modified_at


def duplicates(arrivals: Sequence[Arrival]) -> dict[str, str]:
    """Return file ids of arrivals whose bytes another arrival holds, with that one's name.

    The oldest is the original, among equals the shortest name ("x.txt" before "x (1).txt"): which
    it is does not depend on the order of landing.
    """
    originals: dict[tuple[str, str], Arrival] = {}
    copies = {}
    for arrival in sorted(arrivals, key=lambda a: (a.modified_at, len(a.name), a.name)):
        original = originals.setdefault((arrival.sha256, arrival.part), arrival)
        if original.file_id != arrival.file_id:
            copies[arrival.file_id] = original.name
    return copies


Facts = tuple[tuple[str | None, str], ...]  # value and type


class _Gate:
    """The temporary table in which one report's new rows wait for the verdict."""

    def __init__(
        self,
        con: duckdb.DuckDBPyConnection,
        shop: Shop,
        export: Export,
        failed: Mapping[str, Refused],
        corrections: Sequence[Correction],
        *,
        is_last_try: bool,
    ) -> None:
        self.con, self.shop, self.export = con, shop, export
        self.failed, self.is_last_try = failed, is_last_try
        self.corrections = corrections
        self.sql = GateSql(shop, export)
        self.table = self.sql.table
        self.source = Source(shop, export)
        self.files = 0  # read into the gate
        self.damaged: list[tuple[str, DamagedRow]] = []
        self.rules = self._rules()
        self.faults = ""

    def take(self, arrival: Arrival, original: str | None) -> Landed:
        """Read one file into the gate, or refuse it whole."""
        landed = Landed(arrival, exported_at(arrival, self.export, self.shop))
        if original:
            landed.status, landed.code = "duplicate", "duplicate_file"
            landed.reason = f"{arrival.name} holds the same bytes as {original}; it is read once."
            return landed
        try:
            if arrival.file_id in self.failed:
                raise self.failed[arrival.file_id]
            with one_file(arrival.name):
                self._read(landed)
        except Refused as refused:
            if refused.code in FAILED and arrival.file_id not in self.failed:
                cause = refused.__cause__
                if isinstance(cause, duckdb.OutOfMemoryException) and not self.is_last_try:
                    raise cause from None
                # What it left amid the transaction cannot be told, so nothing of that is kept.
                raise _OneFileFailed(arrival.file_id, refused) from refused
            landed.status, landed.code, landed.reason = "rejected", refused.code, refused.message
            if self.files:
                self.con.execute(f"delete from {self.table} where file_id = ?", [arrival.file_id])
        else:
            self.damaged += [(arrival.file_id, row) for row in landed.damaged]
        return landed

    def _read(self, landed: Landed) -> None:
        arrival, number = landed.arrival, self.files
        corrections = [c for c in self.corrections if c.is_about(arrival.name, arrival.sha256)]
        with self._laid_open(arrival) as (kind, reading):
            is_redacted = isinstance(reading, RedactedReading)
            grammar = self._grammar(landed, kind)
            landed.reading = f"{reading.how}, {grammar}, header on line {kind.header_line}"
            landed.warnings = "; ".join(kind.warnings)
            landed.damaged = reading.damaged
            landed.rows_non_data = len(reading.other_lines)
            landed.rows_read = reading.rows + len(reading.damaged) + landed.rows_non_data
            self._insert(landed, kind, grammar, number)
            if corrections:
                rows = self.sql.corrected(kind, grammar, corrections, number=number)
                self.con.execute(f"create or replace temp table {CORRECTED} as {rows}")
        self.files += 1
        if not is_redacted and self._has_card(arrival):
            self.con.execute(f"delete from {self.table} where file_id = ?", [arrival.file_id])
            self.source.redact(self.con, arrival)
            self._read(landed)
            return
        self._check_count(landed, reading)
        self._check_doubled(landed, kind, reading.repeated_headers)
        self._check_file(landed, kind)
        self._check_controls(landed, reading.notes)
        if corrections:
            self._correct(landed, grammar, number, corrections)

    @contextmanager
    def _laid_open(self, arrival: Arrival) -> Iterator[tuple[Recognised, Reading]]:
        """Give what a file is, its cells being in `cells_as_text`."""
        with self.source.read(self.con, arrival) as (kind, reading):
            scanned = (reading.card_place,) if isinstance(reading, RedactedReading) else kind.others
            kind = replace(kind, scanned=scanned)
            read = dict.fromkeys((*kind.places.values(), *kind.unpivoted, *scanned))
            columns = {place: f"c{place}" for place in read}
            reading.load(self.con, "cells_as_text", columns)
            yield kind, reading

    def _correct(
        self, landed: Landed, grammar: Grammar, number: int, corrections: Sequence[Correction]
    ) -> None:
        """Type the file's rows anew with the corrections that they need, and note which those are.

        The file itself was judged by what it says: a correction neither proves nor breaks it.
        """
        file_id, report = landed.arrival.file_id, self.export.name
        self.con.execute(
            "insert into landing.corrections"
            f" select distinct ?, line_no, ?, correction_id, true from {CORRECTED} where is_applied"
            f" union all select ?, min(line_no), ?, correction_id, false from {CORRECTED}"
            " group by correction_id having not bool_or(is_applied)",
            [file_id, report, file_id, report],
        )
        needed = self.con.execute(
            f"select distinct correction_id from {CORRECTED} where is_applied"
        ).fetchall()
        if needed:
            names = {name for (name,) in needed}
            # A row that feeds no table is no data, dropped or not.
            self.con.execute(
                f"delete from {CORRECTED} where is_drop and row_no not in (select row_no from {self.table})"
            )
            dropped = (
                f"(select row_no, correction_id from {CORRECTED} where is_applied and is_drop)"
            )
            quarantine.set_aside_dropped(self.con, self.export, self.table, dropped)
            self.con.execute(f"delete from {self.table} where file_id = ?", [file_id])
            with self._laid_open(landed.arrival) as (kind, reading):
                landed.rows_non_data = len(reading.other_lines)
                ours = [each for each in corrections if each.correction_id in names]
                self._insert(landed, kind, grammar, number, ours)
            self._leave_unfed(landed)
        self.con.execute(f"drop table {CORRECTED}")

    def _has_card(self, arrival: Arrival) -> bool:
        rows = f"select 1 from {self.table} where file_id = ? and cards > 0 limit 1"
        return bool(self.con.execute(rows, [arrival.file_id]).fetchall())

    def _check_count(self, landed: Landed, reading: Reading) -> None:
        """Hold the reader and the database to the same number of rows."""
        counted = self.con.execute(
            f"select count({'distinct line_no' if self.export.is_unpivoted else 'line_no'}),"
            f" count(*) filter (line_no is null) from {self.table} where file_id = ?",
            [landed.arrival.file_id],
        ).fetchall()
        require_alike(landed.arrival.name, reading.rows, counted[0])

    def _insert(
        self,
        landed: Landed,
        kind: Recognised,
        grammar: Grammar,
        number: int,
        corrections: Sequence[Correction] = (),
    ) -> None:
        """Type the file's rows into the gate.

        What it says once for all its rows stands among the first as a rule. Should all its rows say
        otherwise, they are typed anew by that.
        """
        facts, file_id = Facts(), landed.arrival.file_id
        if self.export.file_level:
            first = self.sql.first_facts(kind, grammar, number=number, corrections=corrections)
            facts = self._told(first)
        typed_rows = partial(
            self.sql.typed_rows,
            kind,
            (file_id, landed.exported_at),
            grammar,
            number=number,
            corrections=corrections,
        )
        select = typed_rows(facts=facts)
        insert_into(self.con, self.table, select)
        if self.export.file_level and (all_facts := self._told(self.sql.facts(), file_id)) != facts:
            self.con.execute(f"delete from {self.table} where file_id = ?", [file_id])
            insert_into(self.con, self.table, typed_rows(facts=all_facts))

    def _told(self, query: str, *parameters: str) -> Facts:
        found = self.con.execute(query, parameters).fetchall()[0]
        return Facts(zip(found[::2], found[1::2], strict=True))

    def _grammar(self, landed: Landed, kind: Recognised) -> Grammar:
        """Return what the file's own cells say of its decimal sign and the order of its dates."""
        decimal, order = kind.decimals[0], self.shop.date_order(self.export.platform)
        for rows in (SAMPLE, None):
            if not (query := self.sql.decimal_signs(kind, rows)):
                break
            dots, commas = self.con.execute(query).fetchall()[0]
            if dots and commas and min(dots, commas) > FEW:
                raise RefusedAs(
                    self.export,
                    "mixed_decimals",
                    f"{landed.arrival.name}: {dots} amounts have a decimal point and {commas} a"
                    " decimal comma, so none of them is certain. Export it again, untouched"
                    f" ({self.export.where}).",
                )
            decimal = "comma" if commas > dots else "dot"
            if dots or commas:
                break
        if query := self.sql.date_orders(kind.places):
            day_first, month_first, both = self.con.execute(query).fetchall()[0]
            if day_first or month_first:
                order = "day_first" if day_first > month_first else "month_first"
            elif both and order is None:
                raise RefusedAs(
                    self.export,
                    "ambiguous_dates",
                    f"{landed.arrival.name}: whether its dates have the day or the month first cannot"
                    " be told from them. Say it in the shop file (`date_order` of the channel).",
                )
        return Grammar(decimal, order, self.export.thousands)

    def _check_doubled(self, landed: Landed, kind: Recognised, headers: Sequence[int]) -> None:
        """Refuse a file whose header stands again above rows that it already has."""
        if not headers:
            return
        (again,) = self.con.execute(self.sql.rows_again(kind, headers)).fetchall()[0]
        if again:
            lines = ", ".join(map(str, headers[:FEW_TOLD]))
            raise RefusedAs(
                self.export,
                "export_twice",
                f"{landed.arrival.name} holds its header again (line {lines}), and {again} rows below it"
                f" repeat rows above: {self.export.title} is in it twice. Deliver each export as a file"
                f" of its own ({self.export.where}).",
            )

    def _check_file(self, landed: Landed, kind: Recognised) -> None:
        """Refuse a file whose rows show that all of it is unusable."""
        file_id, name = landed.arrival.file_id, landed.arrival.name
        rows, bad, unusable = self.con.execute(
            "select count(*) filter (is_fed), count(*) filter (misread + blank > 0), min(unusable)"
            f" from {self.table} where file_id = ?",
            [file_id],
        ).fetchall()[0]
        if unusable:
            rule = next(rule for rule in self.export.refuse_where if rule.name == unusable)
            raise RefusedAs(self.export, rule.name, f"{name}: {rule.fix}")
        bad, rows = bad + len(landed.damaged), rows + len(landed.damaged)
        if bad >= FEW and bad > rows * self.export.max_rejected_rate:
            raise RefusedAs(
                self.export,
                "too_many_bad_rows",
                f"{name}: {bad} of its {rows} rows cannot be read, so the export itself is in doubt:"
                f" {self._worst(landed, kind)} Fix it where the file comes from, or export it again"
                f" ({self.export.where}).",
            )
        self._leave_unfed(landed)

    def _leave_unfed(self, landed: Landed) -> None:
        """Take the rows that feed no table out of the gate, and count them."""
        file_id = landed.arrival.file_id
        (unfed,) = self.con.execute(
            f"select count(*) from {self.table} where file_id = ? and not is_fed", [file_id]
        ).fetchall()[0]
        landed.rows_non_data += unfed
        self.con.execute(f"delete from {self.table} where file_id = ? and not is_fed", [file_id])

    def _worst(self, landed: Landed, kind: Recognised) -> str:
        """Return where most rows fail: the column, the form of its cells, and what it should hold."""
        torn = Counter((row.reason, row.detail) for row in landed.damaged).most_common(1)
        faults = [
            (torn_rows, f"{torn_rows} of them are damaged: {detail}.")
            for (_, detail), torn_rows in torn
        ]
        for name, column in self.export.columns.items():
            blank, misread, form = self.con.execute(
                self.sql.forms(name), [landed.arrival.file_id]
            ).fetchall()[0]
            place = kind.places.get(name)
            theirs = name if place is None else kind.header[place].strip()
            shown = f", most like {form!r}" if form else ""
            faults += [
                (blank, f"{blank} of them have nothing in {theirs!r}, which has to be filled."),
                (
                    misread,
                    f"{misread} of them have in {theirs!r} no {cells.form_of(column)}{shown}.",
                ),
            ]
        return max(faults)[1]

    def _check_controls(self, landed: Landed, notes: Mapping[str, str]) -> None:
        """Hold the rows to the figures that the file states of itself."""
        told, verdicts = [], []
        for control in self.export.controls:
            kinds = set()
            for key, stated, found in self.con.execute(
                self.sql.control(control, notes), [landed.arrival.file_id]
            ).fetchall():
                of = f" of {key}" if key else ""
                if stated is None:
                    kinds.add("unstated")
                    told.append(f"{control.name}{of}: the file states none")
                elif stated == found:
                    kinds.add("proven")
                else:
                    kinds.add("broken" if control.severity == "critical" else "unproven")
                    told.append(
                        f"{control.name}{of}: the file says {stated}, its rows {found}. {control.why}"
                    )
            # A control that the file states for some of its keys only proves nothing of the others.
            partly = "unproven" if kinds > {"unstated"} else "unstated"
            verdicts.append(
                next((k for k in ("broken", "unproven") if k in kinds), None)
                or ("proven" if kinds == {"proven"} else partly)
            )
        if "broken" in verdicts:
            landed.completeness = "broken"
        elif "proven" in verdicts and "unproven" not in verdicts:
            landed.completeness = "proven"
            told = told or [", ".join(control.name for control in self.export.controls)]
        landed.controls = "; ".join(told[:MOST_TOLD])

    def judge_rows(self) -> tuple[Outcome, ...]:
        """Judge the gate's rows and write those at fault to the quarantine, with their reasons."""
        quarantine.set_aside_damaged(self.con, self.export, self.damaged)
        if not self.files:
            return ()
        suite = f"{self.export.name} at the gate"
        verdict = judge(self.con, self.table, suite, self.rules)
        self.faults = verdict.faults_table
        faulty = quarantine.Faulty(self.con, self.export, self.table, verdict.faults_table)
        faulty.set_aside(self.rules)
        return verdict.outcomes

    def stage(self) -> None:
        """Move the good rows to the staged table; a row with a bad line still feeds its order."""
        if not self.files:
            return
        table, name = self.table, self.export.table.partition(".")[2]
        at_fault = self.sql.at_fault(self.faults, self.rules)
        self.con.execute(f"create or replace temp table at_fault as {at_fault}")
        self.con.execute(
            f"update {table} set spared_for = at_fault.spared_for from at_fault"
            f" where {table}.row_no = at_fault.row_no and at_fault.spared_for is not null"
        )
        (cards,) = self.con.execute(f"select bit_or(cards) from {table}").fetchall()[0]
        for column, where in self.sql.cells_with_cards(cards or 0).items():
            self.con.execute(f"update {table} set {column} = null where {where}")
        self.con.execute(
            f"delete from {table} where row_no in (select row_no from at_fault where spared_for is null)"
        )
        self.con.execute(f"drop table {self.faults}")
        if has_table(self.con, self.export.table):
            staged = f"select * exclude ({', '.join(NEVER_STAGED)}) from {table}"
            self.con.execute(f"insert into {self.export.table} by name {staged}")
            self.con.execute(f"drop table {table}")
        else:  # the gate becomes the staged table: its rows are written once
            for column in NEVER_STAGED:
                self.con.execute(f"alter table {table} drop column {column}")
            self.con.execute(f"alter table {table} rename to {name}")

    def account(self, landed: Sequence[Landed]) -> None:
        """Hold every file to it: rows read = accepted + quarantined + no data.

        Raises:
            _OneFileFailed: a row of it was lost or doubled; nothing of the file is kept.
        """
        taken = {file.arrival.file_id: file for file in landed if file.status == "accepted"}
        staged: dict[str, int] = {}
        if has_table(self.con, self.export.table):
            right = f"{self.export.table} anti join landing.quarantine using (file_id, line_no)"
            staged = self._lines(f"{right} where row_kind = 'data'", taken)
            # A summary line at fault is set aside; any other is no data, though it feeds a table.
            for file_id, lines in self._lines(f"{right} where row_kind != 'data'", taken).items():
                taken[file_id].rows_non_data += lines
        aside = self._lines("landing.quarantine where true", taken, "distinct line_no")
        for file_id, file in taken.items():
            accepted, quarantined = staged.get(file_id, 0), aside.get(file_id, 0)
            if file.rows_read != accepted + quarantined + file.rows_non_data:
                refused = Refused(
                    LOST,
                    f"{file.arrival.name}: {file.rows_read} rows were read, but {accepted} are"
                    f" accepted, {quarantined} quarantined and {file.rows_non_data} no data."
                    " Nothing of it is used. Keep the file and report this.",
                )
                raise _OneFileFailed(file_id, refused)

    def refuse_empty(self, landed: Sequence[Landed]) -> None:
        """Refuse the files of which no row can be used, with the reason of most of them."""
        taken = [file for file in landed if file.status == "accepted"]
        used: dict[str, int] = {}
        if taken and has_table(self.con, self.export.table):
            used = self._lines(
                f"{self.export.table} where true", [f.arrival.file_id for f in taken]
            )
        for file in taken:
            if file.arrival.file_id in used:
                continue
            found = self.con.execute(
                "select reason, any_value(column_name), count(distinct line_no) as lines"
                " from landing.quarantine where file_id = ? and reason != ?"
                " group by reason order by lines desc, reason",
                [file.arrival.file_id, quarantine.DROPPED],
            ).fetchall()
            if found:
                reason, column, lines = found[0]
                rule = next((r for r in self.rules if r.reason == reason), None)
                rule = rule or (cells.BLANK if reason == "blank_cell" else cells.UNREADABLE)
                file.status, file.code = "rejected", NOTHING_USED
                file.reason = (
                    f"{file.arrival.name}: none of its rows can be used. {lines} of them:"
                    f" {reason.replace('_', ' ')}{f' ({column})' if column else ''}. {rule.why} To fix:"
                    f" {rule.fix}"
                )

    def _lines(self, source: str, files: Collection[str], what: str = "*") -> dict[str, int]:
        """Return how many lines of each of the `files` lie in `source`."""
        what = "distinct line_no" if self.export.is_unpivoted else what
        rows = self.con.execute(
            f"select file_id, count({what}) from {source} and list_contains(?, file_id) group by all",
            [list(files)],
        )
        return dict(rows.fetchall())

    def _rules(self) -> list[Expectation]:
        """Return the export's expectations behind those that hold for every export."""
        every = [*cells.RULES, *([REPEATED] if self.export.unique else [])]
        if self.export.needs_channel:
            every.append(quarantine.unknown_channel(self.export))
        ours = []
        for rule in self.export.expectations:
            if rule.fails_where:
                condition = f"row_kind = 'data' and ({self.sql.filled(rule.fails_where)})"
                ours.append(rule.model_copy(update={"fails_where": condition}))
            else:
                ours.append(rule)
        return [*every, *ours]


def _in_force(night: Night, export: Export) -> tuple[Correction, ...]:
    """Return the corrections of a report that are applied that night."""
    return tuple(
        each
        for each in load_corrections(night.shop.name).values()
        if each.report == export.name and each.is_in_force(night.business_date)
    )


def _version(shop: Shop, export: Export, corrections: Sequence[Correction]) -> str:
    """Return what changes when the same bytes would be staged otherwise.

    That is the mapping, the channels, and the corrections in force.
    """
    told = f"{export_version(export)}{GateSql(shop, export).circumstances}"
    told += "".join(each.digest for each in corrections)
    return hashlib.sha256(told.encode()).hexdigest()[:12]


def _not_staged(
    con: duckdb.DuckDBPyConnection,
    shop: Shop,
    export: Export,
    arrivals: Sequence[Arrival],
    copies: dict[str, str],
    version: str,
) -> list[Arrival]:
    """Return the arrivals to read, after dropping what was made of them under other circumstances.

    Those are: an older mapping, or channels or corrections since changed; an earlier time of the file (it came
    again, unchanged); an older file of the same bytes that landed later and is the original now; a
    fault of ours.
    """
    known = noted(con, export.name)
    if any(file.version != version for file in known):
        con.execute(f"drop table if exists {export.table}")
        forget(con, [file.file_id for file in known])
        return list(arrivals)
    moments = {a.file_id: exported_at(a, export, shop) for a in arrivals}
    stale = [
        file.file_id
        for file in known
        if file.code in FAILED
        or (
            file.file_id in moments
            and (file.exported_at, file.status == "duplicate")
            != (moments[file.file_id], file.file_id in copies)
        )
    ]
    if stale:
        forget(con, stale)
        if has_table(con, export.table):
            con.execute(f"delete from {export.table} where list_contains(?, file_id)", [stale])
    kept = {file.file_id for file in known} - set(stale)
    return [arrival for arrival in arrivals if arrival.file_id not in kept]


def _refused(arrival: Arrival, shop: Shop) -> Landed:
    code, reason = refusal(shop, arrival)
    return Landed(arrival, arrival.modified_at, "rejected", code, reason)
