"""What the cells below a header look like: times, amounts, something that a person wrote."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache

from tasks.reading import cells as grammar

FIT = 0.8  # of the cells: a sample may have a damaged one
AFFIXES = ("US $", "AU $", "C $", "$", "€", "£", "USD", "EUR", "GBP", "CAD", "AUD")
# Names that people's data has, and what such cells look like under any name.
OF_PEOPLE = frozenset(
    {
        "name", "first", "last", "full", "email", "mail", "phone", "mobile", "fax", "address", "address1",
        "address2", "street", "city", "town", "state", "county", "province", "region", "zip", "zipcode",
        "postcode", "postal", "buyer", "customer", "user", "username", "recipient", "contact", "company",
        "note", "notes", "message", "comment", "comments", "gift", "birthday", "vat", "taxpayer", "card",
        "latitude", "longitude", "ip",
    }
)  # fmt: skip
LIKE_PEOPLE = re.compile(r"\S+@\S+\.\S+|\+\d[\d\s().-]{7,}|\(?\d{3}\)?[\s.-]\d{3}[\s.-]\d{4}")
LONG_TEXT = 60  # letters: somebody wrote it


def times(cells: Sequence[str], formats: Iterable[str]) -> tuple[str, ...]:
    """Return the format that the cells fit: one, or one a side where day and month may be either."""
    fitting = {
        form: count
        for form in dict.fromkeys(formats)
        if (count := sum(_is_time(cell, form) for cell in cells)) >= FIT * len(cells)
    }
    best = [form for form, count in fitting.items() if count == max(fitting.values())]
    orders = {grammar.date_order_of(form): form for form in reversed(best)}
    return tuple(orders.values()) if len(orders) > 1 else tuple(best[:1])


def is_personal(name: str, cells: Sequence[str]) -> bool:
    """Return whether a header, or a cell below it, looks like what is known of a person."""
    words = {*re.findall(r"[^\W_]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).casefold())}
    return bool(words & OF_PEOPLE) or any(
        len(cell) > LONG_TEXT or LIKE_PEOPLE.fullmatch(cell) for cell in cells
    )


def _is_time(cell: str, form: str) -> bool:
    if not _pattern(form).fullmatch(cell):
        return False
    try:
        datetime.strptime(cell, form)  # noqa: DTZ007, only whether it is one
    except ValueError:
        return False
    return True


@lru_cache(maxsize=200)
def _pattern(form: str) -> re.Pattern[str]:
    return re.compile(grammar.grammar_of(form))


_AFFIX = "|".join(map(re.escape, AFFIXES))
_AROUND = re.compile(rf"(-?)({_AFFIX})?[\s\xa0]*(-?[\d.,]+)[\s\xa0]*({_AFFIX})?", re.IGNORECASE)
_DOT = re.compile(r"(?:\d+|\d{1,3}(?:,\d{3})+)(?:\.\d{1,8})?")
_COMMA = re.compile(r"(?:\d+|\d{1,3}(?:\.\d{3})+)(?:,\d{1,8})?")


def _numbers(cells: Sequence[str]) -> list[str]:
    """Return the numbers of cells without their sign and currency, of those that hold nothing else."""
    return [each[3].lstrip("-") for each in map(_AROUND.fullmatch, cells) if each]


def affixes_of(cells: Sequence[str]) -> tuple[str, ...]:
    """Return the currencies that are written with the amounts."""
    found = [_AROUND.fullmatch(cell) for cell in cells]
    used = {part.upper() for each in found if each for part in (each[2], each[4]) if part}
    return tuple(affix for affix in AFFIXES if affix.upper() in used)


def decimal_mark(cells: Sequence[str]) -> str | None:
    """Return the decimal mark of amounts; None where they are none."""
    numbers = _numbers(cells)
    for mark, pattern in (("dot", _DOT), ("comma", _COMMA)):
        if sum(bool(pattern.fullmatch(number)) for number in numbers) >= FIT * len(cells):
            return mark
    return None


def has_thousands_mark(cells: Sequence[str]) -> bool:
    """Return whether a mark separates the thousands of an amount."""
    mark = "," if decimal_mark(cells) == "dot" else "."
    return any(mark in number for number in _numbers(cells))
