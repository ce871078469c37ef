"""`backroom new-export` guesses what a sample means, says what it does not know, and shows nothing that it read."""

import json
import re
import shutil
from pathlib import Path

import pytest
import yaml

from config.contract import load_contracts
from config.errors import Exit
from config.export import Export, load_exports
from config.header import load_headers
from config.strict import CONFIG
from flows.desk.cli import main
from tasks.reading.cell_looks import times
from tasks.reading.guess import sketch
from tasks.reading.header import plain
from tasks.reading.peers import words_of
from tasks.reading.sample import read_sample
from tasks.reading.skeleton import skeleton

ETSY = Path(__file__).parent / "etsy" / "tests" / "exports" / "etsy" / "orders.csv"
SAMPLES = Path(__file__).parents[1] / "exports"
HEADER = "Order ID,Sale Date,SKU,Quantity,Price,Currency,Order Total"


@pytest.fixture
def exports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the folder of exports, in which the command writes."""
    root = tmp_path / "exports"
    shutil.copytree(CONFIG / "exports", root)
    monkeypatch.setenv("BACKROOM_EXPORTS", str(root))
    return root


def made(exports: Path, sample: Path, *more: str, report: str = "orders") -> Export:
    assert main(["new-export", "etsy", report, str(sample), *more]) == 0
    return Export.read(exports / "etsy" / f"{report}.yaml", platform="etsy", report=report)


def test_headers_are_matched_with_types_and_forms(exports: Path) -> None:
    export = made(exports, ETSY)
    assert {ours: column.theirs[0] for ours, column in export.columns.items()} == {
        "ordered_at": "Sale Date",
        "title": "Item Name",
        "quantity_units": "Quantity",
        "unit_price_amount": "Price",
        "discount_amount": "Discount Amount",
        "shipping_amount": "Order Shipping",
        "gross_amount": "Item Total",
        "currency": "Currency",
        "paid_at": "Date Paid",
        "shipped_at": "Date Shipped",
        "ship_country": "Ship Country",
        "ship_region": "Ship State",
        "order_id": "Order ID",
        "payment_method": "Payment Type",
        "channel_sku": "SKU",
    }
    types = {ours: column.type for ours, column in export.columns.items() if column.type != "text"}
    assert types["order_id"] == "id"
    assert types["channel_sku"] == "sku"
    assert types["ordered_at"] == "wall_time"
    assert types["quantity_units"] == "units"  # though a cell of the sample is none
    assert types["unit_price_amount"] == "price"
    assert export.columns["ordered_at"].formats == ("%m/%d/%y",)
    assert {"order_id", "ordered_at", "channel_sku", "quantity_units"} <= {*export.signature}
    assert export.derive["order_name"] == "order_id"
    assert export.loads_into["orders"][0].first_of == ("order_id",)
    assert export.loads_into["order_lines"][0].set_ == {"discount_amount": "null"}


def test_what_is_missing_is_listed_and_so_are_unused_headers(
    exports: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    export = made(exports, ETSY)
    text = (exports / "etsy" / "orders.yaml").read_text("utf-8")
    printed = capsys.readouterr().out
    missing = "payment_state, fulfilment_state, customer_key, fulfilled_by"
    assert f"Missing, though almost every such export fills it: {missing}." in printed
    columns = load_contracts()["orders"].columns.keys() | load_contracts()["order_lines"].columns
    listed = {*export.columns, *export.derive, *re.findall(r"^  # (\w+): \(", text, re.MULTILINE)}
    assert columns - {"platform", "channel"} == listed & columns - {"platform", "channel"}
    assert {"Listing ID", "Coupon Code"} <= {*export.also}
    assert {"Buyer", "Ship Name", "Ship Address1", "Ship Zipcode"} <= {*export.private}
    used = {name for column in export.columns.values() for name in column.theirs}
    header = ETSY.read_text("utf-8").splitlines()[0].split(",")
    assert sorted((*used, *export.also, *export.private)) == sorted(header)
    for step in (
        "config/words/etsy.yaml",
        "tests/exports/etsy/orders.csv",
        "python -m tests.exports.golden",
        "`platform: etsy`",
    ):
        assert step in printed


def test_no_cell_is_shown(exports: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made(exports, ETSY)
    text = (exports / "etsy" / "orders.yaml").read_text("utf-8") + capsys.readouterr().out
    for word in (
        "Sample",
        "adasample",
        "Albany",
        "12207",
        "3300000001",
        "POT",
        "Tall vase",
        "FALL10",
    ):
        assert word not in text


def test_a_file_that_is_there_is_kept_unless_asked_otherwise(
    exports: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made(exports, ETSY)
    path = exports / "etsy" / "orders.yaml"
    path.write_text("mine\n")
    capsys.readouterr()
    assert main(["new-export", "etsy", "orders", str(ETSY)]) == Exit.USAGE
    assert "exists already and was not changed" in capsys.readouterr().err
    assert path.read_text() == "mine\n"


def test_overwriting_is_said(exports: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made(exports, ETSY)
    assert "is written" in capsys.readouterr().out
    made(exports, ETSY, "--overwrite")
    assert "was replaced" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "words", "message", "code"),
    [
        (None, ("etsy", "orders"), "There is no file", Exit.USAGE),
        (b"%PDF-1.7\n", ("etsy", "orders"), "is a PDF", Exit.PERSON),
        (b"", ("etsy", "orders"), "is empty", Exit.PERSON),
        (
            b"ISA*00*          *00*  *ZZ*A*ZZ*B*1*2*U*4*5*0*P*>~",
            ("etsy", "orders"),
            "of the kind edi",
            Exit.PERSON,
        ),
        (f"{HEADER}\n".encode(), ("etsy", "orders"), "has no row", Exit.PERSON),
        (
            b"ada@secret.example,12 Elm Street,4\nbo@secret.example,13 Elm Street,5\n",
            ("etsy", "orders"),
            "no line that reads as a header",
            Exit.PERSON,
        ),
        (
            b"alpha,beta,gamma\n1,2,3\n",
            ("etsy", "orders"),
            "No header of sample.csv resembles a column of",
            Exit.USAGE,
        ),
        (HEADER.encode(), ("etsy", "sales"), "Which tables does sales fill", Exit.USAGE),
        (
            HEADER.encode(),
            ("etsy", "orders", "--loads", "oders"),
            "There is no table oders",
            Exit.USAGE,
        ),
        (
            HEADER.encode(),
            ("etsy", "orders", "--loads", ","),
            "Which tables does orders fill",
            Exit.USAGE,
        ),
        (HEADER.encode(), ("Etsy!", "orders"), "'Etsy!' is not a valid name", Exit.USAGE),
    ],
)
def test_what_cannot_be_done_is_said(
    exports: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    content: bytes | None,
    words: tuple[str, ...],
    message: str,
    code: Exit,
) -> None:
    path = tmp_path / "sample.csv"
    if content is not None:
        path.write_bytes(content)
    platform, report, *more = words
    assert main(["new-export", platform, report, str(path), *more]) == code
    printed = capsys.readouterr()
    assert message in printed.err
    assert "Elm Street" not in printed.err + printed.out
    assert not (exports / "etsy").exists()


def test_a_kind_that_is_declared_is_no_new_one(
    exports: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (
        main(["new-export", "etsy", "orders", str(SAMPLES / "ebay" / "orders.csv")]) == Exit.USAGE
    )
    assert "it is eBay orders report" in capsys.readouterr().err


def test_what_is_much_like_a_declared_export_is_named(
    exports: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "sample.csv"
    text = (SAMPLES / "ebay" / "orders.csv").read_text("utf-8-sig")
    path.write_text(text.replace("Custom Label", "My label"))
    made(exports, path)
    assert "note: it resembles eBay orders report (config/exports/" in capsys.readouterr().out


def test_a_file_of_another_country_is_read_in_its_own_way(exports: Path, tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    rows = "A1;31.12.2026;POT-S;2;1.009,50 €;EUR;2.019,00 €;Müller\nA2;01.12.2026;TRAY;1;9,00 €;EUR;9,00 €;Böhm\n"
    path.write_bytes((HEADER.replace(",", ";") + f";Käufer\n{rows}").encode("cp1252"))
    export = made(exports, path)
    assert export.decimals == ("comma", "dot")
    assert export.thousands
    assert export.encodings == ("utf-8", "cp1252")
    assert export.columns["ordered_at"].formats == ("%d.%m.%Y",)
    assert export.columns["unit_price_amount"].affixes == ("€",)
    assert export.columns["total_amount"].theirs == ("Order Total",)


def test_tabs_and_quotes_that_are_data_are_warned_of(exports: Path, tmp_path: Path) -> None:
    path = tmp_path / "orders.txt"
    path.write_text(HEADER.replace(",", "\t") + '\nA1\t2026-11-19\t6" POT\t2\t9.00\tUSD\t18.00\n')
    export = made(exports, path)
    assert export.delimiters == ("\t",)
    assert export.quote is None


def test_records_below_a_key_are_found(exports: Path, tmp_path: Path) -> None:
    path = tmp_path / "orders.json"
    record = {
        "order_id": "A1",
        "created_at": "2026-11-19T10:00:00Z",
        "sku": "POT-S",
        "quantity": "2",
    }
    path.write_text(json.dumps({"page": 1, "results": [record]}))
    export = made(exports, path)
    assert export.formats == ("json",)
    assert export.records == ("results",)
    assert export.columns["ordered_at"].type == "moment"


SHORT = "Order,Placed,Item,Qty,Price,Total\n1001,2026-11-20 10:00,CUP-1,2,10.00,20.00\n"


def test_the_short_headers_of_a_sheet_of_ones_own_are_guessed(
    exports: Path, tmp_path: Path
) -> None:
    sample = tmp_path / "mine.csv"
    sample.write_text(SHORT, encoding="utf-8")
    export = made(exports, sample)
    assert {column.theirs[0]: ours for ours, column in export.columns.items()} == {
        "Order": "order_id",
        "Placed": "ordered_at",
        "Item": "channel_sku",
        "Qty": "quantity_units",
        "Price": "unit_price_amount",
        "Total": "total_amount",
    }
    text = (exports / "etsy" / "orders.yaml").read_text("utf-8")
    assert re.search(r"quantity_units: .*# guessed by its name", text), "no export calls it Qty"


def test_every_column_that_is_called_otherwise_is_one_of_ours() -> None:
    ours = {name for table in load_contracts().values() for name in table.columns}
    assert load_headers().also_called.keys() <= ours


def test_day_and_month_stay_open_where_the_sample_does_not_say() -> None:
    both = ("%d/%m/%Y", "%m/%d/%Y")
    assert {*times(["05/11/2026", "06/11/2026"], both)} == {*both}
    assert times(["25/11/2026", "06/11/2026"], both) == ("%d/%m/%Y",)


def test_names_are_alike_however_they_are_written() -> None:
    for name in ("Ship City", "ship-city", "shipCity", "ship_city", "Ship City (billing)"):
        assert words_of(name) == "ship city"


@pytest.mark.whole
def test_each_export_is_guessed_from_the_others_and_nearly_all_is_right() -> None:
    """Every declared export is hidden in turn: what is guessed of its sample is held to its own file."""
    right, wrong, contracts = 0, [], load_contracts()
    for path in sorted(SAMPLES.glob("*/*")):
        export = load_exports().get(f"{path.parent.name}.{path.stem}")
        if path.suffix in (".md", ".edi") or not export or export.refuse or export.is_unpivoted:
            continue
        others = [other for other in load_exports().values() if other is not export]
        draft = sketch(read_sample(path), [contracts[table] for table in export.loads_into], others)
        if draft is None:
            continue
        skeleton(draft, export.platform, export.report)
        for guess in draft.guesses:
            if column := export.columns.get(guess.ours):
                names = {plain(name.replace("{currency}", "usd")) for name in column.theirs}
                if plain(guess.theirs) in names:
                    right += 1
                else:
                    wrong.append(f"{export.name}.{guess.ours}: {guess.theirs}")
    assert right > 200
    assert len(wrong) < right * 0.06, wrong


def test_a_skeleton_is_yaml_whatever_the_headers_hold(exports: Path, tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text(
        HEADER + ',"a: {b}, ""c""",#d,yes,* e\n' + "A1,2026-11-19,POT,1,9.00,USD,9.00,,,,\n"
    )
    made(exports, path)
    document = yaml.safe_load((exports / "etsy" / "orders.yaml").read_text("utf-8"))
    assert {'a: {b}, "c"', "#d", "yes", "* e"} <= {*document["also"]}
