"""A value or a name in SQL is that value, whatever characters it has."""

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
