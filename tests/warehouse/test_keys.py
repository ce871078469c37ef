"""One phone and one address have one keyed hash, however they are written, and after a replay too; a case is a pack."""

from collections.abc import Iterator

import duckdb
import pytest

from tasks.warehouse.connection import MACROS


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as con:
        con.execute("set variable hash_key = 'key'")
        con.execute("set variable forgotten = cast([] as varchar[])")
        con.execute(MACROS)
        yield con


def value(con: duckdb.DuckDBPyConnection, sql: str) -> object:
    return con.execute(f"select {sql}").fetchall()[0][0]


@pytest.mark.parametrize("phone", ["+1 (212) 555-0142", "212 555 0142", "0012125550142"])
def test_a_phone_is_one_however_it_is_written(con: duckdb.DuckDBPyConnection, phone: str) -> None:
    assert value(con, f"phone_key('{phone}') = phone_key('2125550142')")
    assert value(con, f"phone_key(phone_token('{phone}')) = phone_key('{phone}')")
    assert value(con, f"phone_is_valid(phone_token('{phone}'))")
    assert value(con, f"phone_token(phone_token('{phone}')) = phone_token('{phone}')")


@pytest.mark.parametrize("phone", ["0000000", "000 000 0000", "123", "none"])
def test_what_is_nobodys_number_has_no_key(con: duckdb.DuckDBPyConnection, phone: str) -> None:
    assert value(con, f"phone_key('{phone}')") is None
    assert value(con, f"phone_key(phone_token('{phone}'))") is None
    assert value(con, f"phone_is_valid(phone_token('{phone}')) = phone_is_valid('{phone}')")


def test_an_address_is_one_however_it_is_written(con: duckdb.DuckDBPyConnection) -> None:
    key = value(con, "address_key('5 Mill-Lane', 'Hudson', '12534')")
    assert key is not None
    assert value(con, "address_key('5 MILL LANE', 'hudson ny', '''12534')") == key
    tokens = "address_token('5 Mill-Lane'), address_token('Hudson'), address_token('12534')"
    assert value(con, f"address_key({tokens})") == key
    assert value(con, "address_key('6 Mill Lane', 'Hudson', '12534')") != key
    assert value(con, "missing_address(" + tokens + ")") == ""


def test_what_is_masked_or_was_never_kept_has_no_address(con: duckdb.DuckDBPyConnection) -> None:
    assert value(con, "address_key(null, 'Hudson', '12534')") is None
    assert value(con, "address_key('x', 'x', 'x')") is None
    assert value(con, "address_key('5 Mill Lane', 'Doha', null)") is not None
    assert value(con, "missing_address('5 Mill Lane', null, null)") == "city, postcode"


@pytest.mark.parametrize(
    ("bill", "ship", "is_other"),
    [
        ("'US', '1'", "'us', '''1'", False),
        ("'US', '1'", "'CA', '1'", True),
        ("'US', '1'", "'US', '2'", True),
        ("'US', null", "'US', '2'", None),
        ("null, null", "'US', '2'", None),
    ],
)
def test_a_bill_of_another_place(
    con: duckdb.DuckDBPyConnection, bill: str, ship: str, is_other: bool | None
) -> None:
    assert value(con, f"is_other_place({bill}, {ship})") is is_other


@pytest.mark.parametrize(
    "unit",
    ["CA", "cs", "CTN", "Cases", "box", "DZ", "dozen", "Pack of 6", "CS12", "case (24)", "PK/6"],
)
def test_a_case_or_a_dozen_is_several_pieces(con: duckdb.DuckDBPyConnection, unit: str) -> None:
    assert value(con, f"is_pack('{unit}')") is True


@pytest.mark.parametrize("unit", ["EA", "Each", "pcs", "UN", "PR", "Bottle", "CAN", "STK", ""])
def test_a_piece_by_any_word_is_one(con: duckdb.DuckDBPyConnection, unit: str) -> None:
    assert value(con, f"is_pack('{unit}')") is False
