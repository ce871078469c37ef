"""No number of the business is in SQL: it has a name, a unit and a reason in config/limits.yaml."""

import re
from pathlib import Path

import pytest

from config.limit import load_limits
from config.strict import ROOT, SettingsError
from tasks.warehouse.models import read_rules

FILES = sorted(ROOT.glob("sql/*/*.sql"))
# What needs no reason, with what it is.
ALLOWED = {
    "0": "nothing", "1": "one, the first", "2": "the second", "3": "the third",
    "6": "days from Monday to Sunday", "7": "days of a week",
    "0.01": "a cent", "100": "cents of a unit of money",
    "0.5": "the median", "0.9": "the 90th percentile, by the name of its column",
    "16": "characters of a hash", "60": "minutes of an hour", "60.0": "the same",
    "3600": "seconds of an hour", "3600000.0": "milliseconds of an hour",
}  # fmt: skip
NOT_CODE = re.compile(
    r"--.*$|'(?:[^']|'')*'|^comment on .*$|decimal\(\d+, \d+\)", re.MULTILINE | re.IGNORECASE
)
NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?![\w.])")


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}.{path.stem}")
def test_sql_holds_no_number_of_the_business(path: Path) -> None:
    code = NOT_CODE.sub("", path.read_text("utf-8"))
    bare = sorted({number for number in NUMBER.findall(code) if number not in ALLOWED})
    assert not bare, "give them a name, a unit and a reason in config/limits.yaml"


def test_what_is_allowed_is_used() -> None:
    code = "\n".join(NOT_CODE.sub("", path.read_text("utf-8")) for path in FILES)
    assert ALLOWED.keys() <= set(NUMBER.findall(code))


@pytest.mark.parametrize("name", load_limits())
def test_a_limit_is_read_and_says_why(name: str) -> None:
    limit = load_limits()[name]
    assert limit.unit
    assert limit.why.endswith(".")
    assert any(f"{name}()" in path.read_text("utf-8") for path in FILES)


def test_sql_reads_a_limit_by_its_name() -> None:
    limits, *_ = read_rules()
    assert "create or replace macro payout_overdue_rate() as 0.95;" in limits.sql
    assert "create or replace macro kpi_trailing_days() as [7, 28];" in limits.sql


def test_a_limit_without_a_reason_is_refused(tmp_path: Path) -> None:
    (tmp_path / "limits.yaml").write_text("days: {value: 3, unit: days}\n")
    with pytest.raises(SettingsError, match=r"limits\.yaml: days has a key to fix:\n  why"):
        load_limits(tmp_path / "limits.yaml")
