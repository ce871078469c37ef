"""The ledger, on SQLite and on PostgreSQL: every fact here holds on both."""

import json
import os
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import DBAPIError

from config.errors import FatalError, RetryableError
from tasks.ledger import (
    Alert,
    Finding,
    Ledger,
    Oversell,
    Push,
    SuggestedLine,
    exception_id,
    open_ledger,
)
from tasks.ledger.tables import Amount, metadata
from tests.postgres import new_database, postgres

__all__ = ["postgres"]

NIGHT = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
DAY = date(2026, 11, 23)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/ledger.db"
    return new_database(request.getfixturevalue("postgres"), "ledger")


@pytest.fixture
def ledger(url: str) -> Iterator[Ledger]:
    with open_ledger(url, "demo") as opened:
        yield opened


def audit(ledger: Ledger) -> list[tuple[str, str]]:
    return [(row["who"], row["what"]) for row in ledger.rows("audit_log")]


# Opening


def test_the_migrations_make_the_tables_that_the_code_expects(ledger: Ledger) -> None:
    with ledger.engine.connect() as connection:
        options = {"version_table": "ledger_version"}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []


def test_opening_again_keeps_what_is_there(ledger: Ledger, url: str) -> None:
    push(ledger, "b1", {"A": 3})
    with open_ledger(url, "demo") as again:
        assert again.rows("stock_pushes") == ledger.rows("stock_pushes")


OPEN_AND_PUSH = """
import sys
from datetime import UTC, date, datetime
from tasks.ledger import Push, open_ledger

url, sku = sys.argv[1:]
with open_ledger(url, "demo") as ledger:
    at = datetime(2026, 11, 24, tzinfo=UTC)
    ledger.record_pushes(sku, [Push("shop", sku, 1)], run_id="r", business_date=at.date(), at=at)
"""


@pytest.mark.whole
def test_processes_may_open_and_write_at_once(url: str) -> None:
    opening = [subprocess.Popen([sys.executable, "-c", OPEN_AND_PUSH, url, sku]) for sku in "ABCD"]
    assert [process.wait() for process in opening] == [0, 0, 0, 0]
    with open_ledger(url, "demo") as ledger:
        assert [row["channel_sku"] for row in ledger.rows("stock_pushes")] == list("ABCD")


def test_a_ledger_of_a_newer_version_is_not_touched(ledger: Ledger, url: str) -> None:
    with ledger.engine.begin() as connection:
        connection.execute(text("update ledger_version set version_num = '9999'"))
    with pytest.raises(FatalError, match="newer version"):
        open_ledger(url, "demo")


@pytest.mark.parametrize("address", ["sqlite://", "mysql://host/name", "ledger.db"])
def test_a_place_that_cannot_hold_a_ledger_is_refused(address: str) -> None:
    with pytest.raises(FatalError, match="sqlite:///"):
        open_ledger(address, "demo")


def test_a_database_that_is_away_may_be_tried_again_and_its_password_stays_secret() -> None:
    with pytest.raises(RetryableError, match="away or busy") as raised:
        open_ledger("postgresql://ledger:hush@127.0.0.1:1/ledger", "demo")
    assert "hush" not in str(raised.value)


def test_one_shop_does_not_see_another(ledger: Ledger, url: str) -> None:
    push(ledger, "b1", {"A": 3})
    with open_ledger(url, "other") as other:
        assert other.rows("stock_pushes") == []
        assert other.last_pushes() == {}
        assert other.rows("audit_log") == []


