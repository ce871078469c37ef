"""Shapes of genuine exports: each is read right, or refused with what the seller has to do."""

import io
import re
import zipfile
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest

from config.strict import ROOT
from tasks.intake.landing import Landed
from tests.exports.door import Door

HERE = ROOT / "tests" / "exports"
SHAPES = ROOT.parent / "shared" / "shapes"
ORDERS = (
    "Name,Email,Financial Status,Paid at,Fulfillment Status,Fulfilled at,Currency,Subtotal,Shipping,"
    "Taxes,Total,Discount Amount,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,"
    "Lineitem fulfillment status,Shipping Name,Id,Source,Receipt Number,Phone,Shipping Province Name"
)
ORDER = (
    "#{n},ann@example.com,{paid},{paid_at},unfulfilled,,USD,{net},5.00,0.00,{total},0.00,"
    "2026-11-18 09:00:00 -0500,{units},Fern pot,8.50,POT-S,{line},Ann Reed,{id},web,,,"
)


def order(n: int, units: int = 1, **given: str) -> str:
    net = Decimal("8.50") * units
    given = {"paid": "paid", "paid_at": "2026-11-18 09:01:00 -0500", "line": "pending"} | given
    given.setdefault("id", f"610000000{n}")
    return ORDER.format(n=n, units=units, net=net, total=net + 5, **given)


def orders(*rows: str) -> str:
    return "\n".join([ORDERS, *rows]) + "\n"


def landed(door: Door, content: str | bytes, name: str = "export.csv") -> Landed:
    door.drop(name, content)
    [file] = door.night()
    return file


def without(content: str, *columns: str) -> str:
    """Return a small file without those columns."""
    rows = [line.split(",") for line in content.splitlines()]
    kept = [place for place, name in enumerate(rows[0]) if name not in columns]
    return "".join(",".join(row[place] for place in kept) + "\n" for row in rows)


def test_orders_without_the_columns_of_a_till_are_orders(door: Door) -> None:
    file = landed(door, orders(order(1001), order(1002, 2)))
    assert (file.arrival.report, file.status) == ("shopify.orders", "accepted")
    assert door.rows("select count(*), sum(total_amount) from valid.orders") == [
        (2, Decimal("35.50"))
    ]


@pytest.mark.parametrize("column", ["Receipt Number", "Id,Receipt Number"])
def test_orders_that_nobody_has_paid_yet_are_orders(door: Door, column: str) -> None:
    content = orders(order(1001, paid="pending", paid_at=""))
    file = landed(door, without(content, *column.split(",")))
    assert file.arrival.report == "shopify.orders"


@pytest.mark.parametrize("till", ["", ",Outstanding Balance,Employee,Location,Device ID"])
def test_checkouts_are_recognised_by_their_numbers_whatever_columns_they_have(
    door: Door, till: str
) -> None:
    rows = [order(n, paid="", paid_at="", id=str(n)) for n in (31500000000001, 31500000000002)]
    content = "".join(
        line + (till if not place else "," * till.count(",")) + "\n"
        for place, line in enumerate([ORDERS, *rows])
    )
    file = landed(door, content)
    assert (file.status, file.code) == ("rejected", "look_alike")
    assert "never paid" in file.reason


def test_orders_saved_again_with_semicolons_and_decimal_commas_are_read(door: Door) -> None:
    content = orders(order(1001), order(1002, 2)).replace(",", ";")
    content = re.sub(r"(\d)\.(\d\d)\b", r"\1,\2", content)
    file = landed(door, content)
    assert (file.status, file.reading.split(", header")[0]) == (
        "accepted", "utf-8, semicolon, decimal comma",
    )  # fmt: skip
    assert door.rows("select sum(total_amount) from valid.orders") == [(Decimal("35.50"),)]
    door.folder.warehouse.unlink()  # from the kept reading, too
    door.ingest()
    assert door.rows("select sum(total_amount) from valid.orders") == [(Decimal("35.50"),)]


def test_orders_without_a_column_of_skus_keep_their_orders(door: Door) -> None:
    file = landed(door, without(orders(order(1001), order(1002, 2)), "Lineitem sku"))
    assert (file.arrival.report, file.status) == ("shopify.orders", "accepted")
    assert door.rows("select sum(total_amount) from valid.orders") == [(Decimal("35.50"),)]


def test_orders_without_money_are_refused_with_what_they_lack(door: Door) -> None:
    file = landed(door, without(orders(order(1001)), "Subtotal", "Total", "Lineitem price"))
    assert (file.status, file.code) == ("rejected", "missing_column")
    assert "lacks 'Subtotal', 'Total', 'Lineitem price'" in file.reason


