"""How a figure is written for a person: with its unit, its currency and its age, never guessed.

What has no data says so. Two currencies are never added: their sums are listed side by side.
"""

import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date, datetime, tzinfo
from decimal import ROUND_HALF_UP, Decimal
from difflib import get_close_matches

NO_DATA = "no data"
ELLIPSIS = "…"
MINUTE, HOUR, DAY = 60, 3600, 86400


def plain(text: object) -> str:
    """Return `text` on one line, without characters that steer a terminal or turn the script."""
    spaced = " ".join(str(text).split())
    return "".join(character for character in spaced if unicodedata.category(character)[0] != "C")


def words(name: object) -> str:
    """Return an id of ours as words: `in_transit` is "in transit"."""
    return plain(name).replace("_", " ")


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the question whether the known word nearest to a mistyped one was meant; empty if none is near."""
    near = get_close_matches(word, known, n=1)
    return f" Did you mean {near[0]}?" if near else ""


def cut(text: object, width: int) -> str:
    """Return `text` on one line of at most `width` characters; what was cut off shows."""
    line = plain(text)
    return line if len(line) <= width else line[: width - 1].rstrip() + ELLIPSIS


def count(number: int | None, one: str = "", many: str = "") -> str:
    """Return a whole number with thousands separators and its unit; `many` defaults to `one`s."""
    if number is None:
        return NO_DATA
    unit = one if number == 1 else many or (f"{one}s" if one else "")
    return f"{number:,} {unit}".rstrip()


def signed(number: int) -> str:
    """Return a change with its sign; no change is a plain 0."""
    return f"{number:+,}" if number else "0"


def money(amount: Decimal | int | None, currency: str | None) -> str:
    """Return an amount to the cent behind its currency."""
    if amount is None:
        return NO_DATA
    return f"{plain(currency or '?')} {Decimal(amount).quantize(Decimal('0.01'), ROUND_HALF_UP):,}"


def amount(value: Decimal | None) -> str:
    """Return an amount to the cent, in a column that names its currency."""
    return NO_DATA if value is None else f"{value:,.2f}"


def sums(amounts: Mapping[str, Decimal]) -> str:
    """Return one sum per currency, side by side."""
    texts = [money(amount, currency) for currency, amount in sorted(amounts.items())]
    return " + ".join(texts) or NO_DATA


def figure(value: Decimal | int | None, unit: str, currency: str = "") -> str:
    """Return a KPI's value in its unit: a rate as a percentage, an amount with its currency.

    A whole number is as good as a decimal: a mart's count is a BIGINT.
    """
    if value is None:
        return NO_DATA
    value = Decimal(value)
    if unit == "rate":
        return f"{_rounded(value * 100, '0.1')} %"
    if unit == "amount":
        return money(value, currency)
    if unit in ("hours", "days"):
        return f"{_rounded(value, '0.1')} {unit[0]}"
    whole = value == value.to_integral_value()
    kind = "SKUs" if unit == "skus" else words(unit)
    kind = kind.removesuffix("s") if value == 1 else kind
    return f"{_rounded(value, '1' if whole else '0.1')} {kind}"


def _rounded(value: Decimal, step: str) -> str:
    return f"{value.quantize(Decimal(step), ROUND_HALF_UP):,}"


def percent(rate: Decimal | int | None, *, sign: bool = False) -> str:
    """Return a share of 1 as a percentage; `sign` for a change."""
    if rate is None:
        return NO_DATA
    share = (Decimal(rate) * 100).quantize(Decimal("0.1"), ROUND_HALF_UP)
    return f"{share:+,} %" if sign else f"{share:,} %"


def day(when: date | None) -> str:
    """Return a day as people write it: Sun 22 Nov 2026."""
    return f"{when:%a} {when.day} {when:%b %Y}" if when else NO_DATA


def short_day(when: date | None, today: date | None = None) -> str:
    """Return a day without its year, 22 Nov; with it where that is not the year of `today`."""
    if when is None:
        return NO_DATA
    year = "" if today is None or when.year == today.year else f" {when.year}"
    return f"{when.day} {when:%b}{year}"


def week_days(iso_week: str) -> str:
    """Return the days of an ISO week, 2026-W48: Mon 23 Nov to Sun 29 Nov 2026."""
    year, week = map(int, iso_week.split("-W"))
    first, last = (date.fromisocalendar(year, week, weekday) for weekday in (1, 7))
    return f"{first:%a} {short_day(first, last)} to {day(last)}"


def clock(at: datetime | None, zone: tzinfo, today: date | None = None) -> str:
    """Return a moment on the clock of `zone`; its day is left out if that is `today`."""
    if at is None:
        return NO_DATA
    local = at.astimezone(zone)
    return f"{local:%H:%M}" if local.date() == today else f"{short_day(local.date())} {local:%H:%M}"


def lasting(seconds: float) -> str:
    """Return a length of time in its largest fitting unit, rounded down: 25 min, 6 h, 3 d."""
    past = max(int(seconds), 0)
    if past < HOUR:
        return f"{past // MINUTE} min"
    return f"{past // HOUR} h" if past < 2 * DAY else f"{past // DAY} d"


def age(at: datetime | None, now: datetime | None) -> str:
    """Return how old something of the moment `at` is now."""
    if at is None or now is None:
        return "of unknown age"
    return f"{lasting((now - at).total_seconds())} old"


def hours_old(hours: Decimal | float | None) -> str:
    """Return an age given in hours."""
    return "of unknown age" if hours is None else f"{lasting(float(hours) * HOUR)} old"


def markdown(text: object) -> str:
    """Return `text` as one cell of a Markdown table that shows it letter by letter."""
    escapes = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
    return "".join(escapes.get(s, f"\\{s}" if s in "\\`*_[]|~#!" else s) for s in plain(text))