# Values


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (Decimal("0.001"), ValueError),
        (Decimal("1e16"), ValueError),
        (Decimal("NaN"), TypeError),
        (1.5, TypeError),
    ],
)
def test_money_that_would_change_on_its_way_is_refused(value: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        Amount().process_bind_param(value, sqlite.dialect())


def test_money_and_moments_leave_as_they_came(ledger: Ledger) -> None:
    tokyo = NIGHT.astimezone(ZoneInfo("Asia/Tokyo"))
    largest = Decimal("9999999999999999.99")
    ledger.sync_exceptions([finding("1", amount_at_stake=largest)], {"oversell"}, at=tokyo)
    row = ledger.rows("exceptions")[0]
    assert row["amount_at_stake"] == largest
    assert row["opened_at"] == NIGHT
    assert row["opened_at"].tzinfo is UTC


def test_a_moment_without_a_zone_is_refused(ledger: Ledger) -> None:
    with pytest.raises(Exception, match="no time zone"):
        ledger.sync_exceptions([finding("1")], {"oversell"}, at=datetime(2026, 11, 24))
    assert ledger.rows("exceptions") == []


def test_arrow_declares_what_the_columns_are(ledger: Ledger) -> None:
    ledger.sync_exceptions([finding("1")], {"oversell"}, at=NIGHT)
    table = ledger.arrow("exceptions")
    assert str(table.schema.field("amount_at_stake").type) == "decimal128(18, 2)"
    assert str(table.schema.field("opened_at").type) == "timestamp[us, tz=UTC]"
    assert str(table.schema.field("opening").type) == "int64"
    assert table.to_pylist() == ledger.rows("exceptions")
    assert str(ledger.arrow("stock_pushes").schema.field("business_date").type) == "date32[day]"


# The audit log


@pytest.mark.parametrize(
    "statement",
    [
        "update audit_log set who = 'nobody'",
        "delete from audit_log",
        "insert or replace into audit_log select * from audit_log",
        "truncate audit_log",
    ],
)
def test_the_audit_log_only_grows(ledger: Ledger, statement: str) -> None:
    push(ledger, "b1", {"A": 3})
    before = ledger.rows("audit_log")
    with pytest.raises(DBAPIError), ledger.engine.begin() as connection:
        connection.execute(text(statement))
    assert ledger.rows("audit_log") == before


def test_a_change_that_fails_leaves_neither_rows_nor_audit(ledger: Ledger) -> None:
    with pytest.raises(FatalError, match="two figures"):
        record(ledger, "b1", [Push("ebay", "A", 1), Push("shop", "A", 1), Push("shop", "A", 2)])
    assert ledger.rows("stock_pushes") == []
    assert audit(ledger) == []


@pytest.mark.parametrize("missing", ["who", "why"])
def test_a_person_says_who_and_why(ledger: Ledger, missing: str) -> None:
    ledger.sync_exceptions([finding("1")], {"oversell"}, at=NIGHT)
    answer: dict[str, Any] = {"who": "Ada", "why": "refunded"} | {missing: "  "}
    with pytest.raises(FatalError, match="it is empty"):
        ledger.close_exceptions([key("1")], **answer, at=NIGHT)


# Stock pushes


def record(ledger: Ledger, batch: str, pushes: list[Push], at: datetime = NIGHT) -> int:
    return ledger.record_pushes(batch, pushes, run_id="run", business_date=DAY, at=at)


def push(ledger: Ledger, batch: str, units: dict[str, int], at: datetime = NIGHT) -> int:
    return record(ledger, batch, [Push("shop", sku, figure) for sku, figure in units.items()], at)


def test_the_same_batch_again_changes_nothing(ledger: Ledger) -> None:
    assert push(ledger, "b1", {"A": 3, "B": 0}) == 2
    before = ledger.rows("stock_pushes"), ledger.rows("audit_log")
    assert push(ledger, "b1", {"B": 0, "A": 3}, NIGHT + timedelta(hours=1)) == 0
    assert (ledger.rows("stock_pushes"), ledger.rows("audit_log")) == before


def test_figures_that_never_left_may_be_replaced_and_written_ones_may_not(ledger: Ledger) -> None:
    push(ledger, "b1", {"A": 3, "B": 1})
    push(ledger, "b1", {"A": 2})
    assert [row["units"] for row in ledger.rows("stock_pushes")] == [2]
    assert ledger.mark_written("b1", "shop", "a.csv", at=NIGHT) == 1
    with pytest.raises(FatalError, match=r"a\.csv is written with other figures"):
        push(ledger, "b1", {"A": 9})
    assert push(ledger, "b1", {"A": 2}) == 0


def test_only_a_written_figure_counts_as_the_last(ledger: Ledger) -> None:
    for hour, units in enumerate([5, 4, 3]):
        push(ledger, f"b{hour}", {"A": units}, NIGHT + timedelta(hours=hour))
    assert ledger.last_pushes() == {}
    ledger.mark_written("b1", "shop", "b1.csv", at=NIGHT)
    ledger.mark_written("b0", "shop", "b0.csv", at=NIGHT)
    assert ledger.last_pushes() == {("shop", "A"): 4}


def test_a_figure_that_was_recorded_and_never_marked_is_unsure_until_it_is_sent_again(
    ledger: Ledger,
) -> None:
    push(ledger, "b1", {"A": 3, "B": 1})
    ledger.mark_written("b1", "shop", "b1.csv", at=NIGHT)
    assert ledger.unsure_pushes() == {}
    push(ledger, "b2", {"A": 5})
    push(ledger, "b3", {"A": 4})
    assert ledger.unsure_pushes() == {("shop", "A"): [5, 4]}
    push(ledger, "b4", {"A": 3})
    ledger.mark_written("b4", "shop", "b4.csv", at=NIGHT)
    assert ledger.unsure_pushes() == {}


def test_a_file_is_marked_once_and_never_without_its_figures(ledger: Ledger) -> None:
    push(ledger, "b1", {"A": 3})
    assert ledger.mark_written("b1", "shop", "a.csv", at=NIGHT) == 1
    assert ledger.mark_written("b1", "shop", "a.csv", at=NIGHT) == 0
    with pytest.raises(FatalError, match=r"written to a\.csv already"):
        ledger.mark_written("b1", "shop", "other.csv", at=NIGHT)
    with pytest.raises(FatalError, match="no figure is recorded"):
        ledger.mark_written("b1", "ebay", "a.csv", at=NIGHT)


# Purchases


def line(sku: str = "A", **other: Any) -> SuggestedLine:
    plain = SuggestedLine(
        supplier="Acme",
        sku=sku,
        crossing_date=DAY,
        units=12,
        unit_cost_amount=Decimal("3.35"),
        currency="USD",
        due_date=date(2026, 12, 1),
        needs_approval=False,
        reason="position 4 ≤ reorder point 9",
    )
    return replace(plain, **other)


def states(ledger: Ledger) -> dict[str, str]:
    return {row["po_key"]: row["state"] for row in ledger.rows("purchase_suggestions")}


def suggest(ledger: Ledger, *lines: SuggestedLine) -> int:
    return ledger.suggest(lines, opened_on=DAY, at=NIGHT)


def test_an_open_suggestion_suppresses_a_later_crossing(ledger: Ledger) -> None:
    assert suggest(ledger, line()) == 1
    assert suggest(ledger, line()) == 0
    assert suggest(ledger, line(crossing_date=DAY + timedelta(days=2))) == 0
    assert ledger.rows("purchase_suggestions")[0]["line_amount"] == Decimal("40.20")
    assert audit(ledger) == [("backroom", "suggested")]


def test_an_untouched_suggestion_takes_on_new_units_and_one_that_waits_does_not(
    ledger: Ledger,
) -> None:
    suggest(ledger, line("A"), line("B", needs_approval=True))
    suggest(ledger, line("A", units=20), line("B", units=20, needs_approval=True))
    assert [row["units"] for row in ledger.rows("purchase_suggestions")] == [20, 12]


def test_a_line_is_approved_with_other_units_and_the_reason_is_kept(ledger: Ledger) -> None:
    suggest(ledger, line("A", needs_approval=True), line("B", needs_approval=True))
    keys = [line("A").po_key, line("B").po_key]
    ledger.decide(
        approve=True,
        po_keys=keys,
        units={keys[0]: 20},
        who="Owner",
        why="more sold since",
        at=NIGHT,
    )
    corrected, kept = ledger.rows("purchase_suggestions")
    assert (corrected["units"], corrected["line_amount"]) == (20, Decimal("67.00"))
    assert (kept["units"], kept["line_amount"]) == (12, Decimal("40.20"))
    entry = next(
        row
        for row in ledger.rows("audit_log")
        if row["subject"].endswith(keys[0]) and row["who"] == "Owner"
    )
    assert entry["why"] == "more sold since"
    assert json.loads(entry["before"])["units"] == 12
    assert json.loads(entry["after"])["units"] == 20


def test_the_owner_decides_once(ledger: Ledger) -> None:
    suggest(ledger, line("A", needs_approval=True), line("B", needs_approval=True), line("C"))
    answer: dict[str, Any] = {"who": "Owner", "why": "season", "at": NIGHT}
    moved = ledger.decide(approve=True, supplier="Acme", **answer)
    assert moved == [line("A").po_key, line("B").po_key]
    assert ledger.decide(approve=True, po_keys=moved, **answer) == []
    with pytest.raises(FatalError, match="is approved by Owner at 2026-11-24 02:00 UTC"):
        ledger.decide(approve=False, po_keys=moved, **answer)
    with pytest.raises(FatalError, match="No line of supplier 'Acme' waits"):
        ledger.decide(approve=True, supplier="Acme", **answer)
    with pytest.raises(FatalError, match="has no purchase suggestion nothing"):
        ledger.decide(approve=True, po_keys=["nothing"], **answer)
    assert audit(ledger)[-1] == ("Owner", "purchase approved")


def test_what_waits_for_the_owner_cannot_be_ordered(ledger: Ledger) -> None:
    suggest(ledger, line("A", needs_approval=True), line("B"))
    keys = [line("A").po_key, line("B").po_key]
    with pytest.raises(FatalError, match="pending approval"):
        ledger.order(keys, who="Buyer", why="po 7", at=NIGHT)
    assert set(states(ledger).values()) == {"pending_approval", "suggested"}
    assert ledger.order(keys[1:], who="Buyer", why="po 7", at=NIGHT) == keys[1:]


def test_a_rejected_crossing_stays_rejected_and_the_next_one_is_new(ledger: Ledger) -> None:
    suggest(ledger, line(needs_approval=True))
    ledger.decide(approve=False, po_keys=[line().po_key], who="Owner", why="cash", at=NIGHT)
    assert suggest(ledger, line()) == 0
    assert suggest(ledger, line(crossing_date=DAY + timedelta(days=9))) == 1


def test_what_was_settled_is_not_suggested_by_another_supplier_until_the_need_ended(
    ledger: Ledger,
) -> None:
    suggest(ledger, line(needs_approval=True))
    ledger.decide(approve=False, po_keys=[line().po_key], who="Owner", why="cash", at=NIGHT)
    assert suggest(ledger, line(supplier="Other")) == 0
    assert ledger.end_crossings(still={"A"}, on=DAY, at=NIGHT) == []
    assert ledger.end_crossings(still=set(), on=DAY, at=NIGHT) == [line().po_key]
    assert suggest(ledger, line(supplier="Other", crossing_date=DAY + timedelta(days=9))) == 1


def test_an_ordered_line_keeps_its_day_and_is_no_longer_in_the_way(ledger: Ledger) -> None:
    suggest(ledger, line())
    ledger.order([line().po_key], who="Buyer", why="PO-7", at=NIGHT, on=DAY)
    assert ledger.rows("purchase_suggestions")[0]["ordered_on"] == DAY
    assert ledger.waiting_to_order("Acme") == []
    assert suggest(ledger, line()) == 0
    assert suggest(ledger, line(crossing_date=DAY + timedelta(days=60))) == 1


def test_an_approved_line_whose_need_ended_gives_way_to_the_next(ledger: Ledger) -> None:
    suggest(ledger, line(needs_approval=True))
    ledger.decide(approve=True, po_keys=[line().po_key], who="Owner", why="season", at=NIGHT)
    assert suggest(ledger, line(units=30)) == 0
    ledger.end_crossings(still=set(), on=DAY, at=NIGHT)
    assert suggest(ledger, line(units=30, crossing_date=DAY + timedelta(days=9))) == 1
    assert sorted(states(ledger).values()) == ["suggested", "withdrawn"]


def test_a_withdrawn_crossing_may_come_back(ledger: Ledger) -> None:
    suggest(ledger, line())
    ledger.withdraw([line().po_key], who="Buyer", why="found a pallet", at=NIGHT)
    assert suggest(ledger, line()) == 1
    assert states(ledger) == {line().po_key: "suggested"}


# Exceptions


def finding(subject: str, **other: Any) -> Finding:
    plain = Finding(
        type="oversell",
        station="inventory",
        severity="high",
        subject_kind="sku",
        subject_id=subject,
        owner="ops_lead",
        tier=2,
        next_step="Call the customer.",
        due_at=NIGHT + timedelta(hours=4),
        evidence="5 open, 3 available",
        amount_at_stake=Decimal("40.00"),
        currency="USD",
    )
    return replace(plain, **other)


def key(subject: str, type_: str = "oversell") -> str:
    return exception_id("demo", type_, "sku", subject)


def sync(
    ledger: Ledger, *found: Finding, hours: int = 0, types: str = "oversell"
) -> tuple[int, ...]:
    synced = ledger.sync_exceptions(found, {types}, at=NIGHT + timedelta(hours=hours))
    return synced.opened, synced.kept, synced.closed


def test_the_same_findings_open_nothing_twice(ledger: Ledger) -> None:
    assert sync(ledger, finding("1"), finding("2")) == (2, 0, 0)
    before = ledger.rows("exceptions"), ledger.rows("audit_log")
    assert sync(ledger, finding("2"), finding("1")) == (0, 2, 0)
    assert (ledger.rows("exceptions"), ledger.rows("audit_log")) == before


def test_an_open_one_takes_on_tonights_evidence_and_keeps_its_due_time(ledger: Ledger) -> None:
    sync(ledger, finding("1"))
    later = finding("1", evidence="9 open, 3 available", due_at=NIGHT + timedelta(days=9))
    assert sync(ledger, later, hours=24) == (0, 1, 0)
    row = ledger.rows("exceptions")[0]
    assert row["evidence"] == "9 open, 3 available"
    assert row["due_at"] == NIGHT + timedelta(hours=4)
    assert (row["opened_at"], row["last_seen_at"]) == (NIGHT, NIGHT + timedelta(hours=24))


def test_a_check_that_passes_closes_and_one_that_did_not_run_does_not(ledger: Ledger) -> None:
    sync(ledger, finding("1"))
    assert sync(ledger, hours=1, types="negative_stock") == (0, 0, 0)
    assert sync(ledger, hours=2) == (0, 0, 1)
    row = ledger.rows("exceptions")[0]
    closing = row["state"], row["closed_by"], row["reason"]
    assert closing == ("closed", "check", "its check passes again")


def test_opening_again_keeps_the_first_opening(ledger: Ledger) -> None:
    sync(ledger, finding("1"))
    sync(ledger, hours=1)
    assert sync(ledger, finding("1"), hours=2) == (1, 0, 0)
    openings = [(row["opening"], row["state"]) for row in ledger.rows("exceptions")]
    assert openings == [(1, "closed"), (2, "open")]


def test_a_persons_closing_holds_for_what_they_saw(ledger: Ledger) -> None:
    sync(ledger, finding("1"))
    assert ledger.close_exceptions([key("1")], who="Ada", why="a friend's order", at=NIGHT)
    assert not ledger.close_exceptions([key("1")], who="Bob", why="me too", at=NIGHT)
    assert sync(ledger, finding("1"), hours=1) == (0, 0, 0)
    assert sync(ledger, finding("1", amount_at_stake=Decimal(900)), hours=2) == (1, 0, 0)
    assert ledger.rows("exceptions")[0]["closed_by"] == "Ada"


def test_a_persons_closing_ends_when_the_check_has_passed_in_between(ledger: Ledger) -> None:
    sync(ledger, finding("1"))
    ledger.close_exceptions([key("1")], who="Ada", why="restocked", at=NIGHT)
    sync(ledger, hours=1)
    assert ledger.rows("exceptions")[0]["closed_by"] == "Ada"
    assert sync(ledger, finding("1"), hours=2) == (1, 0, 0)


def test_passing_ends_every_earlier_closing_by_a_person(ledger: Ledger) -> None:
    sync(ledger, finding("1"))
    ledger.close_exceptions([key("1")], who="Ada", why="known", at=NIGHT)
    sync(ledger, finding("1", evidence="9 open"), hours=1)
    sync(ledger, hours=2)
    assert sync(ledger, hours=3) == (0, 0, 0)
    assert sync(ledger, finding("1"), hours=4) == (1, 0, 0)
    assert [row["opening"] for row in ledger.rows("exceptions")] == [1, 2, 3]


def test_taking_one_in_hand_keeps_it_open_for_the_check(ledger: Ledger) -> None:
    sync(ledger, finding("1"))
    answer: dict[str, Any] = {"who": "Ada", "why": "calling them", "at": NIGHT}
    assert ledger.acknowledge_exceptions([key("1")], **answer)
    assert not ledger.acknowledge_exceptions([key("1")], **answer)
    assert sync(ledger, finding("1"), hours=1) == (0, 1, 0)
    assert ledger.rows("exceptions")[0]["state"] == "acknowledged"
    assert sync(ledger, hours=2) == (0, 0, 1)
    with pytest.raises(FatalError, match="was closed by check"):
        ledger.acknowledge_exceptions([key("1")], **answer)
    with pytest.raises(FatalError, match="has no exception"):
        ledger.close_exceptions(["nothing"], **answer)


def test_a_subject_found_twice_is_refused(ledger: Ledger) -> None:
    with pytest.raises(FatalError, match="2 findings are about 1 things"):
        sync(ledger, finding("1"), finding("1", evidence="other"))


@settings(max_examples=25, deadline=None)
@given(nights=st.lists(st.sets(st.sampled_from("abcd")), min_size=1, max_size=6))
def test_what_was_found_last_is_what_is_open(nights: list[set[str]]) -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        open_ledger(f"sqlite:///{folder}/ledger.db", "demo") as ledger,
    ):
        changes = 0
        for hour, subjects in enumerate(nights):
            opened, _, closed = sync(ledger, *map(finding, subjects), hours=hour)
            changes += opened + closed
        rows = ledger.rows("exceptions")
        still = [row["subject_id"] for row in rows if row["state"] != "closed"]
        assert sorted(still) == sorted(nights[-1])
        assert len(audit(ledger)) == changes


