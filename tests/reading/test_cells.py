"""A cell is read exactly, or not at all: held against Python's own, stricter readers."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.export import DATES, MOMENTS, Column, ColumnType
from tasks.reading import cells

ZONE = "America/New_York"
US_TIME = "%m/%d/%Y %I:%M:%S %p"
CHARACTERS = "0123456789+-−.,eE_٣１½'()$% \t\u00a0\u200b:/TZ"
NUMBERS: tuple[ColumnType, ...] = ("amount", "price", "rate", "units")
MOST = {"amount": 16, "price": 14, "rate": 12, "units": 15}  # digits before the decimal mark

batches = st.lists(st.text(CHARACTERS, max_size=14), min_size=1, max_size=60)


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as con:
        con.execute("set timezone = 'UTC'")
        yield con


def read(
    con: duckdb.DuckDBPyConnection, texts: Sequence[str], column: Column, decimal: str = "dot"
) -> list[Any]:
    """Return the cells as the column reads them, in their order."""
    value = cells.typed("trimmed", column, cells.Grammar(decimal), ZONE)
    return [
        row[0]
        for row in con.execute(
            f"select {value} from (select place, {cells.text('cell', column)} as trimmed from"
            " (select unnest(range(len($1))) as place, unnest($1::varchar[]) as cell))"
            " order by place",
            [list(texts)],
        ).fetchall()
    ]


blank_ends = st.text("".join(map(chr, cells.BLANK_CODES)), max_size=3)
middles = st.text("aé!~\x7f\u0301\u200d🙂 \u2009", max_size=4)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(blank_ends, middles, blank_ends), min_size=1, max_size=60))
def test_a_cell_loses_the_blanks_around_it_and_nothing_else(
    con: duckdb.DuckDBPyConnection, parts: list[tuple[str, str, str]]
) -> None:
    texts = ["".join(each) for each in parts]
    blanks = "".join(map(chr, cells.BLANK_CODES))
    found = con.execute(
        f"select {cells.trimmed('cell')} from (select unnest(range(len($1))) as place,"
        " unnest($1::varchar[]) as cell) order by place",
        [texts],
    ).fetchall()
    assert [text for (text,) in found] == [text.strip(blanks) or None for text in texts]


def column(kind: ColumnType, **more: Any) -> Column:
    return Column(theirs=("x",), type=kind, **more)


@pytest.mark.parametrize(
    ("kind", "cell", "value"),
    [
        ("amount", "12.34", Decimal("12.34")),
        ("amount", " 12 ", Decimal(12)),
        ("amount", "12.5\t", Decimal("12.5")),
        ("amount", "-0.01", Decimal("-0.01")),
        ("amount", "0012", Decimal(12)),
        ("amount", "9" * 16 + ".99", Decimal("9" * 16 + ".99")),
        ("amount", "9" * 17, None),
        ("amount", "12.345", None),
        ("amount", "1e5", None),
        ("amount", "1,234", None),
        ("amount", "1,234.00", None),
        ("amount", "1 234.00", None),
        ("amount", "1\u00a0234.00", None),
        ("amount", "+5", None),
        ("amount", "−5", None),
        ("amount", "5-", None),
        ("amount", "(5.00)", None),
        ("amount", "$5.00", None),
        ("amount", "٣", None),
        ("amount", "１２", None),
        ("amount", "NaN", None),
        ("amount", "inf", None),
        ("amount", ".5", None),
        ("amount", "5.", None),
        ("amount", "", None),
        ("price", "3.1250", Decimal("3.125")),
        ("price", "3.12501", None),
        ("rate", "9" * 12 + ".5", Decimal("9" * 12 + ".5")),
        ("rate", "9" * 13, None),
        ("units", "12", 12),
        ("units", "-3", -3),
        ("units", "0012", 12),
        ("units", "2.0", None),
        ("units", "1e3", None),
        ("units", "1,000", None),
        ("units", "9" * 16, None),
        ("sku", " ab-7 ", "AB-7"),
        ("sku", "ab-7\u200b", "AB-7"),
        ("sku", "Straße-42", "STRAẞE-42"),
        ("sku", "00123", "00123"),
        ("sku", "1.23457e+11", None),  # what a spreadsheet makes of 123456789012
        ("sku", "1,2E+05", None),
        ("sku", "1E5", "1E5"),
        ("sku", "A1E+05", "A1E+05"),
        ("sku", "10µF", "10ΜF"),
        ("sku", "ЯБ-7", "ЯБ-7"),
        ("sku", "АB-7", None),  # a Cyrillic А
        ("sku", "AB\u200b7", None),
        ("sku", "AB\n7", None),
        ("date", "2026-02-28", date(2026, 2, 28)),
        ("date", "2026-02-30", None),
        ("date", "2026-2-8", date(2026, 2, 8)),
        ("date", "28/02/2026", None),
        ("date", "46346", None),
        ("date", "0226-02-28", None),
        ("date", "0000-01-01", None),
        ("date", "2026-02-28 10:00:00", None),
        ("moment", "2026-11-20 10:00:00 -0500", datetime(2026, 11, 20, 15, tzinfo=UTC)),
        ("moment", "2026-11-20T10:00:00+05:30", datetime(2026, 11, 20, 4, 30, tzinfo=UTC)),
        ("moment", "20.11.2026 10:00:00 UTC", datetime(2026, 11, 20, 10, tzinfo=UTC)),
        ("moment", "2026-11-20T10:00:00Z", None),
        ("moment", "2026-11-20 10:00:00", None),
        ("moment", "11/12/2026 10:00", None),
        ("moment", "2026-11-20 24:00:00 +0000", None),
        ("wall_time", "2026-11-20 10:00:00", datetime(2026, 11, 20, 15, tzinfo=UTC)),
        ("wall_time", "2026-07-01 10:00:00", datetime(2026, 7, 1, 14, tzinfo=UTC)),
        ("wall_time", "2026-11-20 10:00:00Z", None),
    ],
)
def test_cell_is_read_exactly_or_not_at_all(
    con: duckdb.DuckDBPyConnection, kind: ColumnType, cell: str, value: object
) -> None:
    assert read(con, [cell], column(kind)) == [value]


def test_only_the_formats_of_a_column_are_read(con: duckdb.DuckDBPyConnection) -> None:
    ours = column("wall_time", formats=(US_TIME,))
    texts = ["11/05/2026 11:30:00 PM", "13/11/2026 11:30:00 PM", "13/13/2026 01:00:00 AM"]
    assert read(con, texts, ours) == [datetime(2026, 11, 6, 4, 30, tzinfo=UTC), None, None]


@pytest.mark.parametrize(
    ("cell", "value"),
    [("1141,18", Decimal("1141.18")), ("1.141,18", None), ("1141.18", None), ("5", Decimal(5))],
)
def test_a_file_with_decimal_commas_has_no_other_mark(
    con: duckdb.DuckDBPyConnection, cell: str, value: object
) -> None:
    assert read(con, [cell], column("amount"), "comma") == [value]


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("(8.00)", Decimal("-8.00")),
        ("(1,208.50)", Decimal("-1208.50")),
        ("8.00-", Decimal("-8.00")),
        ("−12.00", Decimal("-12.00")),
        ("-1,208.50", Decimal("-1208.50")),
        ("(-8.00)", None),
        ("-8.00-", None),
        ("(8.00", None),
        ("–12.00", None),  # a dash
        ("()", None),
        ("-", None),
    ],
)
def test_where_people_write_amounts_they_write_less_than_nothing_in_several_ways(
    con: duckdb.DuckDBPyConnection, cell: str, value: object
) -> None:
    typed = cells.typed("cell", column("amount"), cells.Grammar(thousands=True), ZONE)
    assert con.execute(f"select {typed} from (select $1 as cell)", [cell]).fetchall() == [(value,)]


def test_one_leading_apostrophe_is_no_data_and_only_one(con: duckdb.DuckDBPyConnection) -> None:
    ours = column("text", drop_leading="'")
    assert read(con, ["'012207", "''x", "o'clock", "'"], ours) == ["012207", "'x", "o'clock", None]


def test_words_that_mean_blank_are_blank_in_any_case(con: duckdb.DuckDBPyConnection) -> None:
    ours = column("units", blanks=("not stocked",))
    assert read(con, ["Not Stocked", "0", ""], ours) == [None, 0, None]


@given(texts=batches, kind=st.sampled_from(NUMBERS))
@settings(max_examples=60, deadline=None)
def test_no_text_is_read_as_another_number(
    con: duckdb.DuckDBPyConnection, texts: list[str], kind: ColumnType
) -> None:
    for cell, value in zip(texts, read(con, texts, column(kind)), strict=True):
        if value is not None:
            assert set(cell.strip(" \t\u00a0\u200b")) <= set("-0123456789.")
            assert Decimal(cell.strip(" \t\u00a0\u200b")) == value


@given(data=st.data(), kind=st.sampled_from(NUMBERS))
@settings(max_examples=60, deadline=None)
def test_every_number_within_bounds_is_read(
    con: duckdb.DuckDBPyConnection, data: st.DataObject, kind: ColumnType
) -> None:
    numbers = data.draw(
        st.lists(
            st.decimals(
                -(10 ** MOST[kind]) + 1, 10 ** MOST[kind] - 1, places=cells.PLACES.get(kind, 0)
            ),
            min_size=1,
            max_size=30,
        )
    )
    assert read(con, [f"{number:f}" for number in numbers], column(kind)) == numbers


moments = st.datetimes(datetime(1000, 1, 2), datetime(2999, 12, 30), timezones=st.just(UTC)).map(
    lambda moment: moment.replace(microsecond=0)
)
offsets = st.integers(-12 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(moment=moments, offset=offsets)
@settings(max_examples=100, deadline=None)
def test_every_moment_is_read_with_its_offset(
    con: duckdb.DuckDBPyConnection, moment: datetime, offset: timezone
) -> None:
    there = moment.astimezone(offset)
    texts = [there.isoformat(), f"{there:%d.%m.}{there.year:04} {there:%H:%M:%S} UTC"]
    assert read(con, texts, column("moment")) == [moment, there.replace(tzinfo=UTC)]


@given(
    texts=st.lists(
        st.one_of(
            st.text("0123456789-/:. TZU+", max_size=26),
            st.from_regex(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}", fullmatch=True),
            st.from_regex(
                r"[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2} ?[+-][0-9]{2}:?[0-9]{2}",
                fullmatch=True,
            ),
        ),
        min_size=1,
        max_size=60,
    )
)
@settings(max_examples=100, deadline=None)
def test_no_text_is_read_as_another_time(con: duckdb.DuckDBPyConnection, texts: list[str]) -> None:
    for kind, forms in (("date", DATES), ("moment", MOMENTS)):
        values = read(con, texts, column(kind))  # type: ignore[arg-type]
        for cell, value in zip(texts, values, strict=True):
            if value is not None:
                assert value in by_python(cell.strip(), forms)


def by_python(cell: str, forms: Sequence[str]) -> list[date]:
    """Return what Python reads the cell as in each of the formats that fit."""
    found: list[date] = []
    for form in forms:
        try:
            read = datetime.strptime(cell, form)  # noqa: DTZ007, made aware below
        except ValueError:
            continue
        found += [read.date(), read if read.tzinfo else read.replace(tzinfo=UTC)]
    return found


def test_a_wall_time_that_the_clock_skips_or_repeats_is_read_as_one_moment(
    con: duckdb.DuckDBPyConnection,
) -> None:
    skipped, repeated = read(
        con, ["2026-03-08 02:30:00", "2026-11-01 01:30:00"], column("wall_time")
    )
    assert skipped.astimezone(ZoneInfo(ZONE)).date() == date(2026, 3, 8)
    assert repeated.astimezone(ZoneInfo(ZONE)).hour == 1
