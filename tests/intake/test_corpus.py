"""75 ways to damage one export (a corpus next to the repository): exact, quarantined, or refused.

A damaged file may lose rows to the quarantine or be refused whole. It may never give a row that
differs from the clean one; but for what no syntax can show, which is in `UNKNOWABLE`.
"""

import csv
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from config.strict import ROOT
from tests.exports.door import AS_OF, Door

CORPUS = ROOT.parent / "shared" / "corpus" / "own_channel"
FILES = sorted(CORPUS.glob("*.csv"))
EXPORT = """
title: Orders of our own channel
where: Our own shop > Orders > Export
station: orders
encodings: [utf-8, cp1252]
columns:
  order_name: {theirs: Name, required: true, filled: true}
  ordered_at: {theirs: Created at, type: moment, required: true, filled: true}
  channel_sku: {theirs: Lineitem sku, type: sku, required: true, filled: true}
  barcode: {theirs: Barcode, required: true}
  quantity_units: {theirs: Lineitem quantity, type: units, required: true, filled: true}
  unit_price_amount: {theirs: Lineitem price, type: price, required: true, filled: true}
  note: Notes
unique: [order_name, channel_sku]
expectations:
  - reason: quantity_out_of_bounds
    expect: column_values_to_be_between
    with: {column: quantity_units, min_value: 1, max_value: 1000000}
    why: A line of fewer than one unit was not sold; one of more than a million is a slip.
    fix: Correct the line.
  - reason: future_date
    fails_where: ordered_at > exported_at + interval 1 day
    why: An order cannot be newer than the file that reports it.
    fix: Correct the line.
  - reason: not_a_gtin
    expect: column_values_to_match_regex
    with: {column: barcode, regex: "^([0-9]{8}|[0-9]{12,14})$"}
    why: A barcode has 8, 12, 13 or 14 digits.
    fix: Format the column as text and type the barcode again.
  - reason: unmapped_sku
    fails_where: channel_sku not in ('00123', 'MAR1', '1E10', 'STRAẞE-42', 'AB-7')
    why: The SKU is in no map. (In the warehouse the SKU map itself says so.)
    fix: Correct the SKU.
loads_into: {}
"""
COLUMNS = "order_name, ordered_at, channel_sku, barcode, quantity_units, unit_price_amount, note"
# Well formed and plausible: only another source could show that it is not what was meant.
UNKNOWABLE = {
    "date_dst_gap.csv": "an offset is written, so it is a moment, though no clock showed it",
    "three_decimals.csv": "a price of one unit may have four places",
    "huge_field.csv": "a note of a million characters is a note",
    "dup_key_conflict.csv": "two rows of one line: the later is taken, the earlier quarantined",
}
pytestmark = pytest.mark.skipif(not FILES, reason="the corpus is next to the repository only")


pytestmark = [pytest.mark.whole, pytest.mark.xdist_group("corpus")]  # one night for all of them


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """Give the warehouse after a night in which every file of the corpus landed."""
    with pytest.MonkeyPatch.context() as patch:
        root = tmp_path_factory.mktemp("corpus")
        (root / "exports" / "own").mkdir(parents=True)
        (root / "exports" / "own" / "orders.yaml").write_text(EXPORT, "utf-8")
        patch.setenv("BACKROOM_EXPORTS", str(root / "exports"))
        door = Door(root, patch)
        for path in FILES:
            door.drop(path.name, path, AS_OF - timedelta(minutes=1))
        door.night()
        with door.warehouse() as con:
            yield con


def rows_of(con: duckdb.DuckDBPyConnection, name: str) -> set[tuple[object, ...]]:
    return set(
        con.execute(
            f"select {COLUMNS} from staged.own_orders inner join landing.files using (file_id)"
            " where name = ?",
            [name],
        ).fetchall()
    )


def test_the_clean_file_is_read_to_the_letter(corpus: duckdb.DuckDBPyConnection) -> None:
    with (CORPUS / "clean.csv").open(encoding="utf-8", newline="") as file:
        clean = list(csv.DictReader(file))
    stated = {
        (str(row[0]), str(row[4]), f"{row[5]:.2f}", row[6]) for row in rows_of(corpus, "clean.csv")
    }
    assert stated == {
        (row["Name"], row["Lineitem quantity"], row["Lineitem price"], row["Notes"] or None)
        for row in clean
    }


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_damaged_file_is_never_silently_different(
    corpus: duckdb.DuckDBPyConnection, path: Path
) -> None:
    different = rows_of(corpus, path.name) - rows_of(corpus, "clean.csv")
    if path.name in UNKNOWABLE:
        assert len(different) == 1, "it is distinguished now: take it off the list"
    else:
        assert not different
