"""Card numbers: found wherever they are written, kept nowhere, and nothing else is taken for one."""

import duckdb
import pytest

from config.strict import ROOT
from tasks.reading import masking
from tests.archive.test_privacy import HEADER, ORDER, bytes_left
from tests.exports.door import Door

HERE = ROOT / "tests" / "exports"
SAMPLES = ROOT.parent / "shared" / "samples"
CARDS = [
    "4111111111111111", "4111 1111 1111 1111", "4111-1111-1111-1111", "5555555555554444",
    "2223003122003222", "378282246310005", "3782 822463 10005", "36148900647913",
    "6011111111111117", "3530111333300000", "6200000000000005", "4222222222222",
    "4000000000000000006", "0049 4111 1111 1111 1111", "4111 1111 1111 1111 123",
]  # fmt: skip
NOT_CARDS = [
    "4111111111111112", "576900000000001002", "111-0000001-0000001", "405-1234567-1234567",
    "15000000000001", "6100000001007", "4006381333931", "9400 1000 0000 0000 0000 00",
    "2026-11-18 09:00:00 -0500", "+1 518 555 0142", "DE12 4306 0967 1234 5678 90",
    "7111111111111114", "1000000000000008", "6400000000000003", "9200190123456780",  # of no network
    '[{"id": 4111111111111111}]', "gid://shopify/Order/6100000001007", "01-00001-00001",
]  # fmt: skip


def test_the_database_and_the_rule_say_the_same() -> None:
    with duckdb.connect() as con:
        masking.install(con)
        con.execute(masking.MACRO)
        for cell in CARDS:
            for text in (cell, f"pay {cell}, please"):
                expected = len(cell) > 13 or text == cell
                assert masking.is_card_cell(text) == expected, text
                assert con.execute("select has_card($1)", [text]).fetchall() == [(expected,)]
        for cell in NOT_CARDS:
            assert not masking.is_card_cell(cell), cell
            assert con.execute("select has_card($1)", [cell]).fetchall() == [(False,)], cell


@pytest.mark.parametrize("card", ["4111 1111 1111 1111", "378282246310005"])
def test_a_card_number_quarantines_its_row_and_is_nowhere_in_clear(door: Door, card: str) -> None:
    rows = [
        ORDER.format(number=n, email="a@b.example", street="1 Elm", note=note, card="L-1")
        for n, note in ((1001, card), (1002, "ring twice"))
    ]
    rows[1] = rows[1].replace(",1,Mug,", f",1,Mug {card},")
    rows.append(rows[1].replace("1002", "1003").replace(f"Mug {card}", "Mug"))
    door.drop("orders.csv", "\n".join([HEADER, *rows]) + "\n")
    bank = "date,account,description,reference,amount,balance\n"
    good = "2026-11-20,USD,FEE,,-4.50,10.00\n"
    door.drop("bank.csv", f"{bank}{good}2026-11-20,USD,PAID {card},,-1.00,9.00\n")
    door.drop("spend.csv", spend(card))
    door.night()

    assert sorted(door.rows("select report, reason, column_name from landing.quarantine")) == [
        ("bank.statement", "card_number", "description"),
        ("marketing.ad_spend", "card_number", "campaign"),
        ("shopify.orders", "card_number", ""),
        ("shopify.orders", "card_number", "title"),
    ]
    assert door.rows("select count(*) from valid.orders") == [(3,)]
    assert door.rows("select count(*) from valid.order_lines") == [(1,)]
    assert door.rows("select count(*) from valid.bank_lines") == [(1,)]
    for path, content in bytes_left(door):
        assert card.encode() not in content, path

    door.folder.warehouse.unlink()  # the kept readings say the same
    door.ingest()
    assert door.rows("select count(*) from landing.quarantine where reason = 'card_number'") == [
        (4,)
    ]


def spend(card: str) -> str:
    """Return a sheet whose columns are all declared and of which none is personal."""
    header = "platform,channel,date,campaign_id,campaign,sku,impressions,clicks,orders,spend,sales,currency"
    row = "meta,shopify,2026-11-19,C1,{},POT-S,1,1,1,1.00,2.00,USD"
    return "\n".join([header, row.format("Autumn"), row.format(f"Autumn {card}")]) + "\n"


@pytest.mark.whole
@pytest.mark.timeout(900)  # every export there is, on a busy machine
@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the samples are not next to the project")
def test_no_cell_of_a_genuine_export_is_taken_for_a_card(door: Door) -> None:
    for path in SAMPLES.glob("*/*"):
        if path.is_file():
            door.drop(f"{path.parent.name}/{path.name}", path)
    for path in HERE.glob("*/*"):
        if path.suffix not in (".md", ".py"):
            door.drop(f"ours/{path.parent.name}/{path.name}", path)
    door.night()
    assert door.rows("select * from landing.quarantine where reason = 'card_number'") == []


def test_a_keyed_hash_is_no_card_whatever_digits_it_has_by_chance() -> None:
    assert not masking.is_card_cell("a4111111111111111bc0ffee0123456f")
    assert masking.is_card_cell("paid by a 4111111111111111")