# SOP reviews, alerts and runs


def ask(ledger: Ledger, cause: str) -> bool:
    answer: dict[str, Any] = {
        "reason": "its KPI failed",
        "evidence": "91 % of 95 %",
        "due_at": NIGHT,
        "at": NIGHT,
    }
    return ledger.open_review("fulfilment", cause, **answer)


def review(ledger: Ledger, day: date, outcome: str = "as written") -> int:
    answer: dict[str, Any] = {"who": "Ada", "notes": "", "review_date": day, "at": NIGHT}
    return ledger.record_review("fulfilment", outcome=outcome, **answer)


def test_a_cause_asks_for_one_review_and_one_review_answers_all(ledger: Ledger) -> None:
    assert [ask(ledger, "kpi/1"), ask(ledger, "kpi/1"), ask(ledger, "kpi/2")] == [True, False, True]
    assert review(ledger, DAY) == 2
    assert {row["review_date"] for row in ledger.rows("sop_reviews")} == {DAY}
    assert not ask(ledger, "kpi/1")
    assert review(ledger, DAY) == 0
    assert len(ledger.rows("sop_reviews")) == 2


def test_a_review_that_nobody_asked_for_counts(ledger: Ledger) -> None:
    assert [review(ledger, DAY), review(ledger, DAY), review(ledger, DAY, "changed")] == [0, 0, 0]
    assert {row["review_date"] for row in ledger.rows("sop_reviews")} == {DAY}
    assert len(ledger.rows("sop_reviews")) == 2


