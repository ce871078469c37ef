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
    with pytest.raises(
        UsageError, match=r"no question orders_by_moon\. Did you mean orders_by_hour\?"
    ):
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


def test_a_limit_that_is_tried_counts_the_days_as_the_night_judges_them() -> None:
    with duckdb.connect() as con:
        con.execute(
            """
            create table kpi_dictionary as
            select * from (values ('rate', 'higher', 0.90), ('backlog', 'lower', 20)) as t (kpi, direction, critical);
            create table kpi_daily as
            select kpi, 'all' as channel, date '2026-01-01' + cast(day as integer) as business_date, judged_value,
                target, status
            from (values
                ('rate', 1, 0.90, 0.95, 'critical'), ('rate', 2, 0.91, 0.95, 'warning'), ('rate', 3, 0.95, 0.95, 'ok'),
                ('rate', 4, null, 0.95, 'no_data'), ('backlog', 1, 20, 0, 'critical'), ('backlog', 2, 5, 0, 'warning')
            ) as t (kpi, day, judged_value, target, status)
            """
        )

        def tried(kpi: str, limit: str) -> tuple[int, ...]:
            ready = question("what_if_limit")
            for statement in ready.variables({"kpi": kpi, "critical": limit}):
                con.execute(statement)
            ((*_, judged, now, then, _, _),) = con.execute(ready.sql).fetchall()
            return judged, now, then

        assert tried("rate", "0.90") == (3, 1, 1)  # the limit of today gives the days of today
        assert tried("rate", "0.94") == (3, 1, 2)
        assert tried("rate", "0.99") == (3, 1, 2)  # who meets the target is beyond no limit
        assert tried("backlog", "20") == (2, 1, 1)
        assert tried("backlog", "5") == (2, 1, 2)


def test_a_window_that_is_tried_counts_closed_and_open_cases() -> None:
    with duckdb.connect() as con:
        con.execute(
            """
            create table exceptions as
            select 'oversold' as type, 'olive' as owner, state, cast(opened_at as timestamp) as opened_at,
                cast(opened_at as timestamp) + to_hours(24) as due_at, cast(closed_at as timestamp) as closed_at,
                timestamp '2026-03-01 02:00:00' as last_seen_at
            from (values
                ('closed', '2026-02-01 02:00:00', '2026-02-01 10:00:00'),
                ('closed', '2026-02-01 02:00:00', '2026-02-03 02:00:00'),
                ('open', '2026-02-28 14:00:00', null),
                ('closed', '2025-06-01 02:00:00', '2025-06-30 02:00:00')
            ) as t (state, opened_at, closed_at)
            """
        )

        def tried(hours: str) -> tuple[int, ...]:
            ready = question("what_if_window")
            for statement in ready.variables({"type": "oversold", "hours": hours}):
                con.execute(statement)
            ((*_, cases, waiting, late, then),) = con.execute(ready.sql).fetchall()
            return cases, waiting, late, then

        assert tried("24") == (3, 1, 1, 1)
        assert tried("6") == (3, 1, 1, 3)
        assert tried("48") == (3, 1, 1, 0)
