"""What came back and what was disputed: the files say what the truth says, today and tomorrow."""

import csv
import json
from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tasks.demo.generate import Truth, generate

AS_OF = datetime(2026, 11, 24, 18, tzinfo=UTC)
OPENED = date(2026, 8, 3)
WHERE = {"restock": "restocked", "scrap": "scrapped", "quarantine": "quarantined", "": "pending"}


def lived(folder: Path, as_of: datetime) -> Truth:
    return generate(folder, as_of=as_of, opened=OPENED, orders_per_day=12)


@pytest.fixture(scope="module")
def today(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Truth]:
    folder = tmp_path_factory.mktemp("today")
    return folder, lived(folder, AS_OF)


def read(folder: Path, pattern: str, delimiter: str) -> list[dict[str, str]]:
    [path] = (folder / "inbox").glob(pattern)
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream, delimiter=delimiter))


def disputes(folder: Path) -> list[dict[str, Any]]:
    [path] = (folder / "inbox").glob("shopify/disputes_*.json")
    found: list[dict[str, Any]] = json.loads(path.read_text("utf-8"))["disputes"]
    return found


def test_the_files_bring_back_what_the_truth_says(today: tuple[Path, Truth]) -> None:
    folder, truth = today
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for row in read(folder, "fulfilment/returns_*.csv", ","):
        found[f"{row['sku']}|{row['received_at'][:7]}"][WHERE[row["disposition"]]] += int(
            row["quantity"]
        )
    for row in read(folder, "amazon/fba_returns_*.txt", "\t"):
        where = "restocked" if row["detailed-disposition"] == "SELLABLE" else "scrapped"
        found[f"{row['sku'].removesuffix('-FBA')}|{row['return-date'][:7]}"][where] += int(
            row["quantity"]
        )
    assert found
    assert {key: +units for key, units in found.items()} == {
        key: +Counter(units) for key, units in truth.returns.items()
    }


def test_each_dispute_is_as_far_as_the_truth_says(today: tuple[Path, Truth]) -> None:
    folder, truth = today
    found = {str(each["id"]): (each["type"], each["status"]) for each in disputes(folder)}
    assert found == {key: (each["kind"], each["state"]) for key, each in truth.disputes.items()}
    waiting = [each["hours_left"] for each in truth.disputes.values() if each["hours_left"]]
    assert all(hours >= 0 for hours in waiting)


def test_both_sides_of_a_refund_are_planted(today: tuple[Path, Truth]) -> None:
    _, truth = today
    kinds = Counter(each["kind"] for each in truth.anomalies)
    assert kinds["refund_without_return"]
    assert kinds["return_without_refund"]


def test_one_sku_comes_back_too_often_and_some_of_it_too_late(today: tuple[Path, Truth]) -> None:
    folder, truth = today
    [sku] = truth.suspects["high_return_skus"]
    rows = [row for row in read(folder, "fulfilment/returns_*.csv", ",") if row["sku"] == sku]
    assert len(rows) >= 10
    assert set(truth.suspects["outside_policy"]) <= {row["order_number"] for row in rows}
    assert truth.suspects["outside_policy"]


def test_tomorrow_says_the_same_of_what_came_back_today(
    today: tuple[Path, Truth], tmp_path: Path
) -> None:
    folder, _ = today
    lived(tmp_path, AS_OF + timedelta(days=1))
    before = {row["rma"]: row for row in read(folder, "fulfilment/returns_*.csv", ",")}
    after = {row["rma"]: row for row in read(tmp_path, "fulfilment/returns_*.csv", ",")}
    assert before.items() <= after.items()