def alert(day: date = DAY, **other: Any) -> Alert:
    about = "expectation/on_time_ship_rate"
    plain = Alert(
        alert_key=f"{about}/{day}",
        kind="expectation.failed",
        about=about,
        business_date=day,
        station="fulfilment",
        severity="critical",
        owner="Ada",
        deputy="Bob",
        sent_to="Ada",
        subject="On-time ship rate failed",
        body="Observed: 91 %",
        due_at=NIGHT + timedelta(hours=8),
    )
    return replace(plain, **other)


def test_a_failing_day_is_one_alert_and_recovery_is_one_notice(ledger: Ledger) -> None:
    assert ledger.record_alert(alert(), at=NIGHT)
    assert not ledger.record_alert(alert(subject="other words"), at=NIGHT)
    ledger.record_alert(alert(DAY + timedelta(days=1)), at=NIGHT)
    day = DAY + timedelta(days=2)
    notice = ledger.record_recovery(alert().about, business_date=day, at=NIGHT)
    assert notice == f"recovered/{alert().about}/{day}"
    assert ledger.record_recovery(alert().about, business_date=day, at=NIGHT) is None
    rows = ledger.rows("alerts")
    assert [row["kind"] for row in rows] == ["expectation.failed"] * 2 + ["expectation.recovered"]
    assert all(row["recovered_at"] == NIGHT for row in rows)


