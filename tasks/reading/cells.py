"""The SQL that reads text cells by their grammar: exactly, or not at all."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from config.expectation import Expectation
from config.export import Column
from tasks.rules.sql_text import literal, literals

# What a column of each type becomes, and what a cell that breaks its grammar is called.
TYPES = {
    "text": ("varchar", ""),
    "id": ("varchar", "not_an_id"),
    "code": ("varchar", ""),  # of another system: a barcode, a parcel's number
    "sku": ("varchar", "not_a_sku"),
    "amount": ("decimal(18, 2)", "not_an_amount"),
    "cents": ("decimal(18, 2)", "not_an_amount"),
    "price": ("decimal(18, 4)", "not_a_price"),
    "precise": ("decimal(18, 8)", "not_an_amount"),  # an amount that was computed
    "rate": ("decimal(18, 6)", "not_a_number"),
    "units": ("bigint", "not_a_whole_number"),
    "moment": ("timestamptz", "not_a_date_and_time"),
    "wall_time": ("timestamptz", "not_a_date_and_time"),
    "date": ("date", "not_a_date"),
}
UNREADABLE = Expectation(
    reason="unreadable_cell",
    fails_where="misread > 0",
    why="A cell that is not what its column holds cannot be read without guessing.",
    fix="Correct it where the file comes from and export again; a value that is new there and right"
    " joins `pattern` of its column in config/exports.",
)
BLANK = Expectation(
    reason="blank_cell",
    fails_where="blank > 0",
    why="Without this cell the row cannot be distinguished from others or counted.",
    fix="Fill it in where the file comes from and export again.",
)
CARD_NUMBER = Expectation(
    reason="card_number",
    fails_where="cards > 0",
    why="The number of a payment card must be kept nowhere, so the row is not used.",
    fix="Remove the number where the file comes from and export again; ask the buyer never to write it.",
)
RULES = (UNREADABLE, BLANK, CARD_NUMBER)  # what must hold of every cell
PLACES = {"amount": 2, "price": 4, "rate": 6, "precise": 8}  # digits after the decimal mark
FORM_CHARACTERS = 40  # of a cell whose form is shown
DIGITS = 18  # of all decimal types
BLANK_CODES = (32, 9, 10, 13, 160, 8203, 8239, 65279)
BLANKS = " || ".join(f"chr({code})" for code in BLANK_CODES)
# Characters that nobody sees, and Cyrillic or Greek letters among Latin ones that look the same: a SKU
# with them is another SKU to a computer and the same to a person.
DECEPTIVE = r"[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]|\p{Latin}.*[\p{Cyrillic}ΑΒΕ-ΙΚΝΟΡΤΥΧ]|[\p{Cyrillic}ΑΒΕ-ΙΚΝΟΡΤΥΧ].*\p{Latin}"
# What a spreadsheet makes of a long number: digits of it are lost.
MANGLED = r"-?\d(?:[.,]\d+)?[Ee]\+?\d+"
# The same of a SKU: as a spreadsheet writes it, for 1E5 is a SKU that somebody may have given.
MANGLED_SKU = r"\d(?:[.,]\d+)?E\+\d{2,}"
PATTERNS = {
    "%Y": r"[12]\d{3}", "%m": r"\d{1,2}", "%d": r"\d{1,2}", "%H": r"\d{1,2}", "%I": r"\d{1,2}",
    "%M": r"\d{2}", "%S": r"\d{2}", "%p": r"[AaPp][Mm]", "%y": r"\d{2}",
    "%b": r"[A-Za-z]{3}", "%B": r"[A-Za-z]{3,9}", "%z": r"[+-](?:(?:0\d|1[0-3]):?[0-5]\d|14:?00)",
}  # fmt: skip
MARKS = {"dot": r"\.", "comma": ","}
MINUS = 8722  # as typesetters write it, and some banks


def trimmed(cell: str) -> str:
    """Return SQL for the cell without the blanks around it; NULL where nothing else is in it.

    Trimming is slow and rarely needed, so a look at both ends decides first: what begins and ends with an ASCII letter,
    digit or mark is as it should be.
    """
    last = f"array_extract({cell}, -1)"
    return (
        f"case when {cell} >= '!' and {cell} < chr(127) and {last} >= '!' and {last} < chr(127)"
        f" then {cell} else nullif(trim({cell}, {BLANKS}), '') end"
    )


def form_of(column: Column) -> str:
    """Return in words what a cell of the column has to be."""
    if column.pattern:
        return "value it may have"
    if column.type in PLACES:
        return f"number with at most {PLACES[column.type]} decimals"
    if column.type in ("moment", "wall_time", "date"):
        example = datetime(2026, 11, 28, 14, 5, 9, tzinfo=UTC)
        return " or ".join(f"date like {example.strftime(form)}" for form in column.grammars[:2])
    return {
        "cents": "whole number of cents", "units": "whole number",
        "id": "id with all of its digits", "sku": "SKU of plain letters and digits, all of them",
    }.get(column.type, "readable text")  # fmt: skip


def fault(column: Column) -> str:
    """Return what a cell that breaks the column's grammar is called; empty where none can."""
    return "unexpected_value" if column.pattern else TYPES[column.type][1]


