"""The ready questions: each is described, runs on a shop without a row and on a small one, and takes its settings."""

import re
from pathlib import Path

import duckdb
import pytest

from config.errors import UsageError
from tasks.warehouse.ask import asked, shown
from tasks.warehouse.questions import Question, load_questions, question
from tests import small_marts

QUESTIONS = load_questions()


@pytest.fixture(scope="module")
def marts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Published marts of a shop to which nothing has come, and of a small shop."""
    room = tmp_path_factory.mktemp("published")
    found = {}
    for name, make in (("empty", small_marts.create), ("small", small_marts.fill)):
        with duckdb.connect() as con:
            make(con)
            found[name] = room / name / "marts.duckdb"
            found[name].parent.mkdir()
            con.execute(f"attach '{found[name]}' as file")
            for (table,) in con.execute(
                "select table_name from duckdb_tables() where schema_name = 'marts'"
            ).fetchall():
                con.execute(f'create table file."{table}" as select * from marts."{table}"')
    return found


def test_there_are_twenty_and_each_says_what_it_answers() -> None:
    assert len(QUESTIONS) >= 20
    for each in QUESTIONS.values():
        assert each.title.endswith("?"), each.name
        assert each.answers.endswith("."), each.name
        assert "backroom" not in each.sql, "it runs in any client"


@pytest.mark.parametrize("each", QUESTIONS.values(), ids=lambda each: each.name)
def test_it_runs_on_a_shop_without_data_and_on_a_small_one(
    each: Question, marts: dict[str, Path]
) -> None:
    with asked(marts["empty"], each.sql) as answer:
        assert answer.fetchall() == []
        columns = answer.columns
    assert len(set(columns)) == len(columns)
    with asked(marts["small"], each.sql) as answer:
        assert len(answer.fetchall()) < 1000
        assert answer.columns == columns


@pytest.mark.parametrize(
    ("each", "name"),
    [(each, setting.name) for each in QUESTIONS.values() for setting in each.settings],
    ids=lambda value: getattr(value, "name", value),
)
def test_what_may_be_set_is_set(each: Question, name: str, marts: dict[str, Path]) -> None:
    value = "2026-10" if name == "month" else "1"
    with asked(marts["small"], each.sql, each.variables({name: value})) as answer:
        answer.fetchall()


def test_a_setting_or_a_question_that_is_not_known_is_named() -> None:
    with pytest.raises(UsageError, match="has no setting weeks; it has days"):
        question("orders_by_hour").variables({"weeks": "1"})
    with pytest.raises(UsageError, match=r"no question orders_by_moon\. There are"):
        question("orders_by_moon")


def test_a_header_that_says_other_than_the_sql_is_refused(tmp_path: Path) -> None:
    text = QUESTIONS["orders_by_hour"].sql
    (tmp_path / "one.sql").write_text(re.sub(r"-- days: .*\n", "", text), "utf-8")
    with pytest.raises(ValueError, match=r"one\.sql: its header needs"):
        load_questions(tmp_path)


def test_an_answer_that_is_too_wide_is_shown_line_by_line_and_nothing_is_cut(
    marts: dict[str, Path],
) -> None:
    long = "x" * 200
    with asked(marts["empty"], f"select '{long}' as exception_id, 1 as n") as answer:
        assert shown(answer, 80) == f"row 1\n  exception_id  {long}\n  n             1\n1 row"
    with asked(marts["empty"], "select range as n, null as nothing from range(41)") as answer:
        lines = shown(answer, 80).splitlines()
    assert lines[:3] == ["n   nothing", "--  -------", "0"]
    assert lines[-1] == "41 rows, 40 shown; --csv gives all"