def test_a_line_that_may_not_be_fulfilled_is_read(door: Door) -> None:
    landed(door, orders(order(1001, line="not_eligible")))
    assert door.rows("select count(*) from valid.order_lines") == [(1,)]


def test_a_report_saved_again_with_another_delimiter_is_refused_by_name(
    door: Door,
) -> None:
    content = (HERE / "amazon/fba_returns.txt").read_text("utf-8").replace("\t", ",")
    file = landed(door, content)
    assert (file.status, file.code) == ("rejected", "saved_again")
    assert "with a comma between its cells" in file.reason


def test_spend_computed_to_eight_decimals_is_kept_as_it_is(door: Door) -> None:
    header = "Reporting starts,Reporting ends,Day,Campaign name,Amount spent (USD),Impressions"
    rows = [f"2026-11-19,2026-11-19,2026-11-19,C{n},1.23456789,9" for n in range(30)]
    file = landed(door, "\n".join([header, *rows]) + "\n")
    assert file.status == "accepted"
    assert door.rows("select sum(spend_amount) from valid.ad_spend") == [(Decimal("37.03703670"),)]


@pytest.mark.parametrize(
    ("content", "table"),
    [
        (
            "supplier_id,sku,case_pack,unit_cost,currency\nMüller,POT-S,6,1.00,USD\n",
            "supplier_items",
        ),
        ("iso_week,channel,plan_usd,note\n2026-W47,shopify,5,für Weihnachten\n", "revenue_plan"),
    ],
)
def test_a_sheet_of_ours_may_be_saved_in_windows_letters(
    door: Door, content: str, table: str
) -> None:
    assert landed(door, content.encode("cp1252")).reading.startswith("cp1252")
    assert door.rows(f"select count(*) from valid.{table}") == [(1,)]


def test_every_sheet_that_people_make_may_be_saved_in_windows_letters() -> None:
    from config.export import load_exports

    by_hand = {"catalog", "suppliers", "plan", "wholesale", "bank", "stock", "storefront"}
    lacking = [
        name
        for name, export in load_exports().items()
        if (export.platform in by_hand or name in ("marketing.ad_spend", "marketing.promotions"))
        and "delimited" in export.formats
        and "cp1252" not in export.encodings
    ]
    assert not lacking


@pytest.mark.parametrize("is_quoted", [False, True])
def test_an_export_twice_in_one_file_is_refused_and_two_months_of_it_are_not(
    door: Door, is_quoted: bool
) -> None:
    header = ",".join(f'"{name}"' for name in ORDERS.split(",")) if is_quoted else ORDERS
    door.drop("twice.csv", orders(order(1001), order(1002), header, order(1001), order(1003)))
    door.drop("months.csv", orders(order(1004), header, order(1005)))
    files = {file.arrival.name: file for file in door.night()}
    assert (files["twice.csv"].status, files["twice.csv"].code) == ("rejected", "export_twice")
    assert "holds its header again (line 4), and 1 rows below it" in files["twice.csv"].reason
    assert files["months.csv"].status == "accepted"
    assert door.rows("select count(*) from valid.orders") == [(2,)]


def test_an_export_twice_is_refused_where_no_row_names_a_person_and_says_how_it_was_read(
    door: Door,
) -> None:
    file = landed(door, "iso_week,channel,plan_usd\n2026-W47,shopify,1\n" * 2)
    assert (file.status, file.code) == ("rejected", "export_twice")
    assert file.reading == "utf-8, comma, decimal dot, header on line 1"


def test_a_file_of_too_many_bad_rows_names_the_column_the_form_and_the_way_out(
    door: Door,
) -> None:
    header = "date,account,description,reference,amount,balance"
    rows = [f"2026.11.20,USD,FEE {n},,-1.00,9.00" for n in range(30)]
    file = landed(door, "\n".join([header, *rows]) + "\n")
    assert (file.status, file.code) == ("rejected", "too_many_bad_rows")
    assert "30 of its 30 rows" in file.reason
    assert "'date' no date like 2026-11-28" in file.reason
    assert "'9999.99.99'" in file.reason
    assert "2026.11.20" not in file.reason


def test_a_file_of_which_no_row_can_be_used_is_refused_with_its_counts(door: Door) -> None:
    header = "Reporting starts,Reporting ends,Campaign name,Amount spent (USD),Impressions"
    file = landed(door, header + "\n" + "2026-10-01,2026-11-20,Autumn,12.34,9\n" * 5)
    assert (file.status, file.code) == ("rejected", "no_row_accepted")
    assert "Choose the breakdown by day" in file.reason
    assert door.rows("select rows_read, rows_quarantined from landing.files") == [(5, 5)]


