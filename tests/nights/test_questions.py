"""The ready questions of the demo shop: each has an answer on the morning after a night."""

import pytest

from tasks.warehouse.ask import asked
from tasks.warehouse.questions import Question, load_questions
from tests.nights.night import Night


@pytest.mark.parametrize("each", load_questions().values(), ids=lambda each: each.name)
def test_it_has_rows_in_the_demo(each: Question, demo_night: Night) -> None:
    marts = demo_night.folder / "published" / "current" / "marts.duckdb"
    with asked(marts, each.sql) as answer:
        assert answer.fetchall(), each.title
