"""What each person has to do, as a page: complete, inert, and with a way to settle each thing."""

import json
import re
import shlex
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import unquote, urlsplit

import duckdb
import pytest

from config.shop import load_shop
from flows.desk.cli import parser
from tasks.tell.forms import Forms
from tasks.tell.worklist import LISTED, desks, headline, render, table

SHOP = load_shop("demo")
AS_OF = datetime(2026, 1, 10, 7, tzinfo=UTC)
SERVED = Forms(
    "demo", "http://127.0.0.1:4200", {"resolve_exception": "d1", "resolve_exceptions": "d2"}
)
HOSTILE = "<script>alert(1)</script>\x1b[31m"

ROWS = f"""
    create schema marts;
    create table marts.worklist as
    select * from (values
        ('bea@example.com', 1, 'case', 'a0', 'oversold', 'high', true, timestamptz '2026-01-09 12:00:00+00', 10.50,
            'Send <b>him</b> {HOSTILE}', '{{"exception":"c0df9c12a94bb4e2ca95"}}', 'resolve_exception',
            'Dear {{name}}'),
        ('bea@example.com', 2, 'case', 'a1', 'oversold', 'low', false, null, null, 'fine',
            '{{"exception":"c0df9c12a94bb4e2ca96","in_hand":true}}', 'resolve_exception', null),
        ('sam@example.com', 1, 'alert', 'k/1', null, 'medium', false, timestamptz '2026-01-10 12:00:00+00', null,
            'x', '{{"alert":"k/1"}}', 'acknowledge_alert', null),
        (null, 1, 'review', 'picking', null, 'medium', false, null, null, 'Who reads it?', '{{"sop":"picking"}}',
            'record_sop_review', null)
    ) as things(person, rank, kind, id, type, severity, is_late, due_at, amount_at_stake, title, parameters, flow,
        message)
    cross join (select 'inventory' as station, 'USD' as currency, 'seen {HOSTILE}' as evidence,
        'Count it. Then close it.' as next_step, cast(null as varchar) as note)
"""


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as con:
        con.execute("set timezone = 'UTC'")
        con.execute(ROWS)
        yield con


def test_a_link_opens_the_form_as_the_ui_itself_fills_it(con: duckdb.DuckDBPyConnection) -> None:
    bea, *_ = desks(con, SERVED)
    link = urlsplit(str(bea.things[1].link))
    assert (link.netloc, link.path) == ("127.0.0.1:4200", "/deployments/deployment/d1/run")
    # The router decodes the query once, the form its value once more.
    filled = json.loads(unquote(unquote(link.query.removeprefix("parameters="))))
    assert filled == {
        "shop": "demo",
        "exception": "c0df9c12a94bb4e2ca96",
        "in_hand": True,
        "who": "bea@example.com",
    }
    [many] = bea.many
    assert (many.type, many.cases) == ("oversold", 2)
    assert "/d2/run?" in str(many.link)


def test_without_a_server_the_command_is_there_and_is_one(con: duckdb.DuckDBPyConnection) -> None:
    backroom, _ = parser()
    those = desks(con, Forms("demo"))
    for desk in those:
        assert not [each.link for each in desk.things if each.link]
        for command in [each.command for each in desk.things] + [one.command for one in desk.many]:
            program, flow, *arguments = shlex.split(command)
            assert program == "backroom"
            if desk.person != "nobody":  # who acts is for them to say
                assert backroom.parse_args([flow, *arguments]).shop == "demo"
    assert (
        shlex.split(Forms("demo").command("acknowledge_alert", {"alert": "a'b; rm"}))[5]
        == "a'b; rm"
    )


def test_the_page_shows_every_thing_and_asks_no_network(con: duckdb.DuckDBPyConnection) -> None:
    for forms in (SERVED, Forms("demo")):
        page = render(desks(con, forms), SHOP, AS_OF)
        assert page.count("<article") == 4
        assert "2 things to do, 1 late" in page
        assert "USD 10.50 at stake" in page
        assert "Dear {name}" in page
        assert "<script" not in page
        assert "\x1b" not in page
        assert "&lt;script&gt;" in page
        assert re.findall(r'(?:src|href)="(?!#|http://127\.0\.0\.1:4200/deployments/)', page) == []
        assert page.index("bea@example.com") < page.index("sam@example.com") < page.index("nobody")


def test_nothing_to_do_says_so(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("delete from marts.worklist")
    assert "Nobody has anything to do" in render(desks(con, SERVED), SHOP, AS_OF)
    assert headline([], SHOP) == "The night is done. Nobody has anything to do."


def test_the_night_says_in_one_line_what_comes_first_and_whose_it_is(
    con: duckdb.DuckDBPyConnection,
) -> None:
    line = headline(desks(con, SERVED), SHOP)
    assert line.startswith("The night is done. 4 things to do, 1 late. First: Send <b>him</b>")
    assert line.endswith("due 9 Jan 07:00: Count it. Whose: bea@example.com.")
    assert "\n" not in line


def test_the_table_of_a_run_says_where_to_settle_each(con: duckdb.DuckDBPyConnection) -> None:
    bea, sam, nobody = (table(desk, SHOP, AS_OF) for desk in desks(con, SERVED))
    assert [row["due"] for row in bea] == ["late: 9 Jan 07:00", "no deadline"]
    assert str(bea[0]["settle it"]).startswith("http://127.0.0.1:4200/")
    assert str(sam[0]["settle it"]).startswith("backroom acknowledge_alert --shop demo --alert k/1")
    assert [row["what"] for row in nobody] == ["Who reads it?"]


def test_a_long_list_shows_its_first_and_counts_the_others(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(
        "insert into marts.worklist by name"
        " select * exclude (extra) replace (rank + 10 * extra as rank, 's' || extra as id)"
        " from marts.worklist cross join range(1, 1001) as numbers(extra) where person = 'sam@example.com'"
    )
    those = desks(con, SERVED)
    sam = next(desk for desk in those if desk.person == "sam@example.com")
    assert (sam.total, len(sam.things), sam.things[0].row["id"]) == (1001, LISTED, "k/1")
    page = render(those, SHOP, AS_OF)
    assert page.count("<article") == LISTED + 3
    assert "1,001 things to do" in page
    assert f"Not listed here: {1001 - LISTED} things." in page
    assert "1,004 things to do, 1 late" in headline(those, SHOP)
