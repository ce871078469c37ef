"""Normalize: the new files of one report, from bytes in raw to judged rows in its staged table.

Great Expectations judges all new files of a report at once, on the very connection that loads them.
A row is staged, or set aside in `landing.quarantine` with its line and every reason; a file is
accepted, or refused whole. One transaction a report: a kill leaves all of it done, or nothing.
"""

import hashlib
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from pathlib import Path
from string import Template

import duckdb

from config.expectation import Expectation
from config.export import Column, Export
from config.shop import Shop
from config.strict import CONFIG
from tasks import cells
from tasks.gate import Outcome, judge
from tasks.night import Night
from tasks.raw import Arrival, Raw
from tasks.readers.delimited import DamagedRow, audit, load_text
from tasks.readers.peek import Refused
from tasks.recognise import Recognised, RefusedAs, Unknown, recognise
from tasks.warehouse import transaction

READER_VERSION = "1"  # raise it when the same bytes would be read otherwise: all is read again
FEW = 20  # rows: below it a share says nothing about a file
UNREADABLE = Expectation(
    reason="unreadable_cell",
    fails_where="misread > 0",
    why="A cell that is not what its column holds cannot be read without guessing.",
    mend="Correct it where the file comes from and export again.",
)
BLANK = Expectation(
    reason="blank_cell",
    fails_where="blank > 0",
    why="Without this cell the row cannot be told from others or counted.",
    mend="Fill it in where the file comes from and export again.",
)
REPEATED = Expectation(
    reason="repeated_key",
    fails_where="key_repeat > 1",
    why="The file says two things of one thing; the later row was taken, as a correction.",
    mend="Remove one of the two rows where the file comes from and export again.",
)
UNKNOWN_CHANNEL = Expectation(
    reason="unknown_channel",
    fails_where="channel is null",
    why="A row of no known channel can be booked nowhere.",
    mend="Add the channel to the shop file (its `sales_channel` or `currency` tells it).",
)


@dataclass
class Landed:
    """What became of one file."""

    arrival: Arrival
    exported_at: datetime
    status: str = "accepted"  # accepted, rejected or duplicate
    code: str = ""
    reason: str = ""
    reading: str = ""
    rows_read: int = 0
    rows_non_data: int = 0
    damaged: tuple[DamagedRow, ...] = ()
    outcomes: tuple[Outcome, ...] = field(default=(), repr=False)


def export_version(export: Export | None) -> str:
    """Return what changes when an export would read the same bytes otherwise."""
    told = export.model_dump_json() if export else ""
    return hashlib.sha256(f"{READER_VERSION}{told}".encode()).hexdigest()[:12]


def normalize(
    con: duckdb.DuckDBPyConnection, night: Night, export: Export, arrivals: Sequence[Arrival]
) -> list[Landed]:
    """Stage every file of `arrivals` that is not staged yet as `export` reads it now.

    When the export's own file changed, all its files are read again from raw, and the result is as
    if the mapping had been right from the start. Running it twice changes nothing.
    """
    version = export_version(export)
    with transaction(con):
        todo = _not_staged(con, export, version, arrivals)
        if not todo:
            return []
        gate = _Gate(con, night.shop, export)
        landed = [gate.take(arrival) for arrival in todo]
        outcomes = gate.judge_rows()
        gate.stage()
        _record(con, export, version, landed)
        _keep_results(con, night, export, outcomes)
    return landed


def record_refused(
    con: duckdb.DuckDBPyConnection, night: Night, arrivals: Sequence[Arrival]
) -> list[Landed]:
    """Record the files that no export could take, each with its reason."""
    with transaction(con):
        todo = _not_staged(con, None, export_version(None), arrivals)
        landed = [_refusal(arrival, night.shop) for arrival in todo]
        _record(con, None, export_version(None), landed)
    return landed


