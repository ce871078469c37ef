"""The SQL that reads text cells by their grammar: exactly, or not at all."""

import re
from collections.abc import Iterable

from config.expectation import Expectation
from config.export import Column

# What a column of each type becomes, and what a cell that breaks its grammar is called.
TYPES = {
    "text": ("varchar", ""),
    "sku": ("varchar", "not_a_sku"),
    "amount": ("decimal(18, 2)", "not_an_amount"),
    "price": ("decimal(18, 4)", "not_a_price"),
    "rate": ("decimal(18, 6)", "not_a_number"),
    "units": ("bigint", "not_a_whole_number"),
    "moment": ("timestamptz", "not_a_moment"),
    "wall_time": ("timestamptz", "not_a_moment"),
    "date": ("date", "not_a_date"),
}
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
RULES = (UNREADABLE, BLANK)  # what must hold of every cell
PLACES = {"amount": 2, "price": 4, "rate": 6}  # digits after the decimal sign
DIGITS = 18  # of all decimal types
BLANKS = " || ".join(f"chr({code})" for code in (32, 9, 10, 13, 160, 8203, 8239, 65279))
# Signs that nobody sees, and Cyrillic or Greek letters among Latin ones that look the same: a SKU
# with them is another SKU to a computer and the same to a person.
DECEPTIVE = r"[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]|\p{Latin}.*[\p{Cyrillic}ΑΒΕ-ΙΚΝΟΡΤΥΧ]|[\p{Cyrillic}ΑΒΕ-ΙΚΝΟΡΤΥΧ].*\p{Latin}"
PATTERNS = {
    "%Y": r"[12]\d{3}", "%m": r"\d{1,2}", "%d": r"\d{1,2}", "%H": r"\d{1,2}", "%I": r"\d{1,2}",
    "%M": r"\d{2}", "%S": r"\d{2}", "%p": r"[AaPp][Mm]", "%z": r"[+-](?:(?:0\d|1[0-3]):?[0-5]\d|14:?00)",
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
        sql = f"regexp_replace({sql}, {literal('^' + re.escape(column.drop_leading))}, '')"
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
        case "text":
            return cell
        case "sku":
            return f"case when not regexp_matches({cell}, {literal(DECEPTIVE)}) then {cell} end"
        case "units":
            whole = f"regexp_full_match({cell}, '-?[0-9]{{1,15}}')"
            return f"case when {whole} then cast({cell} as {kind}) end"
        case "amount" | "price" | "rate":
            places = PLACES[column.type]
            pattern = rf"-?[0-9]{{1,{DIGITS - places}}}({MARKS[decimal]}[0-9]{{1,{places}}})?"
            number = cell if decimal == "dot" else f"replace({cell}, ',', '.')"
            is_number = f"regexp_full_match({cell}, '{pattern}')"
            return f"case when {is_number} then cast({number} as {kind}) end"
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
