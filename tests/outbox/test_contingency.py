"""The lists of a recall and of an outage: one file each, no formula, nothing known from nothing."""

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path

from tasks.outbox.contingency import write_losses, write_recalled
from tasks.rules.outage import Loss, Outage
from tasks.rules.recall import Found, Recalled
from tasks.tell.contingency import (
    outage_as_markdown,
    outage_table,
    recall_as_markdown,
    recall_table,
)

OUTAGE = Outage("S/1", date(2026, 1, 10), 10, date(2026, 1, 10))
OUT = Loss(
    "=CUP", "merchant", "A", 3, Decimal("1.5"), date(2026, 1, 12), date(2026, 1, 25), 20,
    Decimal("100.00"), None, ("S2",), "What a unit costs is not known.",
)  # fmt: skip
UNKNOWN = Loss(
    "POT", "merchant", None, None, None, None, date(2026, 1, 25), None, None, None, (), "No."
)
FOUND = [
    Recalled(Found.SHIPPED, "web", "#1", "Main", "CUP", 2, date(2026, 1, 6)),
    Recalled(Found.STOCK, None, None, "East", "CUP", None, None),
]


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_recall_is_one_file_and_names_orders_only(tmp_path: Path) -> None:
    path = write_recalled(tmp_path, "CUP/1", date(2026, 1, 1), date(2026, 1, 9), FOUND)
    assert path.name == "CUP_1_2026-01-01_2026-01-09.csv"
    assert [(row["state"], row["document_id"], row["units"]) for row in read(path)] == [
        ("shipped", "#1", "2"),
        ("stock", "", ""),
    ]


def test_an_outage_is_one_file_and_what_is_not_known_is_blank(tmp_path: Path) -> None:
    path = write_losses(tmp_path, OUTAGE, [OUT, UNKNOWN], "USD")
    assert path.name == "S_1_2026-01-10_10_days.csv"
    rows = read(path)
    assert [(row["sku"], row["lost_units"], row["lost_revenue"]) for row in rows] == [
        ("'=CUP", "20", "100.00"),
        ("POT", "", ""),
    ]


def test_a_person_reads_how_far_it_goes_and_what_is_not_known() -> None:
    text = recall_as_markdown("CUP", FOUND)
    assert "- 2 units shipped to buyers (1 row)" in text
    assert "- 0 units on shelves, and 1 place that no file counts (1 row)" in text
    assert [row["units"] for row in recall_table(FOUND)] == [2, "not counted"]

    text = outage_as_markdown(OUTAGE, [OUT, UNKNOWN], "USD")
    assert "- 1 of 2 of its SKUs run out; 20 units are not sold" in text
    assert "- revenue lost: USD 100.00" in text
    assert "- margin lost: not known of any of 1 SKU" in text
    assert "- of 1 SKU nobody can say" in text
    assert [row["runs out"] for row in outage_table([OUT, UNKNOWN])] == ["2026-01-12", "not known"]