def duplicates(arrivals: Sequence[Arrival]) -> dict[str, str]:
    """Return file ids of arrivals whose bytes another arrival holds, with that one's name.

    The oldest is the original, among equals the shortest name ("x.txt" before "x (1).txt"): which
    it is does not depend on the order of landing.
    """
    originals: dict[str, Arrival] = {}
    ranked = sorted(arrivals, key=lambda a: (a.modified_at, len(a.name), a.name))
    for arrival in ranked:
        originals.setdefault(arrival.sha256, arrival)
    return {
        a.file_id: originals[a.sha256].name for a in ranked if originals[a.sha256].file_id != a.file_id
    }


class _Gate:
    """The temporary table in which one report's new rows wait for the verdict."""

    def __init__(self, con: duckdb.DuckDBPyConnection, shop: Shop, export: Export) -> None:
        self.con, self.shop, self.export = con, shop, export
        self.table = f"gate_{export.platform}_{export.report}"
        self.exists = False
        self.damaged: list[tuple[str, DamagedRow]] = []
        self.duplicates = duplicates(Raw(shop.folder.raw).arrivals())
        self.columns = export.columns
        self.params = params(shop, export)

    def take(self, arrival: Arrival) -> Landed:
        """Read one file into the gate, or refuse it whole."""
        landed = Landed(arrival, exported_at(arrival, self.export, self.shop))
        if original := self.duplicates.get(arrival.file_id):
            landed.status, landed.code = "duplicate", "duplicate_file"
            landed.reason = f"{arrival.name} holds the same bytes as {original}; it is read once."
            return landed
        work = self.shop.folder.work / arrival.file_id
        work.mkdir(parents=True, exist_ok=True)
        try:
            self._read(landed, _named(Raw(self.shop.folder.raw).path(arrival.sha256), work, arrival.name), work)
        except Refused as refused:
            landed.status, landed.code, landed.reason = "rejected", refused.code, refused.message
            if self.exists:
                self.con.execute(f"delete from {self.table} where file_id = ?", [arrival.file_id])
        finally:
            for path in sorted(work.iterdir()):
                path.unlink()
            work.rmdir()
        if landed.status == "accepted":
            self.damaged += [(arrival.file_id, row) for row in landed.damaged]
        return landed

    def _read(self, landed: Landed, path: Path, work: Path) -> None:
        kind = recognise(path, [self.export], self.shop.currency.lower())
        if isinstance(kind, Unknown):
            raise Refused("no_longer_recognised", f"{path.name}: {kind.reason} any more; see {self.export.file}.")
        reading = audit(
            path, kind.dialect, header_line=kind.header_line, width=len(kind.header), work=work
        )
        chosen = {place: "" for place in kind.places.values()}
        chosen = {place: f"c{place}" for place in chosen}
        load_text(self.con, reading, "cells_as_text", chosen)
        decimal = self._decimal(kind)
        landed.reading = _told(reading.encoding, reading.delimiter, decimal, kind.header_line)
        landed.damaged = reading.damaged
        landed.rows_read = reading.rows + len(reading.damaged)
        landed.rows_read += len(reading.repeated_header_lines)
        landed.rows_non_data = len(reading.repeated_header_lines)
        select = self._select(kind, landed, decimal)
        head = f"insert into {self.table} by name" if self.exists else f"create temp table {self.table} as"
        self.con.execute(f"{head} {select}")
        self.exists = True
        self.con.execute("drop table cells_as_text")
        self._check_file(landed)

    def _decimal(self, kind: Recognised) -> str:
        """Return the file's decimal sign, by its own amounts; the export's first where none tells."""
        numbers = [f"c{kind.places[n]}" for n, c in self.columns.items() if c.type in cells.PLACES and n in kind.places]
        if len(self.export.decimals) == 1 or not numbers:
            return self.export.decimals[0]
        count = " + ".join(f"count(*) filter (regexp_full_match(trim({n}), '-?[0-9]+{{}}[0-9]+'))" for n in numbers)
        dots, commas = self.con.execute(
            f"select {count.replace('{}', '[.]')}, {count.replace('{}', ',')} from cells_as_text"
        ).fetchall()[0]
        return "comma" if commas > dots else "dot"

    def _select(self, kind: Recognised, landed: Landed, decimal: str) -> str:
        """Return the select that types one file's cells and derives what the export asks for."""
        export, columns = self.export, self.columns
        zone = _zone(self.shop, export)
        texts, values, misread, blank, shown = [], [], [], [], []
        for place, (ours, column) in enumerate(columns.items()):
            cell = f"c{kind.places[ours]}" if ours in kind.places else "cast(null as varchar)"
            texts.append(f"{cells.text(cell, column)} as {ours}__text")
            values.append(f"{cells.typed(f'{ours}__text', column, decimal, zone)} as {ours}")
            if cells.TYPES[column.type][1]:
                misread.append(f"case when {ours}__text is not null and {ours} is null then {1 << place} else 0 end")
            if column.filled:
                blank.append(f"case when {ours}__text is null then {1 << place} else 0 end")
            if not column.personal:
                shown.append(f"{cells.literal(ours)}, {ours}__text")
        kinds = " ".join(f"when {rule.where} then {cells.literal(rule.name)}" for rule in export.non_data)
        fed = cells.literals({"data", *(f.rows for feeds in export.feeds.values() for f in feeds)})
        unusable = " ".join(f"when {rule.where} then {cells.literal(rule.name)}" for rule in export.refuse_where)
        derived, last = self._derived("masked")
        keys = ", ".join(export.unique)
        repeat = (
            f"row_number() over (partition by file_id, row_kind, {keys} order by misread + blank, line_no desc)"
            if keys
            else "1"
        )
        texts_only = ", ".join(f"{ours}__text" for ours in columns)
        personal = [ours for ours, column in columns.items() if column.personal]
        hidden = ", ".join([*personal, *(f"{ours}__text" for ours in columns)])
        return f"""
            with trimmed as (select line_no, {", ".join(texts)} from cells_as_text),
            read as (
                select
                    {cells.literal(landed.arrival.file_id)} as file_id, line_no,
                    cast({cells.literal(landed.exported_at.isoformat())} as timestamptz) as exported_at,
                    {", ".join(values)}, {texts_only}
                from trimmed
            ),
            kinds as (
                select *,
                    {f"case {kinds} else 'data' end" if kinds else "'data'"} as row_kind,
                    {f"case {unusable} end" if unusable else "cast(null as varchar)"} as unusable
                from read
            ),
            masked as (
                select *,
                    row_kind in ({fed}) as is_fed,
                    cast(case when is_fed then {" + ".join(misread) or "0"} else 0 end as bigint) as misread,
                    cast(case when is_fed then {" + ".join(blank) or "0"} else 0 end as bigint) as blank
                from kinds
            ){derived}
            select
                * exclude ({hidden}),
                '{export.platform}' as platform,
                {self._channel()} as channel,
                {repeat} as key_repeat,
                case when misread + blank > 0 then to_json({{{", ".join(s.replace(", ", ": ", 1) for s in shown)}}}) end as cells
            from {last}
        """

    def _derived(self, source: str) -> tuple[str, str]:
        """Return the common table expressions of `derive`, and the name of the last.

        What names another derived column stands one level above it: a window may look at a window.
        """
        level_of: dict[str, int] = {}
        for name, sql in self.export.derive.items():
            words = set(re.findall(r"\w+", sql))
            level_of[name] = 1 + max((level_of[w] for w in words & level_of.keys()), default=0)
        sql, last = "", source
        for level in range(1, max(level_of.values(), default=0) + 1):
            columns = ", ".join(
                f"{self.fill(self.export.derive[name])} as {name}"
                for name in level_of
                if level_of[name] == level
            )
            sql += f", derived_{level} as (select *, {columns} from {last})"
            last = f"derived_{level}"
        return sql, last

    def _channel(self) -> str:
        """Return the SQL that tells a row's channel; NULL where no channel of the shop fits."""
        channels = self.shop.platform(self.export.platform)
        by = self.export.channel_by
        if "channel" in self.columns or not channels:
            return "cast(null as varchar)" if "channel" not in self.columns else "channel"
        if by is None or len(channels) == 1:
            return cells.literal(next(iter(channels)))
        keys = {n: n if by.matches == "name" else getattr(c, by.matches) for n, c in channels.items()}
        cases = [f"when {by.column} = {cells.literal(key)} then {cells.literal(n)}" for n, key in keys.items() if key]
        fba = next((n for n, c in channels.items() if c.fba_location), None)
        otherwise = f"else {cells.literal(fba)}" if by.otherwise == "fba" and fba else ""
        return f"case {' '.join(cases)} {otherwise} end"

    def fill(self, sql: str) -> str:
        """Return `sql` with the shop's facts in place of `$currencies` and the like."""
        return Template(sql).safe_substitute(self.params)

    def _check_file(self, landed: Landed) -> None:
        """Refuse a file whose rows show that all of it is unusable."""
        file_id, name = landed.arrival.file_id, landed.arrival.name
        counts = self.con.execute(
            f"select count(*), count(*) filter (row_kind != 'data'), count(*) filter (misread + blank > 0),"
            f" min(unusable) from {self.table} where file_id = ?",
            [file_id],
        ).fetchall()[0]
        rows, non_data, bad, unusable = counts
        landed.rows_non_data += non_data
        self.con.execute(f"delete from {self.table} where file_id = ? and not is_fed", [file_id])
        if unusable:
            rule = next(rule for rule in self.export.refuse_where if rule.name == unusable)
            raise RefusedAs(self.export, rule.name, f"{name}: {rule.mend}")
        bad += len(landed.damaged)
        rows += len(landed.damaged) - non_data
        if bad >= FEW and bad > rows * self.export.max_rejected_rate:
            raise RefusedAs(
                self.export,
                "too_many_bad_rows",
                f"{name}: {bad} of its {rows} rows cannot be read, more than the share of"
                f" {self.export.max_rejected_rate} at which the export itself is in doubt. Export it again"
                f" ({self.export.where}).",
            )

    def judge_rows(self) -> tuple[Outcome, ...]:
        """Judge the gate's rows and write those at fault to the quarantine, with their reasons."""
        self.rules = self._rules()
        self._quarantine_damaged()
        if not self.exists:
            return ()
        self.con.execute(f"alter table {self.table} add column row_no bigint")
        self.con.execute(f"update {self.table} set row_no = rowid")
        verdict = judge(self.con, self.table, f"{self.export.name} at the gate", self.rules)
        self.faults = verdict.faults_table
        self._quarantine_faults()
        return verdict.outcomes

    def _rules(self) -> list[Expectation]:
        ours = [
            rule.model_copy(update={"fails_where": f"row_kind = 'data' and ({self.fill(rule.fails_where)})"})
            if rule.fails_where
            else rule
            for rule in self.export.expectations
        ]
        built_in = [UNREADABLE, BLANK, *([REPEATED] if self.export.unique else [])]
        if self.export.channel_by:
            built_in.append(UNKNOWN_CHANNEL)
        return [*built_in, *ours]

    def _quarantine_damaged(self) -> None:
        hide = any(column.personal for column in self.columns.values())
        rows = [
            (file_id, row.line_no, self.export.name, row.reason, "", row.detail,
             "(not shown: the row may hold personal data)" if hide else row.raw)
            for file_id, row in self.damaged
        ]  # fmt: skip
        if rows:
            self.con.executemany("insert into landing.quarantine values (?, ?, ?, ?, ?, ?, ?)", rows)

    def _quarantine_faults(self) -> None:
        """One quarantine row per row and reason; unreadable and blank cells are named one by one."""
        report = cells.literal(self.export.name)
        shown = [n for n, c in self.columns.items() if not c.personal]
        row = f"coalesce(cells, to_json({{{', '.join(f'{cells.literal(n)}: cast({n} as varchar)' for n in shown)}}}))"
        for place, rule in enumerate(self.rules):
            if rule.severity == "warning":
                continue
            if rule is UNREADABLE or rule is BLANK:
                mask = "misread" if rule is UNREADABLE else "blank"
                for bit, (name, column) in enumerate(self.columns.items()):
                    reason = cells.TYPES[column.type][1] if rule is UNREADABLE else rule.reason
                    if reason and (rule is UNREADABLE or column.filled):
                        told = f"'{name}: ' || (cells->>'{name}')" if rule is UNREADABLE else f"'{name} is blank'"
                        if column.personal:
                            told = f"'{name}'"
                        self._insert_faults(place, report, reason, name, told, row, f"{mask} & {1 << bit} > 0")
            else:
                self._insert_faults(place, report, rule.reason, rule.at_fault, cells.literal(rule.why), row, "true")

    def _insert_faults(
        self, place: int, report: str, reason: str, column: str, detail: str, row: str, where: str
    ) -> None:
        self.con.execute(
            f"""
            insert into landing.quarantine
            select file_id, line_no, {report}, {cells.literal(reason)}, {cells.literal(column)}, {detail}, {row}
            from {self.table} inner join {self.faults} using (row_no)
            where fault = {place} and {where}
            """
        )

    def stage(self) -> None:
        """Move the good rows to the staged table; a row with a bad line still feeds its order."""
        if not self.exists:
            return
        spared = " ".join(
            f"when {self._spares(table)} then '{table}'" for table in self.export.feeds
        )
        critical = [str(place) for place, rule in enumerate(self.rules) if rule.severity == "critical"]
        drop = "row_no, misread, blank, key_repeat, unusable, is_fed, cells"
        select = f"""
            select gate.* exclude ({drop}), at_fault.spared_for
            from {self.table} as gate
            left join (
                select row_no, case {spared} end as spared_for, true as is_at_fault
                from (select row_no, list(fault) as faults from {self.faults}
                      where fault in ({", ".join(critical)}) group by row_no)
                inner join {self.table} using (row_no)
            ) as at_fault using (row_no)
            where at_fault.is_at_fault is null or at_fault.spared_for is not null
        """  # noqa: E501
        staged = self.export.table
        self.con.execute(f"create table if not exists {staged} as {select} limit 0")
        self.con.execute(f"insert into {staged} by name {select}")
        self.con.execute(f"drop table {self.faults}")
        self.con.execute(f"drop table {self.table}")

    def _spares(self, table: str) -> str:
        """Return the SQL that is true where no fault of a row touches what `table` takes from it."""
        bits = sum(1 << bit for bit, c in enumerate(self.columns.values()) if table in c.spares)
        unspared = [
            str(place)
            for place, rule in enumerate(self.rules)
            if table not in rule.spares and rule not in (UNREADABLE, BLANK)
        ]
        others = f"not list_has_any(faults, [{', '.join(unspared)}])" if unspared else "true"
        return f"misread & ~{bits} = 0 and blank & ~{bits} = 0 and {others}"


