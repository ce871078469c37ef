"""The quarantine: one row of `landing.quarantine` per row of a file and reason, with its line."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import duckdb

from config.contract import load_contracts
from config.expectation import Expectation
from config.export import Export
from tasks.intake.channel_sql import contenders
from tasks.intake.landing import Landed
from tasks.intake.report import Report
from tasks.intake.typing_sql import OTHER_CELL, bits
from tasks.reading import cells
from tasks.rules.sql_text import literal, literals

HIDDEN = "(not shown: the row may hold personal data)"
UNKNOWN, SEVERAL = "unknown_channel", "undecided_channel"
DROPPED = "corrected"  # by a person, in config/corrections


def of_no_channel(export: Export, undecided: str = "false") -> tuple[Expectation, ...]:
    """Return the rules that every row is of one channel of the shop; what is of none waits by name.

    `undecided` is the SQL of a row that several channels may be meant by: it is let through where
    the orders may still tell.
    """
    contracts = load_contracts()
    feeds = frozenset(t for t in export.loads_into if "channel" not in contracts[t].columns)
    unknown = Expectation(
        reason=UNKNOWN,
        fails_where=f"channel is null and not coalesce({undecided}, false)",
        still_feeds=feeds,
        why="No channel of the shop is for it, so it can be booked nowhere.",
        fix=f"Add a channel with `platform: {export.platform}` to the shop file; where the platform has"
        " several, its `sales_channel` or `currency` shows which.",
    )
    if export.channel_of_order:
        return (unknown,)
    several = Expectation(
        reason=SEVERAL,
        fails_where=undecided,
        still_feeds=feeds,
        why="Several channels of the shop may be meant, and the file does not say which.",
        fix="Download the report of one channel at a time, with the column that names its marketplace"
        " or currency, or take the file out of the inbox.",
    )
    return unknown, several


def _no_channel(report: Report, reason: str) -> str:
    """Return the SQL that says what a row names that is of no channel, or of which ones it may be."""
    export, by = report.export, report.export.channel_by
    if reason == SEVERAL:
        names = (" and ".join(each) for each in contenders(report.shop, export).values())
        return literal(f"the file does not say which one is meant of {'; '.join(names)}")
    column = by.column if by else "currency" if export.says_currency else None
    named = f" || coalesce(' ' || {column}, '')" if column else ""
    return f"'no channel of the shop is for ' || {literal(export.platform)}{named}"


def quarantine_damaged(
    con: duckdb.DuckDBPyConnection, report: Report, landed: Sequence[Landed]
) -> None:
    """Write the rows of accepted files that no reader could take."""
    rows = [
        (
            file.arrival.file_id,
            row.line_no,
            report.export.name,
            row.reason,
            row.detail,
            HIDDEN if report.export.is_private or not row.raw else row.raw,
        )
        for file in landed
        if file.status == "accepted"
        for row in file.damaged
    ]
    if rows:
        con.executemany(
            "insert into landing.quarantine values (?, ?, ?, ?, '', masked(?), masked(?))", rows
        )


def quarantine_dropped(con: duckdb.DuckDBPyConnection, report: Report, dropped: str) -> None:
    """Write the rows at the gate that a correction drops: `dropped` names them (row_no, correction_id)."""
    con.execute(
        f"""
        insert into landing.quarantine
        select file_id, line_no, {literal(report.export.name)}, {literal(DROPPED)}, '',
            'dropped by the correction ' || string_agg(distinct correction_id, ', ' order by correction_id),
            any_value({_shown(report.export)} order by row_no)
        from {report.gate} inner join {dropped} using (row_no)
        group by file_id, line_no
        """
    )


def quarantine_failing(
    con: duckdb.DuckDBPyConnection, report: Report, rules: Sequence[Expectation], faults: str
) -> None:
    """Write the rows at the gate that break a rule, with each reason; misread and blank cells one by one.

    `faults` is a table (row_no, fault); a fault counts the `rules` from 0.
    """
    # Nearly all hold, and a statement that finds nothing still has to be planned.
    broken = {fault for (fault,) in con.execute(f"select distinct fault from {faults}").fetchall()}
    for fault, rule in enumerate(rules):
        if rule.severity == "warning" or fault not in broken:
            continue
        for entry in _entries(report, rule):
            written = literals((report.export.name, entry.reason, entry.column))
            con.execute(
                f"""
                insert into landing.quarantine
                select file_id, line_no, {written}, {entry.detail}, {_shown(report.export)}
                from {report.gate} inner join {faults} using (row_no)
                where fault = {fault} and {entry.where}
                """
            )


@dataclass(frozen=True)
class _Entry:
    """What is written of a rule's failing rows `where` one cell, or the row itself, fails; SQL but for names."""

    reason: str
    column: str
    detail: str
    where: str = "true"


def _entries(report: Report, rule: Expectation) -> Iterator[_Entry]:
    """Yield what a rule's failing rows are written as: the rules about cells name each cell."""
    export = report.export
    if rule not in cells.RULES:
        is_channel = rule.reason in (UNKNOWN, SEVERAL)
        detail = _no_channel(report, rule.reason) if is_channel else literal(rule.why)
        yield _Entry(rule.reason, rule.at_fault, detail)
        return
    if rule is cells.CARD_NUMBER:
        where = f"cards & {OTHER_CELL} > 0"
        yield _Entry(rule.reason, "", literal("in a cell nobody needs"), where)
    for name, bit in bits(export).items():
        column = export.columns[name]
        if rule is cells.CARD_NUMBER and column.may_hold_card:
            yield _Entry(rule.reason, name, literal(f"in {name}"), f"cards & {bit} > 0")
        elif rule is cells.BLANK and column.filled:
            yield _Entry(rule.reason, name, literal(f"{name} is blank"), f"blank & {bit} > 0")
        elif rule is cells.UNREADABLE and (reason := cells.fault(column)):
            cell = literal(name) if column.personal else f"'{name}: ' || (cells->>'{name}')"
            yield _Entry(reason, name, cell, f"misread & {bit} > 0")


def _shown(export: Export) -> str:
    """Return the SQL of what is kept of a row in quarantine: nothing of a person's."""
    shown = ", ".join(
        f"'{name}': cast({name} as varchar)"
        for name, each in export.columns.items()
        if not each.personal and not each.checked_only
    )
    return f"coalesce(cells, masked(cast(to_json({{{shown}}}) as varchar)))"
