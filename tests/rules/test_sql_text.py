"""A value or a name in SQL is that value, whatever characters it has."""

from pathlib import Path

import duckdb
from hypothesis import given
from hypothesis import strategies as st

from tasks.rules.sql_text import literal, literals, quoted

TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))


@given(TEXTS)
def test_a_literal_is_the_text_again(text: str) -> None:
    assert duckdb.execute(f"select {literal(text)}").fetchall() == [(text,)]


@given(st.lists(TEXTS, min_size=1))
def test_literals_are_the_texts_in_their_order(texts: list[str]) -> None:
    assert duckdb.execute(f"select [{literals(texts)}]").fetchall() == [(texts,)]


def test_a_quoted_name_is_one_name() -> None:
    assert quoted('a "b"; drop') == '"a ""b""; drop"'


def test_nothing_else_writes_a_literal() -> None:
    root = Path(__file__).parents[2]
    doubling = """replace("'", "''")"""
    found = [path for path in (root / "tasks").rglob("*.py") if doubling in path.read_text("utf-8")]
    assert [path.name for path in found if "demo" not in path.parts] == ["sql_text.py"]