def exported_at(arrival: Arrival, export: Export | None, shop: Shop) -> datetime:
    """Return when a file was true: the day its name says where the export goes by it, else its time.

    A dated snapshot holds until the end of its day, but never beyond the file's own time.
    """
    if export and export.dated_by_name and (found := re.search(export.dated_by_name, arrival.name)):
        day = datetime.fromisoformat(found[1]).date()
        end = datetime.combine(day + timedelta(days=1), time(), tzinfo=shop.zone) - timedelta(seconds=1)
        return min(arrival.modified_at, end)
    return arrival.modified_at


def _zone(shop: Shop, export: Export) -> str:
    if export.zone == "shop":
        return shop.timezone
    if export.zone == "channel":
        channels = shop.platform(export.platform)
        return next(iter(channels.values())).timezone if channels else shop.timezone
    return export.zone


def params(shop: Shop, export: Export) -> dict[str, str]:
    """Return the shop's facts that an export's SQL may name: `$currencies` and the like."""
    channels = shop.platform(export.platform)
    currencies = {c.currency for c in channels.values()} or {shop.currency}
    fba = next((c.fba_location for c in channels.values() if c.fba_location), "FBA")
    return {
        "currencies": cells.literals(sorted(currencies)),
        "currency": next(iter(c.currency for c in channels.values()), shop.currency),
        "locations": cells.literals(shop.locations),
        "fba_location": fba,
    }


