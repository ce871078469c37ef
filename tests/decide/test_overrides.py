"""Who may state a figure, of what, and what holds tonight."""

from collections.abc import Iterator
from contextlib import nullcontext
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pytest

from config.errors import FatalError, UsageError
from config.shop import load_shop
from config.strict import ROOT
from tasks.decide import overrides, steps
from tasks.decide.overrides import require_right, require_sense, subject
from tasks.ledger import Ledger, Subject, open_ledger
from tasks.rules.columns import objects
from tasks.rules.override import Stated
from tasks.run.night import Night
from tasks.warehouse.ledger_tables import write_ledger_tables
from tasks.warehouse.models import read_rules

NIGHT = Night(load_shop("demo"), datetime(2026, 11, 24, 7, tzinfo=UTC), "run")
TODAY = date(2026, 11, 24)
BUYER, OWNER = (NIGHT.shop.people[role].owner for role in ("buying", NIGHT.shop.approval_role))
CUP = Subject("sku", "CUP", "lead_time_days")


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with open_ledger(f"sqlite:///{tmp_path}/ledger.db", "demo") as found:
        yield found


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as warehouse:
        warehouse.execute(
            "create schema core; create schema ops; create schema ledger; create schema settings"
        )
        warehouse.execute("create table ops.demand_daily as select 'CUP' as sku")
        warehouse.execute("create table ops.stock_position as select 'POT' as sku")
        warehouse.execute(
            "create table core.supplier_items as select 'JUG' as sku, 'S1' as supplier_id;"
            "create table core.purchase_order_lines as select 'S2' as supplier_id;"
            f"create table settings.run as select date '{TODAY}' as business_date"
        )
        for rule in read_rules(ROOT / "sql"):
            warehouse.execute(rule.sql)
        yield warehouse


def test_the_buyer_states_facts_and_only_the_owner_the_service_level() -> None:
    require_right(NIGHT, Stated.LEAD_TIME_DAYS, BUYER)
    require_right(NIGHT, Stated.SERVICE_LEVEL, OWNER)
    with pytest.raises(FatalError, match="none of the people"):
        require_right(NIGHT, Stated.LEAD_TIME_DAYS, "somebody@example.com")
    if BUYER != OWNER:
        with pytest.raises(FatalError, match=OWNER):
            require_right(NIGHT, Stated.SERVICE_LEVEL, BUYER)


def test_a_form_names_a_sku_or_a_supplier() -> None:
    assert subject(" CUP ", "", Stated.MOQ_UNITS) == Subject("sku", "CUP", "moq_units")
    assert subject("", "S1", Stated.MOQ_UNITS) == Subject("supplier", "S1", "moq_units")
    for sku, supplier in (("", " "), ("CUP", "S1")):
        with pytest.raises(UsageError, match="one of the two"):
            subject(sku, supplier, Stated.MOQ_UNITS)


