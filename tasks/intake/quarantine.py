"""What is set aside: one row of `landing.quarantine` per row of a file and reason, with its line."""

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from config.contract import load_contracts
from config.expectation import Expectation
from config.export import Export
from tasks.intake.gate_sql import OTHER_CELL
from tasks.reading import cells
from tasks.reading.reading import DamagedRow

HIDDEN = "(not shown: the row may hold personal data)"
DROPPED = "corrected"  # by a person, in config/corrections


def unknown_channel(export: Export) -> Expectation:
    """Return the rule that every row is of a channel of the shop; what is of none waits by name."""
    contracts = load_contracts()
    return Expectation(
        reason="unknown_channel",
        fails_where="channel is null",
        still_feeds=frozenset(
            t for t in export.loads_into if "channel" not in contracts[t].columns
        ),
        why="No channel of the shop is for it, so it can be booked nowhere.",
        fix=f"Add a channel with `platform: {export.platform}` to the shop file; where the platform has"
        " several, its `sales_channel` or `currency` tells which.",
    )


def _no_channel(export: Export) -> str:
    """Return the SQL that says what a row of an unknown channel names."""
    by = export.channel_by
    column = by.column if by else "currency" if export.says_currency else None
    named = f" || coalesce(' ' || {column}, '')" if column else ""
    return f"'no channel of the shop is for ' || {cells.literal(export.platform)}{named}"


def set_aside_damaged(
    con: duckdb.DuckDBPyConnection, export: Export, damaged: Sequence[tuple[str, DamagedRow]]
) -> None:
    """Write the rows that no reader could take, each with the id of its file."""
    rows = [
        (
            file_id,
            row.line_no,
            export.name,
            row.reason,
            row.detail,
            HIDDEN if export.is_private or not row.raw else row.raw,
        )
        for file_id, row in damaged
    ]
    if rows:
        con.executemany(
            "insert into landing.quarantine values (?, ?, ?, ?, '', masked(?), masked(?))", rows
        )


def set_aside_dropped(
    con: duckdb.DuckDBPyConnection, export: Export, table: str, dropped: str
) -> None:
    """Write the rows at the gate that a correction drops: `dropped` names them (row_no, correction_id)."""
    con.execute(
        f"""
        insert into landing.quarantine
        select file_id, line_no, {cells.literal(export.name)}, {cells.literal(DROPPED)}, '',
            'dropped by the correction ' || string_agg(distinct correction_id, ', ' order by correction_id),
            any_value({_shown(export)} order by row_no)
        from {table} inner join {dropped} using (row_no)
        group by file_id, line_no
        """
    )


def _shown(export: Export) -> str:
    """Return the SQL of what is kept of a row that is set aside: nothing of a person's."""
    shown = ", ".join(
        f"'{name}': cast({name} as varchar)"
        for name, each in export.columns.items()
        if not each.personal and not each.checked_only
    )
    return f"coalesce(cells, masked(cast(to_json({{{shown}}}) as varchar)))"


@dataclass(frozen=True)
class Faulty:
    """The rows at a report's gate that break a rule: `faults` names them (row_no, fault)."""

    con: duckdb.DuckDBPyConnection
    export: Export
    table: str
    faults: str

    def set_aside(self, rules: Sequence[Expectation]) -> None:
        """Write them; a fault counts the `rules` from 0, unreadable and blank cells are named one by one."""
        for place, rule in enumerate(rules):
            if rule.severity == "warning":
                continue
            if rule not in cells.RULES:
                is_channel = rule.reason == "unknown_channel"
                told = _no_channel(self.export) if is_channel else cells.literal(rule.why)
                self._write(place, rule.reason, rule.at_fault, told)
                continue
            if rule is cells.CARD_NUMBER:
                where = f"cards & {OTHER_CELL} > 0"
                self._write(place, rule.reason, "", cells.literal("in a cell nobody needs"), where)
            for bit, (name, column) in enumerate(self.export.columns.items()):
                if rule is cells.CARD_NUMBER and column.may_hold_card:
                    told = cells.literal(f"in {name}")
                    self._write(place, rule.reason, name, told, f"cards & {1 << bit} > 0")
                elif rule is cells.BLANK and column.filled:
                    told = cells.literal(f"{name} is blank")
                    self._write(place, rule.reason, name, told, f"blank & {1 << bit} > 0")
                elif rule is cells.UNREADABLE and (reason := cells.fault(column)):
                    told = f"'{name}: ' || (cells->>'{name}')"
                    if column.personal:
                        told = cells.literal(name)
                    self._write(place, reason, name, told, f"misread & {1 << bit} > 0")

    def _write(
        self, place: int, reason: str, column: str, detail: str, where: str = "true"
    ) -> None:
        told = ", ".join(cells.literal(text) for text in (self.export.name, reason, column))
        self.con.execute(
            f"""
            insert into landing.quarantine
            select file_id, line_no, {told}, {detail}, {_shown(self.export)}
            from {self.table} inner join {self.faults} using (row_no)
            where fault = {place} and {where}
            """
        )
