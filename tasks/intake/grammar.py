"""How a file writes numbers and dates: what its own cells show of the decimal mark and the order of dates."""

from collections.abc import Collection, Mapping

import duckdb

from config.export import Export
from tasks.intake.open_file import CELLS
from tasks.intake.report import Report
from tasks.intake.typing_sql import SAMPLE
from tasks.reading import cells
from tasks.reading.cells import Grammar
from tasks.reading.peek import RefusedAs
from tasks.reading.recognised import Recognised
from tasks.rules.sql_text import literal

FEW = 20  # amounts with the other decimal mark: no more may be damaged


def grammar_of(
    con: duckdb.DuckDBPyConnection, report: Report, kind: Recognised, name: str
) -> Grammar:
    """Return how the file `name` writes what exports write differently; its cells are in `CELLS`.

    Raises:
        RefusedAs: its cells say both, or cannot say which.
    """
    return Grammar(
        _decimal(con, report.export, kind, name),
        _date_order(con, report, kind, name),
        report.export.thousands,
    )


def _decimal(con: duckdb.DuckDBPyConnection, export: Export, kind: Recognised, name: str) -> str:
    for rows in (SAMPLE, None):
        if not (query := decimal_marks(export, kind, rows)):
            return kind.decimals[0]
        dots, commas = con.execute(query).fetchall()[0]
        if dots and commas and min(dots, commas) > FEW:
            raise RefusedAs(
                export,
                "mixed_decimals",
                f"{name}: {dots} amounts have a decimal point and {commas} a decimal comma, so none"
                f" of them is certain. Export it again, untouched ({export.where}).",
            )
        if dots or commas:
            return "comma" if commas > dots else "dot"
    return "dot"


def _date_order(
    con: duckdb.DuckDBPyConnection, report: Report, kind: Recognised, name: str
) -> str | None:
    order = report.shop.date_order(report.export.platform)
    if not (query := date_orders(report.export, kind.places)):
        return order
    day_first, month_first, both = con.execute(query).fetchall()[0]
    if day_first or month_first:
        return "day_first" if day_first > month_first else "month_first"
    if both and order is None:
        raise RefusedAs(
            report.export,
            "ambiguous_dates",
            f"{name}: whether its dates have the day or the month first cannot be seen from them."
            " Say it in the shop file (`date_order` of the channel).",
        )
    return order


def decimal_marks(export: Export, kind: Recognised, rows: int | None) -> str | None:
    """Return the query of how many amounts of the first `rows` have a dot and how many a comma.

    None where the file may have one decimal mark only, or has no amounts.
    """
    numbers = _texts(export, kind.places, cells.PLACES)
    if len(kind.decimals) == 1 or not numbers:
        return None
    dots, commas = (
        " + ".join(
            f"count(*) filter (regexp_matches({number}, '[0-9]{mark}(?:[0-9]{{1,2}}|[0-9]{{4,8}})[^0-9]*$'))"
            for number in numbers.values()
        )
        for mark in ("[.]", ",")
    )
    source = f"(from {CELLS} limit {rows})" if rows else CELLS
    return f"select {dots}, {commas} from {source}"


def date_orders(export: Export, places: Mapping[str, int]) -> str | None:
    """Return the query of how many dates can only have the day first, the month, or either.

    None where the export's formats leave no doubt.
    """
    times = _texts(export, places, ("moment", "wall_time", "date"))
    counts: dict[str, list[str]] = {"day_first": [], "month_first": [], "both": []}
    for ours, cell in times.items():
        fits = {
            order: " or ".join(
                f"(regexp_full_match({cell}, {literal(cells.grammar_of(form))})"
                f" and try_strptime({cell}, {literal(form)}) is not null)"
                for form in export.columns[ours].grammars
                if cells.date_order_of(form) == order
            )
            for order in ("day_first", "month_first")
        }
        if not all(fits.values()):
            continue
        day, month = (f"coalesce({fits[order]}, false)" for order in fits)
        counts["day_first"].append(f"count(*) filter ({day} and not {month})")
        counts["month_first"].append(f"count(*) filter ({month} and not {day})")
        counts["both"].append(f"count(*) filter ({day} and {month})")
    if not counts["both"]:
        return None
    return f"select {', '.join(' + '.join(each) for each in counts.values())} from {CELLS}"


def _texts(export: Export, places: Mapping[str, int], types: Collection[str]) -> dict[str, str]:
    """Return the trimmed cells of the file's columns of these types, by our name."""
    return {
        ours: cells.text(f"c{places[ours]}", column)
        for ours, column in export.columns.items()
        if column.type in types and ours in places
    }