@pytest.mark.parametrize(
    ("of", "value", "until", "error", "words"),
    [
        (CUP, "", TODAY, UsageError, "needs its value"),
        (CUP, "0", TODAY, UsageError, "more than 0"),
        (CUP, "30", date(2026, 11, 23), UsageError, "is before 2026-11-24"),
        (Subject("sku", "TUB", "lead_time_days"), "30", TODAY, FatalError, "no sku 'TUB'"),
        (Subject("supplier", "S9", "moq_units"), "30", TODAY, FatalError, "no supplier 'S9'"),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_fix(
    con: duckdb.DuckDBPyConnection,
    of: Subject,
    value: str,
    until: date,
    error: type[Exception],
    words: str,
) -> None:
    with pytest.raises(error, match=words):
        require_sense(con, NIGHT, of, value, until)


@pytest.mark.parametrize(
    "kind_and_name",
    [("sku", "CUP"), ("sku", "POT"), ("sku", "JUG"), ("supplier", "S1"), ("supplier", "S2")],
)
def test_what_is_known_is_taken(
    con: duckdb.DuckDBPyConnection, kind_and_name: tuple[str, str]
) -> None:
    of = Subject(*kind_and_name, "lead_time_days")
    assert require_sense(con, NIGHT, of, "30.50", TODAY) == "30.5"


def test_what_holds_is_of_the_sku_before_its_supplier_and_the_last_word_counts(
    con: duckdb.DuckDBPyConnection, ledger: Ledger
) -> None:
    def set_(
        kind: str, name: str, what: str, value: str, until: date = TODAY, hour: int = 7
    ) -> bool:
        return ledger.set_override(
            Subject(kind, name, what), value=value, until=until, who=BUYER, why="a fair",
            at=datetime(2026, 11, 20, hour, tzinfo=UTC),
        )  # fmt: skip

    assert set_("supplier", "S1", "lead_time_days", "30")
    assert set_("supplier", "S1", "moq_units", "48")
    assert set_("sku", "CUP", "lead_time_days", "12")
    assert not set_("sku", "CUP", "lead_time_days", "12", hour=8)
    assert set_("sku", "CUP", "lead_time_days", "14", hour=9)
    assert set_("sku", "CUP", "buffer_units", "5")
    assert set_("sku", "POT", "buffer_units", "9", date(2026, 11, 20))
    assert set_("sku", "JUG", "buffer_units", "9", date(2026, 11, 16))
    assert set_("sku", "JUG", "reorder_point", "9")
    ledger.end_override(
        Subject("sku", "JUG", "reorder_point"), who=BUYER, why="over", at=NIGHT.moment
    )
    write_ledger_tables(con, ledger)
    found = overrides.overrides(con)
    of = found.by_row(
        objects(["CUP", "TUB", "TUB", "JUG", "POT"]), objects(["S1", "S1", "", "", ""])
    )
    assert {each.what: str(each.value) for each in of[0]} == {
        "lead_time_days": "14", "moq_units": "48", "buffer_units": "5",
    }  # fmt: skip
    assert [str(each.value) for each in of[1]] == ["30", "48"]
    assert sorted(of) == [0, 1, 4]
    assert found.buffer_units("CUP", TODAY) == 5
    assert found.buffer_units("POT", TODAY) is None, "its day is over"
    assert [each.what for each in of[4]] == ["buffer_units"], "it is said for a week"
    assert found.buffer_units("TUB", TODAY) is None


def test_an_override_keeps_its_reason_and_who_took_it_back(ledger: Ledger) -> None:
    at = datetime(2026, 11, 20, 7, tzinfo=UTC)
    with pytest.raises(FatalError, match="needs its reason"):
        ledger.set_override(CUP, value="30", until=TODAY, who=BUYER, why=" ", at=at)
    with pytest.raises(FatalError, match="no override of lead_time_days"):
        ledger.end_override(CUP, who=BUYER, why="over", at=at)
    ledger.set_override(CUP, value="30", until=TODAY, who=BUYER, why="slow freight", at=at)
    ledger.end_override(CUP, who=OWNER, why="it flies now", at=NIGHT.moment)
    [row] = ledger.rows("overrides")
    assert (row["value"], row["reason"], row["ended_at"]) == ("30", "slow freight", NIGHT.moment)
    assert [(line["who"], line["what"], line["why"]) for line in ledger.rows("audit_log")] == [
        (BUYER, "override set", "slow freight"),
        (OWNER, "override ended", "it flies now"),
    ]


def test_the_step_keeps_what_the_form_says_and_takes_it_back(
    con: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "open_warehouse", lambda _: nullcontext(con))
    monkeypatch.setattr(
        steps, "ledger_of", lambda _: open_ledger(f"sqlite:///{tmp_path}/ledger.db", "demo")
    )
    assert steps.set_override.fn(NIGHT, CUP, "30", TODAY, BUYER, "slow freight")
    assert not steps.set_override.fn(NIGHT, CUP, "30.0", TODAY, BUYER, "slow freight")
    steps.end_override.fn(NIGHT, CUP, BUYER, "it flies now")
    with open_ledger(f"sqlite:///{tmp_path}/ledger.db", "demo") as ledger:
        [row] = ledger.rows("overrides")
    assert (row["value"], row["ended_at"]) == ("30", NIGHT.moment)
