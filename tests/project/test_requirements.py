"""Every row of what a back office has to do names who delivers it, and each of those is there."""

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest
import yaml

from config.check import check_computed
from config.kpi import load_exceptions, load_kpis, load_sops
from config.shop import Shop
from config.strict import ROOT
from flows.desk.cli import parser
from flows.desk.signature import signatures
from tasks.warehouse.questions import load_questions

ROWS: Mapping[str, Mapping[str, Any]] = yaml.safe_load(
    (ROOT / "tests" / "project" / "requirements.yaml").read_text("utf-8")
)
ASKED = ROOT.parent / "shared" / "REQUIREMENTS.md"
THERE = {
    "mart": {path.stem for path in (ROOT / "sql" / "marts").glob("*.sql")},
    "kpi": set(load_kpis()),
    "exception": set(load_exceptions()),
    "flow": set(signatures()),
    "sop": set(load_sops()),
    "question": set(load_questions()),
    "setting": set(Shop.model_fields),
    "command": set(parser()[1]),
}


@pytest.mark.parametrize("row", ROWS)
def test_all_that_a_row_names_is_there(row: str) -> None:
    delivered = {kind: names for kind, names in ROWS[row].items() if kind != "missing"}
    assert delivered or ROWS[row]["missing"], "it names nothing, and not why"
    for kind, names in delivered.items():
        for name in names:
            if kind == "file":
                assert (ROOT / name).is_file(), f"{row}: {name}"
            else:
                assert name in THERE[kind], f"{row}: there is no {kind} {name}"
    check_computed(delivered.get("kpi", []))


def test_what_is_missing_is_said_in_one_line() -> None:
    for row, delivered in ROWS.items():
        reason = delivered.get("missing", "-")
        assert reason, row
        assert "\n" not in reason, row


def test_no_row_is_left_out() -> None:
    counts = Counter(_verdict(row) for row in ROWS.values())
    print(f"\n{len(ROWS)} rows: " + ", ".join(f"{n} {word}" for word, n in counts.most_common()))
    assert len(ROWS) == 198
    if ASKED.is_file():
        asked = re.findall(r"^\| ([A-Z]\d\d) \|", ASKED.read_text("utf-8"), re.MULTILINE)
        assert set(ROWS) == set(asked)


def _verdict(row: Mapping[str, Any]) -> str:
    if "missing" not in row:
        return "whole"
    return "in part" if len(row) > 1 else "missing"
