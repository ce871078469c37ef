"""The ready questions, and how to ask the marts from other programs."""

from collections.abc import Iterator

from tasks.handbook.book import Book, Name, Page
from tasks.warehouse.questions import load_questions

PLACE = 95
TITLE = "Questions"
ABOUT = "What an analyst asks on Monday, ready to run, and how other programs read the marts."

# Tested as they are written (tests/handbook/test_connections.py): they need a path to the published file.
FROM_PANDAS = """\
import duckdb

with duckdb.connect("data/demo/published/current/marts.duckdb", read_only=True) as con:
    frame = con.sql("select kpi, value, status from kpi_daily where channel = 'all'").df()
"""
FROM_DUCKDB = """\
set variable days = 7;
select channel, count(*) as orders from order_inbox
where business_date >= as_of - cast(getvariable('days') as integer) group by channel;
"""


def pages(_: Book) -> Iterator[Page]:
    """Yield one page of all questions, with the connections of other programs on top."""
    questions = load_questions()
    yield Page(
        file="questions.html",
        title=TITLE,
        template="questions.html.j2",
        values={
            "questions": questions,
            "about": ABOUT,
            "pandas": FROM_PANDAS,
            "duckdb": FROM_DUCKDB,
        },
        names=tuple(
            Name(name, each.title, f"questions.html#{name}") for name, each in questions.items()
        ),
    )
