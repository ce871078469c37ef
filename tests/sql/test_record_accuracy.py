"""Record accuracy reproduces the published numbers, and nets nothing whatever the counts are."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.strict import ROOT
from tasks.warehouse.build import build
from tasks.warehouse.models import read_models, read_rules
from tests.sql.golden import fill, read_shared

EXAMPLES = ROOT.parent / "shared" / "worked_examples.json"
SHARED = read_shared(Path(__file__).parent / "given")
TABLES = ("ops.count_verdicts", "ops.record_accuracy")
MODELS = [model for model in read_models() if model.table in TABLES]
RULES = read_rules()


def accuracy(records: Sequence[tuple[int, int]]) -> tuple[float, int, int]:
    """Return the accuracy of a location's (book, counted) pairs of class A, its units of error and of book."""
    with duckdb.connect() as con:
        con.execute("set timezone = 'UTC'")
        for name in {name for model in MODELS for name in model.inputs} - set(TABLES):
            fill(con, name, None, SHARED[name])
        con.execute("delete from settings.run")
        con.execute(
            "insert into settings.run by name select 'demo' as shop, date '2026-01-10' as business_date;"
            "insert into settings.count_classes values ('C', 180, 0);"
            "insert into settings.counting values (7, 180, 10, 0.95, 'operations')"
        )
        for place, (book, counted) in enumerate(records):
            con.execute(
                "insert into core.count_records by name select ? as count_record_id, 'Main' as location, ? as sku,"
                " ? as book_units, ? as counted_units, timestamptz '2026-01-09 08:00+00' as counted_at,"
                " date '2026-01-09' as counted_date",
                [str(place), f"SKU-{place}", book, counted],
            )
        build(con, MODELS, RULES)
        [row] = con.execute(
            "select accuracy_rate, error_units, book_units from ops.record_accuracy where scope = 'location'"
        ).fetchall()
    return float(row[0]), row[1], row[2]


@pytest.fixture(scope="module")
def examples() -> dict[str, Any]:
    if not EXAMPLES.is_file():
        pytest.skip("the worked examples are not next to this checkout")
    return {each["id"]: each for each in json.loads(EXAMPLES.read_text("utf-8"))}


def test_w11_1_the_records_are_judged_and_the_netted_figure_is_not_ours(
    examples: dict[str, Any],
) -> None:
    example = examples["W11.1"]
    inputs = example["inputs"]
    netted, by_record, absolute = example["expected"]
    rate, error, book = accuracy(list(zip(inputs["book"], inputs["count"], strict=True)))
    assert rate * 100 == by_record != netted
    assert 100 * (1 - error / book) == pytest.approx(absolute)


def test_w11_2_ninety_seven_of_a_hundred(examples: dict[str, Any]) -> None:
    rate, _, _ = accuracy([(10, 10)] * 97 + [(10, 9)] * 3)
    assert [rate * 100] == pytest.approx(examples["W11.2"]["expected"])


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 50), st.integers(0, 50)), min_size=1, max_size=6))
def test_nothing_is_netted(records: list[tuple[int, int]]) -> None:
    rate, error, _ = accuracy(records)
    assert rate == pytest.approx(sum(b == c for b, c in records) / len(records), abs=1e-6)
    assert error == sum(abs(b - c) for b, c in records)
