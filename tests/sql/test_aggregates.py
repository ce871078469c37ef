"""What is put together from several rows is in an order that is stated: else two nights differ in it."""

import re
from pathlib import Path

import pytest

from config.strict import ROOT

AGGREGATE = re.compile(r"(?P<before>\w+\()?\s*\b(?P<name>string_agg|list|array_agg|first|last)\(")
SUM = re.compile(r"\b(?P<name>sum|avg)\(")
SORTS = {"united(", "list_sort("}  # what sorts a list whose order nobody stated
FILES = sorted((ROOT / "sql").rglob("*.sql"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_what_is_put_together_has_an_order(path: Path) -> None:
    sql = re.sub(r"--.*", "", path.read_text("utf-8"))
    unordered = [
        f"{match['name']}({inner})"
        for match in AGGREGATE.finditer(sql)
        if match["before"] not in SORTS
        and "order by" not in (inner := within_brackets(sql, match.end()))
    ]
    assert unordered == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_what_is_summed_up_is_no_quotient(path: Path) -> None:
    """A quotient is a float, and the sum of floats depends on the order of the rows: cast it to a decimal."""
    sql = re.sub(r"--.*", "", path.read_text("utf-8"))
    assert [
        f"{match['name']}({inner})"
        for match in SUM.finditer(sql)
        if "/" in re.sub(r"//|'[^']*'", "", inner := within_brackets(sql, match.end()))
        and not re.match(r"\s*cast\(", inner)
    ] == []


def within_brackets(sql: str, start: int) -> str:
    """Return the text from `start` to the bracket that closes the one before it."""
    depth = 1
    for place in range(start, len(sql)):
        depth += {"(": 1, ")": -1}.get(sql[place], 0)
        if depth == 0:
            return sql[start:place]
    raise AssertionError("a bracket is not closed")
