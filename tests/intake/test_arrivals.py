"""What comes wrapped, drifted or incomplete is read for what it is, and says so."""

import gzip
import io
import zipfile
from collections.abc import Mapping

import pytest

from config.strict import ROOT
from tasks.archive.raw import Raw
from tests.exports.door import Door

SAMPLES = ROOT / "tests" / "exports"


def sample(name: str) -> str:
    return (SAMPLES / name).read_text("utf-8")


def zipped(members: Mapping[str, str | bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def fates(door: Door) -> dict[str, tuple[object, ...]]:
    """Return report, status and code of each file by its name."""
    rows = door.rows("select name, report, status, code from landing.files")
    return {str(name): tuple(rest) for name, *rest in rows}


def test_each_member_of_an_archive_is_a_file_of_its_own(door: Door) -> None:
    door.drop(
        "exports.zip",
        zipped({
            "plan.csv": sample("plan/revenue_plan.csv"),
            "more/bundles.csv": sample("catalog/bundles.csv"),
            "readme.txt": "Exports of today\n",
            "__MACOSX/._plan.csv": b"\x00\x05\x16\x07",
        }),
    )  # fmt: skip
    door.night()
    assert fates(door) == {
        "exports.zip/plan.csv": ("plan.revenue_plan", "accepted", ""),
        "exports.zip/more/bundles.csv": ("catalog.bundles", "accepted", ""),
        "exports.zip/readme.txt": ("", "rejected", "message_not_table"),
    }
    assert door.pull().new == ()
    assert door.pull().known == 1


def test_a_compressed_export_is_the_export(door: Door) -> None:
    door.drop("plan.csv.gz", gzip.compress(sample("plan/revenue_plan.csv").encode()))
    door.night()
    assert fates(door) == {"plan.csv.gz/plan.csv": ("plan.revenue_plan", "accepted", "")}


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (zipped({"inner.zip": zipped({"a.csv": "a,b\n1,2\n"})}), "archive"),
        (zipped({"plan.csv": sample("plan/revenue_plan.csv")})[:-30], "broken_archive"),
        (gzip.compress(b"iso_week,channel\n" * 500)[:-9], "broken_archive"),
    ],
    ids=["within another", "cut short", "compressed and cut short"],
)
def test_an_archive_that_cannot_be_opened_is_refused_by_name(
    door: Door, content: bytes, code: str
) -> None:
    door.drop("exports.zip", content)
    door.night()
    [(_, status, found)] = fates(door).values()
    assert (status, found) == ("rejected", code)


def test_an_archive_of_nothing_we_know_is_left_where_it_is(door: Door) -> None:
    door.drop("other.zip", zipped({"spend.csv": "day,clicks,cost\n2026-11-20,5,6\n"}))
    pulled = door.pull()
    assert [left.name for left in pulled.left] == ["other.zip"]
    assert not [path for path in door.folder.raw.rglob("*") if path.is_file()]


def test_each_table_of_a_workbook_is_read_as_what_it_is(door: Door) -> None:
    door.drop("statement.xlsx", SAMPLES / "tiktok" / "statement_orders.xlsx")
    door.night()
    assert fates(door) == {
        "statement.xlsx/Orders": ("tiktok.statement_orders", "accepted", ""),
        "statement.xlsx/Adjustment": ("tiktok.statement_adjustments", "accepted", ""),
    }
    [one, other] = Raw(door.folder.raw).arrivals()
    assert one.sha256 == other.sha256


def test_a_new_column_is_a_warning_and_an_optional_one_that_was_renamed_is_named(
    door: Door,
) -> None:
    lines = sample("shopify/orders.csv").splitlines()
    header = lines[0].replace("Payment Method", "Payment Methods") + ",Loyalty Card"
    rows = [line + "," for line in lines[1:]] if '"' not in "".join(lines) else []
    door.drop("orders.csv", "\n".join([header, *rows]) + "\n")
    door.night()
    [(warnings,)] = door.rows("select warnings from landing.files")
    assert "new column 'Loyalty Card'" in str(warnings)
    assert "'Payment Methods'; is it 'Payment Method' (payment_method), renamed?" in str(warnings)


def test_a_settlement_that_lacks_a_line_says_so(door: Door) -> None:
    whole = _settlement()
    door.drop("whole.txt", whole)
    door.drop("cut.txt", whole.rsplit("\n", 2)[0].replace("12345678901", "12345678902") + "\n")
    door.night()
    assert door.rows("select name, completeness from landing.files order by name") == [
        ("cut.txt", "broken"),
        ("whole.txt", "proven"),
    ]


def _settlement() -> str:
    header = sample("amazon/settlement_v2.txt").splitlines()[0]
    start, end, paid = (f"2026-11-{day} 00:00:00 UTC" for day in ("01", "15", "17"))
    lines = [["12345678901", start, end, paid, "3.50", "USD", *[""] * 18]]
    for amount in ("5.00", "-1.50"):
        line = ["12345678901", *[""] * 23]
        line[6], line[12], line[13], line[14] = "Order", "ItemPrice", "Principal", amount
        line[16], line[17] = "2026-11-02", "2026-11-02 05:23:19 UTC"
        lines.append(line)
    return "\n".join([header, *("\t".join(line) for line in lines)]) + "\n"


def test_a_format_without_control_figures_is_said_to_be_unproven(door: Door) -> None:
    door.drop("plan.csv", sample("plan/revenue_plan.csv"))
    door.night()
    assert door.rows("select completeness from landing.files") == [("unproven",)]


def test_dates_that_could_be_read_two_ways_are_refused_until_the_shop_says_which(
    door: Door,
) -> None:
    path = SAMPLES / "amazon" / "restock@ambiguous.txt"
    door.drop(path.name, path)
    door.night()
    [(_, status, code)] = fates(door).values()
    assert (status, code) == ("rejected", "ambiguous_dates")
