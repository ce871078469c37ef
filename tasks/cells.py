"""The SQL that reads text cells by their grammar: exactly, or not at all."""

import re
from collections.abc import Iterable

from config.export import Column

# What a column of each type becomes, and what a cell that breaks its grammar is called.
TYPES = {
    "text": ("varchar", ""),
    "sku": ("varchar", ""),
    "amount": ("decimal(18, 2)", "not_an_amount"),
    "price": ("decimal(18, 4)", "not_a_price"),
    "rate": ("decimal(18, 6)", "not_a_number"),
    "units": ("bigint", "not_a_whole_number"),
    "moment": ("timestamptz", "not_a_moment"),
    "wall_time": ("timestamptz", "not_a_moment"),
    "date": ("date", "not_a_date"),
}
PLACES = {"amount": 2, "price": 4, "rate": 6}  # digits after the decimal sign
BLANKS = r"' ' || chr(9) || chr(10) || chr(13) || chr(160) || chr(8239) || chr(65279)"
PATTERNS = {
    "%Y": r"\d{4}", "%m": r"\d{1,2}", "%d": r"\d{1,2}", "%H": r"\d{1,2}", "%I": r"\d{1,2}",
    "%M": r"\d{2}", "%S": r"\d{2}", "%p": r"[AaPp][Mm]", "%z": r"[+-]\d{2}:?\d{2}",
}  # fmt: skip
MARKS = {"dot": r"\.", "comma": ","}


def literal(value: str) -> str:
    """Return `value` as a SQL string."""
    return "'" + value.replace("'", "''") + "'"


def literals(values: Iterable[str]) -> str:
    """Return `values` as the inside of a SQL list."""
    return ", ".join(literal(value) for value in values)


def text(cell: str, column: Column) -> str:
    """Return SQL for the cell without the blanks around it; NULL where it says nothing."""
    sql = f"trim({cell}, {BLANKS})"
    if column.drop_leading:
        sql = f"case when starts_with({sql}, {literal(column.drop_leading)}) then {sql}[2:] else {sql} end"
    if column.type == "sku":
        sql = f"upper({sql})"
    if column.blanks:
        blanks = literals(["", *(blank.casefold() for blank in column.blanks)])
        return f"case when lower({sql}) not in ({blanks}) then {sql} end"
    return f"nullif({sql}, '')"


def typed(cell: str, column: Column, decimal: str, zone: str) -> str:
    """Return SQL for the trimmed `cell` as its type; NULL where its grammar is broken."""
    kind = TYPES[column.type][0]
    match column.type:
        case "text" | "sku":
            return cell
        case "units":
            whole = f"regexp_full_match({cell}, '-?[0-9]{{1,15}}')"
            return f"case when {whole} then cast({cell} as {kind}) end"
        case "amount" | "price" | "rate":
            places = PLACES[column.type]
            pattern = rf"-?[0-9]{{1,14}}({MARKS[decimal]}[0-9]{{1,{places}}})?"
            number = cell if decimal == "dot" else f"replace({cell}, ',', '.')"
            return f"case when regexp_full_match({cell}, '{pattern}') then cast({number} as {kind}) end"
        case _:
            return _time(cell, column, kind, zone)


def grammar_of(form: str) -> str:
    """Return the regular expression of a strptime format: strptime itself takes too much."""
    parts = re.split(r"(%[A-Za-z])", form)
    return "".join(PATTERNS.get(part, re.escape(part)) for part in parts)


def _time(cell: str, column: Column, kind: str, zone: str) -> str:
    branches = []
    for form in column.grammars:
        value = f"try_strptime({cell}, {literal(form)})"
        if column.type == "wall_time":
            value = f"timezone({literal(zone)}, {value})"
        elif column.type == "moment" and "%z" not in form:
            value = f"timezone('UTC', {value})"
        elif column.type == "date":
            value = f"cast({value} as {kind})"
        branches.append(f"when regexp_full_match({cell}, {literal(grammar_of(form))}) then {value}")
    return f"case {' '.join(branches)} end"
