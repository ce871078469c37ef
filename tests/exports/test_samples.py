"""Real export files of real sellers, read to the cent; they are outside the project."""

import csv
from decimal import Decimal
from pathlib import Path

import pytest

from config.shop import load_shop, shops_root
from config.strict import ROOT
from tests.exports.door import Door

SAMPLES = ROOT.parent / "shared" / "samples"
pytestmark = pytest.mark.skipif(
    not SAMPLES.is_dir(), reason="the samples are not next to the project"
)

SETTLEMENTS = {
    "50011020300.txt": Decimal("-321.69"),
    "50018020314.txt": Decimal("-62.31"),
    "50034020328.txt": Decimal("1016.08"),
    "50041020342.txt": Decimal("2539.66"),
}


@pytest.fixture
def seller(door: Door) -> Door:
    """The sample shop, with the currency and the location of these sellers."""
    path = shops_root() / "sample.yaml"
    text = path.read_text(encoding="utf-8").replace("EUR", "CAD").replace("Amazon.de", "Amazon.ca")
    text = text.replace("\nlocations:\n", "\nlocations:\n  Underground Sports Shop: {kind: own}\n")
    path.write_text(text, encoding="utf-8")
    door.shop = load_shop("sample")
    return door


def test_four_settlements_of_the_first_layout_add_up_to_the_cent(seller: Door) -> None:
    for name in SETTLEMENTS:
        seller.drop(name, SAMPLES / "amazon_settlement_v1" / name)
    landed = seller.night()
    assert {file.status for file in landed} == {"accepted"}
    totals = seller.rows(
        """
        select payout_amount, (
            select sum(amount) from valid.payout_lines as lines where lines.payout_id = payouts.payout_id
        ) from valid.payouts order by period_start_at
        """
    )
    assert totals == [(total, total) for total in SETTLEMENTS.values()]
    assert seller.rows("select count(*) from landing.quarantine") == [(0,)]


def test_a_real_orders_export_gives_every_line_and_its_money(seller: Door) -> None:
    path = SAMPLES / "shopify_orders" / "orders_export_79col_redacted.csv"
    seller.drop("orders_export.csv", path)
    seller.night()
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    gross = sum(Decimal(r["Lineitem price"]) * int(r["Lineitem quantity"]) for r in rows)
    total = sum(Decimal(r["Total"]) for r in rows if r["Id"])
    assert seller.rows("select count(*), sum(gross_amount) from valid.order_lines") == [
        (len(rows), gross)
    ]
    assert seller.rows("select count(*), sum(total_amount) from valid.orders") == [
        (sum(1 for r in rows if r["Id"]), total)
    ]


def test_a_real_inventory_export_gives_what_is_stocked_and_nothing_else(seller: Door) -> None:
    path: Path = SAMPLES / "shopify_inventory" / "inventory_export_1_nsls.csv"
    seller.drop("inventory_export_1.csv", path)
    seller.night()
    with path.open(encoding="utf-8", newline="") as file:
        rows = [r for r in csv.DictReader(file) if r["SKU"].strip()]
    stocked = [int(r["On hand (current)"]) for r in rows if r["On hand (current)"] != "not stocked"]
    assert seller.rows(
        "select count(on_hand_units), cast(sum(on_hand_units) as bigint) from valid.stock_levels"
    ) == [(len(stocked), sum(stocked))]
    assert seller.rows("select count(*) from landing.quarantine") == [(0,)]


def test_a_real_catalogue_of_the_old_layout_is_read_whole(seller: Door) -> None:
    path = SAMPLES / "shopify_products" / "shopifypartners_apparel.csv"
    seller.drop("products_export.csv", path)
    (landed,) = seller.night()
    with path.open(encoding="utf-8", newline="") as file:
        rows = sum(1 for _ in csv.DictReader(file))
    assert (landed.status, landed.rows_read) == ("accepted", rows)
    assert seller.rows("select count(*) from landing.quarantine") == [(0,)]
