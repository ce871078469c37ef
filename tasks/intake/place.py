"""Place: the rows that passed go to the staged table, and a failing one where its fault does not count."""

from collections.abc import Sequence

import duckdb

from config.expectation import Expectation
from config.export import Export
from tasks.intake.derive_sql import words
from tasks.intake.judge import Judged
from tasks.intake.report import Report
from tasks.intake.typing_sql import AT_GATE, OTHER_CELL, bits
from tasks.reading import cells
from tasks.rules.sql_text import literal
from tasks.warehouse.connection import has_table


def place_rows(con: duckdb.DuckDBPyConnection, report: Report, judged: Judged) -> None:
    """Move the rows at the gate to the staged table, but for those that may feed nothing."""
    if judged.faults is None:
        return
    gate, staged = report.gate, report.export.table
    failing = failing_rows(report, judged.faults, judged.rules)
    con.execute(f"create or replace temp table failing_rows as {failing}")
    con.execute(
        f"update {gate} set still_feeds = failing_rows.still_feeds from failing_rows"
        f" where {gate}.row_no = failing_rows.row_no and failing_rows.still_feeds is not null"
    )
    (cards,) = con.execute(f"select bit_or(cards) from {gate}").fetchall()[0]
    for column, where in cells_with_cards(report.export, cards or 0).items():
        con.execute(f"update {gate} set {column} = null where {where}")
    con.execute(
        f"delete from {gate}"
        " where row_no in (select row_no from failing_rows where still_feeds is null)"
    )
    con.execute(f"drop table {judged.faults}")
    if has_table(con, staged):
        rows = f"select * exclude ({', '.join(AT_GATE)}) from {gate}"
        con.execute(f"insert into {staged} by name {rows}")
        con.execute(f"drop table {gate}")
    else:  # the gate becomes the staged table: its rows are written once
        for column in AT_GATE:
            con.execute(f"alter table {gate} drop column {column}")
        con.execute(f"alter table {gate} rename to {staged.partition('.')[2]}")


def failing_rows(report: Report, faults: str, rules: Sequence[Expectation]) -> str:
    """Return the select of the failing rows: row_no, and the table that one still feeds, or NULL.

    `faults` is a table (row_no, fault); a fault counts the `rules` from 0.
    """
    critical = [str(n) for n, rule in enumerate(rules) if rule.severity == "critical"]
    untouched = " ".join(
        f"when {_is_untouched(report.export, table, rules)} then {literal(table)}"
        for table in report.export.loads_into
    )
    still_feeds = f"case {untouched} end" if untouched else "cast(null as varchar)"
    return f"""
        select row_no, {still_feeds} as still_feeds
        from (
            select row_no, list(fault) as faults from {faults}
            where fault in ({", ".join(critical)})
            group by row_no
        )
        inner join {report.gate} using (row_no)
    """


def _is_untouched(export: Export, table: str, rules: Sequence[Expectation]) -> str:
    """Return the SQL that is true where no fault of a row touches what `table` takes from it.

    Which cells are misread or blank is said by the masks, not by the rules about them.
    """
    harmless = sum(
        bit for ours, bit in bits(export).items() if table in export.columns[ours].still_feeds
    )
    touching = [
        str(fault)
        for fault, rule in enumerate(rules)
        if table not in rule.still_feeds and rule not in cells.RULES
    ]
    # A card number in a cell that nobody keeps costs the line, and never its order.
    hidden = harmless | OTHER_CELL if harmless else 0
    others = f"not list_has_any(faults, [{', '.join(touching)}])" if touching else "true"
    return (
        f"misread & ~{harmless} = 0 and blank & ~{harmless} = 0"
        f" and cards & ~cast({hidden} as bigint) = 0 and {others}"
    )


def cells_with_cards(export: Export, found: int) -> dict[str, str]:
    """Return the columns of cells with card numbers, and of what derives from them, with where.

    `found` is the mask of the cells of any row.
    """
    blanked: dict[str, int] = {}
    for ours, bit in bits(export).items():
        column = export.columns[ours]
        if found & bit and not (column.personal or column.checked_only):
            names = {ours}
            derive = export.derive.items()
            while more := {name for name, sql in derive if words(sql) & names} - names:
                names |= more
            for name in names:
                blanked[name] = blanked.get(name, 0) | bit
    return {name: f"cards & {mask} > 0" for name, mask in blanked.items()}
