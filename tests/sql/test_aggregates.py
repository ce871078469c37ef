"""What is put together from several rows is in an order that is stated: else two nights differ in it."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp

from config.strict import ROOT
from tasks.warehouse.models import Model, read_models

AGGREGATE = re.compile(r"(?P<before>\w+\()?\s*\b(?P<name>string_agg|list|array_agg|first|last)\(")
SUM = re.compile(r"\b(?P<name>sum|avg)\(")
SORTS = {"united(", "list_sort("}  # what sorts a list whose order nobody stated
# Unique among the rows that it is asked of: a line of a file, a rule of a list, a place of a channel, a box of the
# shop's (each larger than the one before), one of two carriers' entries, one of two roles, a crawl.
UNIQUE = {
    "line_no",
    "rule_no",
    "preference",
    "up_to_grams",
    "crawl_no",
    "carriers.service IS NULL",
    "role = 'owner'",
}
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


@pytest.mark.parametrize("model", read_models(), ids=lambda model: model.table)
def test_a_row_is_chosen_by_what_no_other_has(model: Model) -> None:
    ties = sorted(set(chosen(model)) - UNIQUE)
    assert not ties, (
        f"{model.path.relative_to(ROOT)} chooses a row by {', '.join(ties)}. Where two rows may have the same, any of"
        " them is chosen, and a rebuilt table differs: go by several, as in arg_max(a, (b, a))."
    )


def chosen(model: Model) -> Iterator[str]:
    """Yield what each `arg_max` and `arg_min` of the model goes by, where that is one value and not several."""
    for statement in sqlglot.parse(model.sql, read="duckdb"):
        assert statement
        for call in statement.find_all(exp.ArgMax, exp.ArgMin):
            by = call.expression
            if not isinstance(by, exp.Tuple):
                yield by.name if isinstance(by, exp.Column) else by.sql("duckdb")


def within_brackets(sql: str, start: int) -> str:
    """Return the text from `start` to the bracket that closes the one before it."""
    depth = 1
    for place in range(start, len(sql)):
        depth += {"(": 1, ")": -1}.get(sql[place], 0)
        if depth == 0:
            return sql[start:place]
    raise AssertionError("a bracket is not closed")