def test_an_alert_unanswered_past_its_window_goes_up(ledger: Ledger) -> None:
    ledger.record_alert(alert(), at=NIGHT)
    assert ledger.unanswered_alerts(at=NIGHT) == []
    late = NIGHT + timedelta(hours=9)
    assert [row["alert_key"] for row in ledger.unanswered_alerts(at=late)] == [alert().alert_key]
    assert ledger.acknowledge_alert(alert().alert_key, who="Ada", why="on it", at=late)
    assert not ledger.acknowledge_alert(alert().alert_key, who="Bob", why="", at=late)
    assert ledger.unanswered_alerts(at=late) == []


def oversold(sku: str = "MUG", short: int = 2) -> Oversell:
    return Oversell(
        sku, "merchant", short + 3, 3, short, "Main 5 of 3", "web", None, False, Decimal("9.90"), "USD"
    )  # fmt: skip


def oversells(ledger: Ledger) -> list[tuple[str, datetime, datetime | None, int]]:
    rows = ledger.rows("oversell_events")
    return [(row["sku"], row["started_at"], row["ended_at"], row["short_units"]) for row in rows]


def test_an_oversell_lasts_at_its_worst_until_it_is_gone_and_stays_in_the_book(
    ledger: Ledger,
) -> None:
    later = [NIGHT + timedelta(hours=hours) for hours in range(1, 5)]
    ledger.sync_oversells([oversold(), oversold("CUP", 1)], at=NIGHT)
    ledger.sync_oversells([oversold(short=7), oversold("CUP", 1)], at=later[0])
    ledger.sync_oversells([oversold(short=1)], at=later[1])
    for _ in range(2):
        ledger.sync_oversells([], at=later[2])
    ledger.sync_oversells([oversold(short=4)], at=later[3])
    assert oversells(ledger) == [
        ("CUP", NIGHT, later[1], 1),
        ("MUG", NIGHT, later[2], 7),
        ("MUG", later[3], None, 4),
    ]
    assert [what for _, what in audit(ledger)] == [
        "oversell begun", "oversell begun", "oversell ended", "oversell ended", "oversell begun",
    ]  # fmt: skip


