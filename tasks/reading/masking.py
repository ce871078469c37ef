"""What a cell may not show: the numbers of payment cards, e-mail addresses, phone numbers.

The rule for card numbers is here and nowhere else. A cell holds one where a run of digits has a
length and a beginning that a card network gives out, and the check digit of Luhn: 16 digits and 4,
51 to 55, 2221 to 2720, 35; 15 and 34, 37; 14 and 36, 38; 16 to 19 and 4, 6011, 644 to 65, 62; also
13 and 4 where nothing else is in the cell. Blanks or hyphens may part it, as on the card. Not taken
for one: a barcode (13 or 14 digits with a barcode's own check digit), an IBAN, ids within JSON, and
what is in a column declared as an id, a code or a date.

In the database a look at the length decides for most cells and a regular expression for most of the
others; only what is left is looked at here.
"""

import re

import duckdb

CARD = "(card number)"  # stands for one; a cell that was redacted is known by it
EMAIL = r"""[^\s@,;:"'<>()|=\[\]{}]+@[^\s@,;:"'<>()|=\[\]{}]+\.[^\s@,;:"'<>()|=\[\]{}.]+"""

_NETWORKS = re.compile(
    "4[0-9]{12}(?:[0-9]{3}){0,2}|5[1-5][0-9]{14}"
    "|2(?:22[1-9]|2[3-9][0-9]|[3-6][0-9]{2}|7[01][0-9]|720)[0-9]{12}"
    "|3[47][0-9]{13}|3[68][0-9]{12}|35(?:2[89]|[3-8][0-9])[0-9]{12,15}"
    "|6(?:011|4[4-9][0-9]|5[0-9]{2})[0-9]{12,15}|62[0-9]{14,17}"
)
_BEGIN = "(?:4[0-9]{3}|5[1-5][0-9]{2}|2[2-7][0-9]{2}|3[4-8][0-9]{2}|6[0245][0-9]{2})"
_LIKELY = f"{_BEGIN}(?:[ -]?[0-9]){{9}}"
_RUN = re.compile(r"[0-9]+(?:[ -][0-9]+)*")
_GROUPS = ((4, 4, 4, 4), (4, 4, 4, 4, 3), (4, 6, 5), (4, 6, 4))
_IBAN = re.compile(r"\b[A-Z]{2}[0-9]{2}(?: ?[0-9A-Z]{4}){3,7}(?: ?[0-9A-Z]{1,3})?\b")
# What is left of a personal cell: digits and letters of a hash, of which some are digits only by chance.
_HASH = re.compile(r"\b(?=[0-9]*[a-f])[0-9a-f]{16,}\b")
_JSON_ID = re.compile(r'(?:/|[iI][dD]s?"\s*:\s*"?)[0-9]+')
_EMAIL = re.compile(EMAIL)
_PHONE = re.compile(
    r"\+[0-9][0-9 ().-]{6,}[0-9]|\(?\b[0-9]{3}\)?[ .-][0-9]{3}[ .-][0-9]{4}\b"
    r"|\b0[0-9]{2,4}[ /-][0-9][0-9 -]{4,}[0-9]\b"
)
_WORDS = re.compile(r"[^\W\d_]{2,}[\W_]+[^\W\d_]{2,}")
LONGEST_SHOWN = 40  # characters of a cell that is not where it belongs


# Of each connection; it calls what `install` makes known.
MACRO = f"""
create or replace temp macro has_card(cell) as
    case when strlen(cell) < 13 then false
    when regexp_matches(cell, '{_LIKELY}') then is_card_cell(cell)
    else coalesce(cell = '{CARD}', false) end;
"""


def install(con: duckdb.DuckDBPyConnection) -> None:
    """Make `masked`, `masked_words` and `form_of` known to the SQL of the file's every connection."""
    con.create_function("is_card_cell", is_card_cell, ["varchar"], "boolean")
    con.create_function("masked", masked, ["varchar"], "varchar")
    con.create_function("masked_words", masked_words, ["varchar"], "varchar")
    con.create_function("form_of", form_of, ["varchar"], "varchar")


def is_card_cell(cell: str) -> bool:
    """Return whether the number of a payment card is in the cell."""
    return bool(_cards(cell))


def masked(text: str) -> str:
    """Return the text without numbers of cards, e-mail addresses and phone numbers."""
    for run in _cards(text):
        text = text.replace(run, CARD)
    return _PHONE.sub("(phone)", _EMAIL.sub("(e-mail)", text))


def masked_words(text: str) -> str:
    """Return a text that is not where it belongs: of several words, or a long one, its form only."""
    is_long = len(text) > LONGEST_SHOWN or _WORDS.search(text)
    return form_of(masked(text)) if is_long else masked(text)


def form_of(text: str) -> str:
    """Return the form of a text: 9 for every digit and a for every letter."""
    return "".join("9" if s.isdigit() else "a" if s.isalpha() else s for s in text)


def _cards(cell: str) -> list[str]:
    """Return the runs of digits of a cell that are card numbers, as they are written there."""
    rest = _JSON_ID.sub("", cell) if cell[:1] in "[{" else cell
    rest = _HASH.sub("", _IBAN.sub("", rest))
    return [
        written
        for run in _RUN.findall(rest)
        for written in _written(run)
        if _is_card(written.replace(" ", "").replace("-", ""), alone=cell.strip() == run)
    ]


def _written(run: str) -> list[str]:
    """Return what of a run of digits and separators may be one number: all, a group, as on a card."""
    groups = re.split("[ -]", run)
    found = {run, *groups}
    for sizes in _GROUPS:
        for first in range(len(groups) - len(sizes) + 1):
            part = groups[first : first + len(sizes)]
            if all(len(g) == size for g, size in zip(part, sizes, strict=True)):
                start = sum(len(g) + 1 for g in groups[:first])
                found.add(run[start : start + sum(sizes) + len(sizes) - 1])
    return sorted(found, key=len, reverse=True)


def _is_card(digits: str, *, alone: bool) -> bool:
    if not _NETWORKS.fullmatch(digits) or (len(digits) == 13 and not alone):
        return False
    backwards = [int(digit) for digit in reversed(digits)]
    luhn = sum(backwards[::2]) + sum(2 * n - 9 * (n > 4) for n in backwards[1::2])
    barcode = sum(backwards[::2]) + 3 * sum(backwards[1::2])
    return luhn % 10 == 0 and not (len(digits) in (13, 14) and barcode % 10 == 0)
