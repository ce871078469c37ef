"""The weekly review: what was shown stays, what changes later is logged, and what was decided is kept."""

import dataclasses
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from duckdb import DuckDBPyConnection

from config.errors import FatalError, UsageError
from config.shop import Shop
from tasks.decide.weekly import freeze, hold, last_closed_week, log_revisions
from tasks.ledger import Ledger, open_ledger
from tasks.run.night import Night
from tasks.tell.agenda import (
    Agenda,
    Revision,
    WeekLine,
    agenda_markdown,
    agenda_text,
    read_agenda,
    record_messages,
    write_agenda,
)
from tests.small_marts import create
from tests.tell.test_alerts import corner

MONDAY = datetime(2026, 11, 23, 7, tzinfo=UTC)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return corner(tmp_path)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}", "corner") as opened:
        yield opened


@pytest.fixture
def con() -> Iterator[DuckDBPyConnection]:
    with duckdb.connect() as opened:
        opened.execute("create schema checks")
        opened.execute(
            "create table checks.kpis (kpi varchar, grain varchar, period varchar, channel varchar,"
            " is_current boolean, value decimal(18, 6), numerator decimal(18, 2),"
            " denominator decimal(18, 2), n bigint, target decimal(18, 6), status varchar,"
            " reason varchar, owner varchar, version varchar)"
        )
        for week in ("2026-W45", "2026-W46", "2026-W47"):
            opened.execute(
                "insert into checks.kpis values ('return_rate', 'week', ?, 'all', false, 0.04, 4, 100,"
                " 100, 0.05, 'ok', null, 'ben', '1')",
                [week],
            )
        yield opened


def night(shop: Shop, days: int = 0) -> Night:
    return Night(shop, MONDAY + timedelta(days=days), f"night {days}")


def test_the_week_that_closed_is_the_same_until_sunday(shop: Shop) -> None:
    assert {last_closed_week(night(shop, day)) for day in range(7)} == {"2026-W47"}
    assert last_closed_week(night(shop, 42)) == "2026-W53"


def test_a_week_is_frozen_once_and_its_changes_are_logged_once(
    con: DuckDBPyConnection, shop: Shop, ledger: Ledger
) -> None:
    assert freeze(con, night(shop), ledger) == "2026-W47"
    [row] = ledger.rows("frozen_weeks")
    assert (row["iso_week"], row["value"]) == ("2026-W47", Decimal("0.04"))
    assert log_revisions(con, night(shop), ledger) == 0
    con.execute("update checks.kpis set value = 0.06, status = 'off_target'")
    assert log_revisions(con, night(shop, 1), ledger) == 1
    assert log_revisions(con, night(shop, 2), ledger) == 0
    freeze(con, night(shop, 2), ledger)
    assert ledger.rows("frozen_weeks") == [row], "what was shown stays"
    [change] = ledger.rows("kpi_revisions")
    assert (change["old_value"], change["new_value"]) == (Decimal("0.04"), Decimal("0.06"))
    assert (change["old_status"], change["new_status"]) == ("ok", "off_target")
    con.execute("update checks.kpis set value = 0.04, status = 'ok'")
    assert log_revisions(con, night(shop, 3), ledger) == 1


def test_weeks_that_nobody_froze_in_time_are_frozen_by_the_next_review(
    con: DuckDBPyConnection, shop: Shop, ledger: Ledger
) -> None:
    freeze(con, night(shop), ledger)
    for week in ("2026-W48", "2026-W49"):
        con.execute(
            "insert into checks.kpis select * replace (? as period) from checks.kpis where period = '2026-W47'",
            [week],
        )
    assert freeze(con, night(shop, 14), ledger) == "2026-W49"
    assert [row["iso_week"] for row in ledger.rows("frozen_weeks")] == [
        "2026-W47", "2026-W48", "2026-W49",
    ]  # fmt: skip


def test_a_week_whose_figures_are_not_whole_is_not_frozen(
    con: DuckDBPyConnection, shop: Shop, ledger: Ledger
) -> None:
    with pytest.raises(FatalError, match="2026-W48 is over, and no night has run since"):
        freeze(con, night(shop, 7), ledger)
    assert ledger.rows("frozen_weeks") == []


def test_a_review_is_kept_with_who_was_there(shop: Shop, ledger: Ledger) -> None:
    account = ("2026-W47", "Ben", "operations, finance", "Count the 3PL")
    assert hold(night(shop), ledger, *account)
    assert not hold(night(shop), ledger, *account)
    [row] = ledger.rows("weekly_reviews")
    assert (row["attendees"], row["decisions"]) == ("operations, finance", "Count the 3PL")
    with pytest.raises(UsageError, match="attendees names sales, which is no role of corner"):
        hold(night(shop), ledger, "2026-W47", "Ben", "operations, sales", "x")
    for lacking in (("", "x"), ("operations", " ")):
        with pytest.raises(FatalError, match="needs"):
            hold(night(shop), ledger, "2026-W47", "Ben", *lacking)