def test_what_ended_at_a_moment_that_is_run_again_goes_on(ledger: Ledger) -> None:
    ledger.sync_oversells([oversold()], at=NIGHT)
    moment = NIGHT + timedelta(hours=1)
    for found in ([], [oversold()], [oversold()]):
        ledger.sync_oversells(found, at=moment)
    assert oversells(ledger) == [("MUG", NIGHT, None, 2)]


def test_a_night_begins_and_ends_and_may_end_otherwise_when_run_again(ledger: Ledger) -> None:
    for _ in range(2):
        ledger.begin_night(NIGHT, DAY, flow="nightly")
    assert [row["state"] for row in ledger.rows("runs")] == ["running"]
    for _ in range(2):
        ledger.end_night(NIGHT, "failed", at=NIGHT, note="ebay: its file lacks ['SKU']")
    ledger.end_night(NIGHT, "completed", at=NIGHT)
    assert [row["state"] for row in ledger.rows("runs")] == ["completed"]
    assert [what for _, what in audit(ledger)] == ["night begun"]
    with pytest.raises(FatalError, match="has not begun"):
        ledger.end_night(NIGHT + timedelta(hours=1), "completed", at=NIGHT)


def test_a_table_that_is_not_there_is_named(ledger: Ledger) -> None:
    with pytest.raises(FatalError, match="It has alert_deliveries, alerts, audit_log"):
        ledger.rows("pushes")


def test_sqlite_waits_for_other_writers_and_readers_do_not(tmp_path: Path) -> None:
    with open_ledger(f"sqlite:///{tmp_path}/ledger.db", "demo") as ledger, ledger.change(NIGHT):
        reader = sqlite3.connect(os.fspath(tmp_path / "ledger.db"))
        assert reader.execute("select count(*) from runs").fetchone() == (0,)
        assert reader.execute("pragma journal_mode").fetchone() == ("wal",)
        reader.close()