def text(cell: str, column: Column) -> str:
    """Return SQL for the cell without the blanks around it; NULL where it says nothing."""
    sql = trimmed(cell)
    if column.drop_leading:
        sql = f"regexp_replace({sql}, {literal('^' + re.escape(column.drop_leading))}, '')"
    if column.type == "sku":
        sql = f"upper({sql})"
    if column.affixes:
        affixes = "|".join(re.escape(affix) for affix in column.affixes)
        around = rf"^(-?)(?:{affixes})?[\s\x{{A0}}]*(-?.*?)[\s\x{{A0}}]*(?:{affixes})?$"
        sql = f"regexp_replace({sql}, {literal(around)}, '\\1\\2', 'i')"
    for word, meant in column.words.items():
        alone = rf"(^|[^\w+-]){re.escape(word)}($|[^\w+-])"
        instead = rf"\1{meant}\2"
        sql = f"regexp_replace({sql}, {literal(alone)}, {literal(instead)}, 'i')"
    if column.blanks:
        blanks = literals(["", *(blank.casefold() for blank in column.blanks)])
        return f"case when lower({sql}) not in ({blanks}) then {sql} end"
    changed = column.drop_leading or column.affixes or column.words
    return f"nullif({sql}, '')" if changed else sql


@dataclass(frozen=True)
class Grammar:
    """How a file writes what exports write differently: known by its own cells."""

    decimal: str = "dot"
    date_order: str | None = None
    thousands: bool = False

    def __str__(self) -> str:
        order = f", dates {self.date_order.replace('_', ' ')}" if self.date_order else ""
        return f"decimal {self.decimal}{order}"


def typed(cell: str, column: Column, grammar: Grammar, zone: str) -> str:
    """Return SQL for the trimmed `cell` as its type; NULL where its grammar is broken."""
    kind = TYPES[column.type][0]
    match column.type:
        case _ if column.pattern:
            return f"case when regexp_full_match({cell}, {literal(column.pattern)}, 'i') then {cell} end"
        case "text" | "code":
            return cell
        case "id":
            return f"case when not regexp_full_match({cell}, {literal(MANGLED)}) then {cell} end"
        case "sku":
            wrong = f"^{MANGLED_SKU}$|{DECEPTIVE}"
            return f"case when not regexp_matches({cell}, {literal(wrong)}) then {cell} end"
        case "units":
            whole = f"regexp_full_match({cell}, '-?[0-9]{{1,15}}')"
            return f"case when {whole} then cast({cell} as {kind}) end"
        case "cents":
            whole = f"regexp_full_match({cell}, '-?[0-9]{{1,16}}')"
            return (
                f"case when {whole} then cast(cast({cell} as decimal(18, 0)) / 100 as {kind}) end"
            )
        case "amount" | "price" | "rate" | "precise":
            return _number(cell, column, grammar, kind)
        case _:
            return _time(cell, column, grammar, kind, zone)


def _number(cell: str, column: Column, grammar: Grammar, kind: str) -> str:
    places = PLACES[column.type]
    whole = f"[0-9]{{1,{DIGITS - places}}}"
    if grammar.thousands:  # written as people read it
        cell = _signed(cell)
        separator = MARKS["comma" if grammar.decimal == "dot" else "dot"]
        whole = rf"(?:{whole}|[0-9]{{1,3}}(?:{separator}[0-9]{{3}}){{1,4}})"
        number = f"replace({cell}, {literal(separator[-1])}, '')"
    else:
        number = cell
    pattern = rf"-?{whole}({MARKS[grammar.decimal]}[0-9]{{1,{places}}})?"
    if grammar.decimal == "comma":
        number = f"replace({number}, ',', '.')"
    return f"case when regexp_full_match({cell}, '{pattern}') then cast({number} as {kind}) end"


def _signed(cell: str) -> str:
    """Return SQL for the cell of a number with its minus in front, as computers write it.

    People and banks also write less than nothing as (8.00), as 8.00- and with the true minus.
    Anything else stays as it is.
    """
    return (
        f"case when starts_with({cell}, '(') and ends_with({cell}, ')') then '-' || {cell}[2:-2]"
        f" when starts_with({cell}, chr({MINUS})) then '-' || {cell}[2:]"
        f" when ends_with({cell}, '-') then '-' || {cell}[:-2]"
        f" else {cell} end"
    )


def grammar_of(form: str) -> str:
    """Return the regular expression of a strptime format: strptime itself takes too much."""
    parts = re.split(r"(%[A-Za-z])", form)
    return "".join(PATTERNS.get(part, re.escape(part)) for part in parts)


def date_order_of(form: str) -> str | None:
    """Return whether a format has the day or the month first, where both are numbers."""
    day, month = form.find("%d"), form.find("%m")
    if min(day, month) < 0 or 0 <= form.find("%Y") < min(day, month):
        return None
    return "day_first" if day < month else "month_first"


def _time(cell: str, column: Column, grammar: Grammar, kind: str, zone: str) -> str:
    branches = []
    orders = {date_order_of(form) for form in column.grammars} - {None}
    for form in column.grammars:
        if len(orders) == 2 and date_order_of(form) not in (None, grammar.date_order):
            continue
        value = f"try_strptime({cell}, {literal(form)})"
        if column.type == "wall_time":
            value = f"timezone({literal(zone)}, {value})"
        elif column.type == "moment" and "%z" not in form:
            value = f"timezone('UTC', {value})"
        elif column.type == "date":
            value = f"cast({value} as {kind})"
        branches.append(f"when regexp_full_match({cell}, {literal(grammar_of(form))}) then {value}")
    # Without any, the order of day and month is not known: no cell can be read.
    return f"case {' '.join(branches)} end" if branches else f"cast(null as {kind})"