def _named(kept: Path, work: Path, name: str) -> Path:
    """Give the kept bytes their own name again, so that messages name the seller's file."""
    path = work / name
    path.unlink(missing_ok=True)
    os.link(kept, path)
    return path


def _told(encoding: str, delimiter: str, decimal: str, header_line: int) -> str:
    signs = {"\t": "tab", ",": "comma", ";": "semicolon"}
    return f"{encoding}, {signs.get(delimiter, delimiter)}, decimal {decimal}, header on line {header_line}"


def _not_staged(
    con: duckdb.DuckDBPyConnection, export: Export | None, version: str, arrivals: Sequence[Arrival]
) -> list[Arrival]:
    """Return the arrivals to read, after dropping what an older mapping made of them."""
    report = export.name if export else ""
    rows = con.execute(
        "select file_id, export_version, exported_at from landing.files where report = ?", [report]
    ).fetchall()
    if export and any(row[1] != version for row in rows):
        con.execute(f"drop table if exists {export.table}")
        con.execute("delete from landing.quarantine where report = ?", [report])
        con.execute("delete from landing.files where report = ?", [report])
        rows = []
    known = {row[0] for row in rows}
    return [arrival for arrival in arrivals if arrival.file_id not in known]


def _refusal(arrival: Arrival, shop: Shop) -> Landed:
    work = shop.folder.work / arrival.file_id
    work.mkdir(parents=True, exist_ok=True)
    path = _named(Raw(shop.folder.raw).path(arrival.sha256), work, arrival.name)
    landed = Landed(arrival, arrival.modified_at, "rejected")
    try:
        recognise(path, [], shop.currency.lower())
        landed.code, landed.reason = "not_recognised", f"{arrival.name} fits no declared export."
    except Refused as refused:
        landed.code, landed.reason = refused.code, refused.message
    finally:
        path.unlink()
        work.rmdir()
    return landed


