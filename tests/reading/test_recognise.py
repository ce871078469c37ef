"""A file is recognised by its header and content; what cannot be read says how to get the right one."""

import io
import zipfile
from pathlib import Path

import pytest

from config.export import load_exports
from config.strict import ROOT
from tasks.reading.peek import Refused, RefusedAs
from tasks.reading.recognise import Unknown, recognise
from tasks.reading.recognised import Recognised

HERE = ROOT / "tests" / "exports"
EXPORTS = list(load_exports().values())


def recognised(
    tmp_path: Path, content: bytes | str, name: str = "file.csv"
) -> Recognised | Unknown:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return recognise(path, EXPORTS, "usd")


def sample(name: str) -> str:
    return (HERE / name).read_text("utf-8-sig")


def test_the_name_of_a_file_says_nothing(tmp_path: Path) -> None:
    kind = recognised(tmp_path, sample("bank/statement.csv"), "orders_export.txt")
    assert isinstance(kind, Recognised)
    assert kind.export.name == "bank.statement"


def test_headers_may_differ_in_case_blanks_order_and_columns_nobody_needs(tmp_path: Path) -> None:
    kind = recognised(tmp_path, "\ufeffPLAN_USD ,note, Channel,ISO_week\t\n5,x,shopify,2026-W47\n")
    assert isinstance(kind, Recognised)
    assert kind.export.name == "plan.revenue_plan"
    assert kind.places == {"iso_week": 3, "channel": 2, "plan_amount": 0}


def test_lines_above_the_header_are_no_data(tmp_path: Path) -> None:
    kind = recognised(tmp_path, "Plan of the sample shop\n\n" + sample("plan/revenue_plan.csv"))
    assert isinstance(kind, Recognised)
    assert kind.header_line == 3


@pytest.mark.parametrize(
    "content", ["date,campaign,clicks\n1,2,3\n", '{"orders": []}', "<a><b/></a>"]
)
def test_a_kind_that_nobody_declared_is_unknown(tmp_path: Path, content: str) -> None:
    assert isinstance(recognised(tmp_path, content), Unknown)


def test_an_unknown_file_says_what_most_of_its_header_is_of_and_none_of_its_own_names(
    tmp_path: Path,
) -> None:
    content = sample("shopify/inventory.csv").replace("Location", "Ann Reed")
    kind = recognised(tmp_path, content.replace("On hand (current)", "12 Elm Street"))
    assert isinstance(kind, Unknown)
    assert "of its 19 columns are those of Shopify inventory, all states" in kind.reason
    assert "which must have 'Location', 'On hand (current)'" in kind.reason
    assert "Ann Reed" not in kind.reason
    assert "12 Elm Street" not in kind.reason


def workbook() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty_file"),
        (b"  \r\n", "empty_file"),
        (b"<!DOCTYPE html><html><head><title>Log in</title></head></html>", "html_page"),
        (workbook(), "broken_workbook"),
        (b"\x1f\x8b\x08\x00rest", "archive"),
        (b"%PDF-1.7", "pdf"),
        (b'{"errors": [{"code": "Unauthorized"}]}', "message_not_table"),
        (b"Request throttled. Try again later.\n", "message_not_table"),
    ],
)
def test_what_is_no_table_is_refused(tmp_path: Path, content: bytes, code: str) -> None:
    with pytest.raises(Refused, match=r"orders\.csv") as refused:
        recognised(tmp_path, content, "orders.csv")
    assert refused.value.code == code


def test_a_missing_column_is_named_with_the_nearest_header_and_the_way_to_fix_it(
    tmp_path: Path,
) -> None:
    renamed = sample("fulfilment/shipments.csv").replace("Date - Shipped Date", "Shipped Date")
    with pytest.raises(RefusedAs) as refused:
        recognised(tmp_path, renamed, "shipments.csv")
    message = str(refused.value)
    assert refused.value.code == "missing_column"
    assert refused.value.export.name == "fulfilment.shipments"
    assert "lacks 'Date - Shipped Date' (was it renamed to 'Shipped Date'?)" in message
    assert "config/exports/fulfilment/shipments.yaml" in message
    assert "ShipStation" in message


def test_every_missing_column_is_named_at_once(tmp_path: Path) -> None:
    cut = sample("wholesale/orders.csv").replace("unit_price", "price").replace("status", "")
    with pytest.raises(RefusedAs, match=r"lacks 'unit_price'.*to 'price'\?\), 'status'"):
        recognised(tmp_path, cut)


def test_a_column_that_comes_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RefusedAs, match="'iso_week' twice") as refused:
        recognised(tmp_path, "iso_week,channel,plan_usd,iso_week\n2026-W47,shopify,5,2026-W48\n")
    assert refused.value.code == "doubled_column"


@pytest.mark.parametrize(
    "header",
    [
        "sku,location,quantity,rma,reason",  # returns
        "sku,quantity,from_location,to_location",  # transfers
        "sku,location,quantity,adjustment_id,reason",
        "sku,location,quantity,count_id,counted_at",
        "sku,quantity,po_number,supplier_id",
        "sku,warehouse,qty,order_number,tracking_number",  # parcels
        "sku,warehouse,qty,unit_price",  # a price list
        "sku,warehouse,qty,date",  # a history
    ],
)
def test_what_only_resembles_stock_on_hand_is_not_stock_on_hand(
    tmp_path: Path, header: str
) -> None:
    row = ",".join("MUG-1" if name == "sku" else "5" for name in header.split(","))
    (tmp_path / "file.csv").write_text(f"{header}\n{row}\n")
    on_hand = [export for export in EXPORTS if export.name == "stock.on_hand"]
    assert isinstance(recognise(tmp_path / "file.csv", on_hand, "usd"), Unknown)


def test_abandoned_checkouts_are_refused_although_they_look_like_orders(tmp_path: Path) -> None:
    with pytest.raises(RefusedAs, match="never paid") as refused:
        recognised(tmp_path, sample("shopify/abandoned_checkouts.csv"))
    assert refused.value.code == "look_alike"


def test_a_layout_without_later_columns_is_the_same_export(tmp_path: Path) -> None:
    for name in ("shopify/orders.csv", "shopify/orders@77.csv"):
        kind = recognised(tmp_path, sample(name))
        assert isinstance(kind, Recognised)
        assert kind.export.name == "shopify.orders"


def test_no_sample_is_taken_for_another_export() -> None:
    for path in [*HERE.glob("*/*.csv"), *HERE.glob("*/*.txt")]:
        if path.stem != "abandoned_checkouts":
            kind = recognise(path, EXPORTS, "usd")
            assert isinstance(kind, Recognised)
            assert kind.export.name == f"{path.parent.name}.{path.stem.partition('@')[0]}"