def agenda(title: str = "Units returned") -> Agenda:
    line = WeekLine(
        kpi="return_rate", title=title, weekly_rank=4, value=Decimal("0.13"),
        before_value=Decimal("0.04"), judged_value=Decimal("0.13"), judged_days=7,
        target=Decimal("0.05"), unit="rate", currency="GBP",
        status="critical", reason=None, owner="ben@corner.example", sop="returns",
        link="config/sops/returns.md", last_action=None,
    )  # fmt: skip
    silent = WeekLine(
        kpi="ticket_count", title="Tickets opened", weekly_rank=6, value=None, before_value=None,
        judged_value=None, judged_days=None, target=None, unit="tickets", currency="GBP", status="no_data",
        reason="no file ever came of zendesk.tickets", owner="ann@corner.example", sop="customer_service",
        link=None, last_action=None,
    )  # fmt: skip
    revision = Revision(
        "2026-W46", "Units returned", "all", Decimal("0.04"), Decimal("0.05"), "rate", MONDAY.date()
    )
    return Agenda("Corner", "2026-W47", (line, silent), (revision,), ("Returns: failed",))


def test_the_agenda_says_what_is_red_whose_by_which_page_and_what_was_done_last() -> None:
    output = agenda_markdown(agenda())
    assert (
        "| Units returned | 13.0 % | 5.0 % | ben@corner.example | config/sops/returns.md | none recorded |"
        in output.replace("\\_", "_")
    )
    assert "no data: no file ever came of zendesk.tickets" in output
    assert "| 2026-W46 | Units returned | all | 4.0 % | 5.0 % | 2026-11-23 |" in output
    assert "Red: 1 metric\n- Units returned: 13.0 %, ben@corner.example, SOP config" in agenda_text(
        agenda()
    )


def test_what_is_red_shows_the_value_that_the_verdict_is_of() -> None:
    """A week without a cancellation is red by the 28 days that it was judged with."""
    one = agenda()
    few = dataclasses.replace(
        one.lines[0], value=Decimal(0), judged_value=Decimal("0.058"), judged_days=28
    )
    red = agenda_markdown(dataclasses.replace(one, lines=(few,))).partition("## What is red")[2]
    assert "| Units returned | 5.8 % of 28 days | 5.0 % |" in red


def test_minutes_say_who_was_there_and_what_was_decided(tmp_path: Path) -> None:
    held = {"who": "Ben", "attendees": "operations", "decisions": "Count <b>all</b>"}
    page = write_agenda(tmp_path, agenda("<script>alert(1)</script>"), held)
    assert page.name == "2026-W47-minutes.html"
    html = page.read_text("utf-8")
    assert "<script" not in html
    assert "<b>" not in html
    assert "&lt;script&gt;" in html


def test_it_is_sent_once_to_those_whose_metric_is_red_and_who_answers_for_the_shop(
    shop: Shop, ledger: Ledger
) -> None:
    for _ in range(2):
        record_messages(night(shop), ledger, agenda(), None)
    [row] = ledger.rows("alerts")
    assert (row["sent_to"], row["severity"]) == ("ben@corner.example", "info")
    assert row["recovered_at"] is not None, "it has no cause that lasts"


def test_what_alerted_on_one_channel_is_red_with_its_name_and_no_weekly_metric(shop: Shop) -> None:
    with duckdb.connect() as con:
        create(con)
        con.execute("create schema ledger")
        con.execute(
            "create table ledger.sop_reviews (sop varchar, reviewed_by varchar, outcome varchar,"
            " reviewed_at timestamptz, state varchar)"
        )
        con.execute(
            "insert into marts.kpi_dictionary (shop, kpi, title, unit, weekly_rank)"
            " values ('corner', 'returned_rate', 'Units returned', 'rate', 4)"
        )
        con.execute(
            "insert into marts.kpi_weekly (shop, kpi, iso_week, channel, title, value, unit, status) values"
            " ('corner', 'returned_rate', '2026-W46', 'all', 'Units returned', 0.04, 'rate', 'ok'),"
            " ('corner', 'returned_rate', '2026-W46', 'web', 'Units returned', 0.05, 'rate', 'ok'),"
            " ('corner', 'returned_rate', '2026-W47', 'all', 'Units returned', 0.04, 'rate', 'ok'),"
            " ('corner', 'returned_rate', '2026-W47', 'web', 'Units returned', 0.20, 'rate', 'critical'),"
            " ('corner', 'returned_rate', '2026-W47', 'fair', 'Units returned', 0.09, 'rate', 'warning')"
        )
        read = read_agenda(con, shop, "2026-W47")
    assert [(line.title, line.before_value) for line in read.red] == [
        ("Units returned, web", Decimal("0.05"))
    ]
    assert [line.title for line in read.weekly] == ["Units returned"]