def _record(
    con: duckdb.DuckDBPyConnection, export: Export | None, version: str, landed: Sequence[Landed]
) -> None:
    rows = [
        (
            file.arrival.file_id, file.arrival.sha256, export.name if export else "",
            export.platform if export else "", file.arrival.name, file.arrival.address,
            file.arrival.bytes, file.exported_at, file.arrival.received_at, file.status, file.code,
            file.reason, file.reading, version,
            file.rows_read if file.status == "accepted" else 0,
            file.rows_non_data if file.status == "accepted" else 0,
        )
        for file in landed
    ]  # fmt: skip
    if rows:
        con.executemany(
            "insert into landing.files values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)", rows
        )
    con.execute(
        """
        update landing.files set rows_quarantined = (
            select count(distinct quarantine.line_no) from landing.quarantine
            where quarantine.file_id = files.file_id
        )
        where report = ?
        """,
        [export.name if export else ""],
    )


def _keep_results(
    con: duckdb.DuckDBPyConnection, night: Night, export: Export, outcomes: Sequence[Outcome]
) -> None:
    rows = [
        (
            night.run_id, night.moment, f"{export.name} at the gate", outcome.reason, export.name,
            export.station, outcome.severity, outcome.success, outcome.observed, outcome.threshold,
            outcome.element_count, outcome.unexpected_count,
        )
        for outcome in outcomes
    ]  # fmt: skip
    if rows:
        con.executemany(
            "insert into landing.expectation_results values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows
        )