EBAY = (
    "Sales Record Number,Order Number,Buyer Username,Buyer Tax Identifier Name,Ship To Name,Item Number,"
    "Item Title,Custom Label,Quantity,Sold For,Postage And Handling,White Goods Disposal Tax,Seller Collected Tax,"
    "eBay Collected Tax,eBay Collected Tax and Fees Included in Total,Total Price,Sale Date,Paid On Date,"
    "Shipped On Date,Vault Fulfillment Type,Transaction ID,Tax City"
)


@pytest.mark.parametrize(
    ("symbol", "status"), [("$", "accepted"), ("US $", "accepted"), ("AU $", "rejected")]
)
def test_ebays_report_of_2023_is_read_with_its_blank_row_and_its_footers(
    door: Door, symbol: str, status: str
) -> None:
    def line(*cells: str) -> str:
        return ",".join(f'"{cell}"' for cell in cells) + "\n"

    header = line(*EBAY.split(",")).replace('"Custom Label"', "Custom Label")
    row = line(
        "101", "01-00001-00001", "one", "", "B. One", "110000000001", "Pine tray", "TRAY", "1",
        f"{symbol}1,019.00", f"{symbol}4.00", f"{symbol}0.00", f"{symbol}0.00", f"{symbol}1.60", "",
        f"{symbol}1,024.60", "Nov-15-26", "Nov-15-26", "", "", "2100000001", "",
    )  # fmt: skip
    blank = line(*[""] * 22)
    file = landed(
        door, "\ufeff\n" + header + blank + row + "\n1,record(s) downloaded,\nSeller ID : a-shop\n"
    )
    assert file.completeness == "proven" if status == "accepted" else file.status == status
    found = door.rows("select total_amount, shipping_amount from valid.orders")
    assert found == ([(Decimal("1024.60"), Decimal("4.00"))] if status == "accepted" else [])


def book(styles: bytes) -> bytes:
    """Return a workbook of one disputed sheet whose styles are replaced."""
    made = openpyxl.Workbook()
    sheet = made.worksheets[0]
    sheet.append(["iso_week", "channel", "plan_usd"])
    sheet.append(["2026-W47", "shopify", 5.5])
    file, changed = io.BytesIO(), io.BytesIO()
    made.save(file)
    with zipfile.ZipFile(file) as source, zipfile.ZipFile(changed, "w") as target:
        for name in source.namelist():
            target.writestr(name, styles if name == "xl/styles.xml" else source.read(name))
    return changed.getvalue()


@pytest.mark.parametrize(
    "inside",
    [
        "<fills><fill><unknown/></fill></fills>",
        '<fonts><font><sz val="big"/></font></fonts>',
        '<cellXfs><xf numFmtId="0" fontId="77" borderId="-1"/></cellXfs>',
        "",
    ],
)
def test_a_style_that_no_value_needs_refuses_no_workbook(tmp_path: Path, inside: str) -> None:
    from tasks.reading import workbook

    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    path = tmp_path / "plan.xlsx"
    path.write_bytes(book(f'<styleSheet xmlns="{space}">{inside}</styleSheet>'.encode()))
    [sheet] = workbook.sheets(path)
    assert sheet.rows[1] == (2, ("2026-W47", "shopify", "5.5"))


@pytest.mark.skipif(not SHAPES.is_dir(), reason="the shapes are not next to the project")
@pytest.mark.parametrize(
    ("name", "fate"),
    [
        ("all_orders_amazon_it.txt", "rejected no_row_accepted"),
        ("customers.csv", "left"),
        ("jsonl_first_long.jsonl", "left"),
        ("long_line.txt", "left"),
        ("meta_8_decimals.csv", "accepted"),
        ("note.txt", "left"),
        ("payment_transactions_export.csv", "accepted"),
        ("products_dump.json", "left"),
        ("shopify_orders_no_sku.csv", "accepted"),
        ("shopify_orders_not_eligible.csv", "accepted"),
        ("shopify_orders_semicolon.csv", "accepted"),
        ("shopify_orders_without_money.csv", "rejected missing_column"),
        ("shopify_orders_without_pos_columns.csv", "accepted"),
        ("shopify_orders_twice.csv", "rejected export_twice"),
        ("meta_range.csv", "rejected no_row_accepted"),
    ],
)
def test_each_shape_next_to_the_project_has_its_fate(door: Door, name: str, fate: str) -> None:
    door.drop(name, SHAPES / name)
    pulled = door.pull()
    fates = [f"{file.status} {file.code}".strip() for file in door.ingest()]
    assert re.fullmatch(fate, (fates + ["left" for _ in pulled.left])[0])
    assert not pulled.failures
