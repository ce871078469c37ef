"""Who hears of a KPI: only of what was judged, once a day or week, and one tier up if unanswered."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from duckdb import DuckDBPyConnection

from config.shop import Shop
from tasks.decide.escalation import ESCALATED, escalate
from tasks.decide.verdicts import FAILED, REMINDED, check_kpis
from tasks.ledger import Ledger, open_ledger
from tasks.run.night import Night
from tasks.tell.reach import reaches
from tests.small_marts import SHOP, create

MONDAY = datetime(2026, 11, 23, 2, tzinfo=UTC)
pytestmark = pytest.mark.whole  # dozens of nights, and Great Expectations in each

KPI = "on_time_ship_rate"  # of closed days
STATE = "stale_reports"  # of now


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    file = tmp_path / "corner.yaml"
    file.write_text(
        SHOP.replace(
            "{owner: ben@corner.example}", "{owner: ben@corner.example, deputy: dee@corner.example}"
        )
        + "  owner: {owner: una@corner.example}\n"
    )
    return Shop.read(file, name="corner")


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}", "corner") as opened:
        yield opened


class Nights:
    """Nights of one shop: what its KPI marts say, and what comes of it."""

    def __init__(self, shop: Shop, ledger: Ledger, con: DuckDBPyConnection) -> None:
        self.shop, self.ledger, self.con = shop, ledger, con
        con.execute("create schema landing")
        con.execute(
            "create table landing.expectation_results (run_id varchar, run_at timestamptz, suite varchar,"
            " expectation varchar, subject varchar, station varchar, severity varchar, success boolean,"
            " observed varchar, threshold varchar, element_count bigint, unexpected_count bigint)"
        )

    def day(self, day: str, status: str, channel: str = "all", kpi: str = KPI) -> None:
        self.con.execute(
            "insert into marts.kpi_daily (shop, kpi, business_date, channel, value, n, judged_days,"
            " judged_value, judged_n, target, status) values ('corner', ?, ?, ?, 0.5, 40, 1, 0.5, 40, 0.95, ?)",
            [kpi, day, channel, status],
        )

    def week(self, week: str, status: str, *, is_closed: bool = True) -> None:
        self.con.execute(
            "insert into marts.kpi_weekly (shop, kpi, iso_week, channel, is_closed, value, n, judged_days,"
            " judged_value, judged_n, target, current_value, current_status)"
            " values ('corner', ?, ?, 'all', ?, 0.5, 40, 7, 0.5, 40, 0.95, 0.5, ?)",
            [KPI, week, is_closed, status],
        )

    def night(self, days: int = 0) -> Night:
        return Night(self.shop, MONDAY + timedelta(days=days), f"night {days}")

    def check(self, days: int = 0, late: int = 0) -> list[str]:
        """Return the KPIs that failed on the night `days` after the Monday, its reports `late` days older."""
        tonight = self.night(days).business_date
        self.con.execute(
            "update marts.kpi_daily set last_judged_date = if(kpi = ?, ?::date, ?::date)",
            [STATE, tonight, tonight - timedelta(days=1 + late)],
        )
        return [v.kpi for v in check_kpis(self.con, self.night(days), self.ledger) if v.failed]

    def alerts(self) -> dict[str, bool]:
        """Return each alert's key and whether its cause is still there."""
        return {r["alert_key"]: r["recovered_at"] is None for r in self.ledger.rows("alerts")}

    def kept(self, run: int) -> bool | None:
        rows = self.con.execute(
            "select success from landing.expectation_results where run_id = ? and expectation = ?"
            " and suite = 'KPIs'",
            [f"night {run}", KPI],
        ).fetchall()
        return bool(rows[0][0]) if rows[0][0] is not None else None


def kinds(nights: Nights) -> Counter[str]:
    """Return how many alerts of each kind there are."""
    return Counter(row["kind"] for row in nights.ledger.rows("alerts"))


@pytest.fixture
def nights(shop: Shop, ledger: Ledger) -> Iterator[Nights]:
    with duckdb.connect() as con:
        yield Nights(shop, ledger, create(con))


def test_the_alert_of_a_closed_day_carries_that_day(nights: Nights) -> None:
    nights.day("2026-11-22", "critical")
    assert nights.check() == [KPI]
    [alert] = nights.ledger.rows("alerts")
    assert alert["alert_key"] == f"expectation/{KPI}/2026-11-22"
    assert alert["business_date"] == date(2026, 11, 22)
    assert "Observed: 50.0 % (all channels, of 40 cases)" in alert["body"]


def test_of_reports_that_came_before_a_day_was_over_the_day_before_it_is_judged(
    nights: Nights,
) -> None:
    nights.day("2026-11-21", "critical")
    nights.day("2026-11-22", "no_data")
    assert nights.check(late=1) == [KPI]
    assert nights.check(late=1) == [KPI]
    assert list(nights.alerts()) == [f"expectation/{KPI}/2026-11-21"]
    nights.day("2026-11-23", "no_data")
    nights.con.execute(
        "update marts.kpi_daily set status = 'ok' where business_date = '2026-11-22'"
    )
    assert nights.check(1, late=1) == []
    assert nights.alerts()[f"expectation/{KPI}/2026-11-21"] is False


def test_a_state_is_judged_tonight(nights: Nights) -> None:
    nights.day("2026-11-23", "critical", kpi=STATE)
    assert nights.check() == [STATE]
    assert list(nights.alerts()) == [f"expectation/{STATE}/2026-11-23"]


def test_the_same_night_again_alerts_once(nights: Nights) -> None:
    nights.day("2026-11-22", "critical")
    nights.check()
    nights.check()
    assert len(nights.alerts()) == 1


@pytest.mark.parametrize("status", ["no_data", "too_few"])
def test_what_cannot_be_judged_has_neither_passed_nor_failed(nights: Nights, status: str) -> None:
    nights.day("2026-11-22", "critical")
    nights.check()
    nights.day("2026-11-23", status)
    assert nights.check(1) == []
    assert nights.kept(1) is None
    assert nights.alerts() == {f"expectation/{KPI}/2026-11-22": True}


@pytest.mark.parametrize("status", ["ok", "off_target", "warning"])
def test_a_judged_pass_recovers(nights: Nights, status: str) -> None:
    nights.day("2026-11-22", "critical")
    nights.check()
    nights.day("2026-11-23", status)
    nights.check(1)
    assert nights.kept(1) is True
    assert nights.alerts()[f"expectation/{KPI}/2026-11-22"] is False


def test_a_channel_that_failed_and_cannot_be_judged_has_not_recovered(nights: Nights) -> None:
    nights.day("2026-11-22", "critical", "web")
    nights.day("2026-11-22", "ok")
    nights.check()
    nights.day("2026-11-23", "too_few", "web")
    nights.day("2026-11-23", "ok")
    nights.check(1)
    assert nights.alerts() == {f"expectation/{KPI}/2026-11-22": True}
    nights.day("2026-11-24", "ok", "web")
    nights.day("2026-11-24", "ok")
    nights.check(2)
    assert nights.alerts()[f"expectation/{KPI}/2026-11-22"] is False


def test_a_closed_week_alerts_under_its_own_name_and_an_open_one_does_not(nights: Nights) -> None:
    nights.week("2026-W47", "critical")
    nights.week("2026-W48", "critical", is_closed=False)
    assert nights.check() == [KPI]
    assert list(nights.alerts()) == [f"expectation/{KPI}/2026-W47"]


def test_a_cancellation_that_comes_late_fails_the_week_it_belongs_to(nights: Nights) -> None:
    nights.week("2026-W46", "ok")
    nights.week("2026-W47", "ok")
    assert nights.check() == []
    nights.con.execute(
        "update marts.kpi_weekly set current_status = 'critical' where iso_week = '2026-W46'"
    )
    assert nights.check(1) == [KPI]
    assert list(nights.alerts()) == [f"expectation/{KPI}/2026-W46"]


def test_a_week_that_passed_and_fails_again_is_alerted_again_and_once(nights: Nights) -> None:
    nights.week("2026-W47", "critical")
    nights.check()
    for days, status in ((1, "ok"), (2, "critical"), (2, "critical"), (3, "critical")):
        nights.con.execute("update marts.kpi_weekly set current_status = ?", [status])
        nights.check(days)
    assert kinds(nights) == {FAILED: 2, "expectation.recovered": 1}
    [_, live] = [key for key in nights.alerts() if "recovered" not in key]
    assert live.startswith(f"expectation/{KPI}/2026-W47/2026-11-25T")
    assert nights.alerts()[live]


def test_a_kpi_that_fails_again_after_its_review_opens_a_new_one(nights: Nights) -> None:
    nights.day("2026-11-22", "critical")
    nights.day("2026-11-23", "critical")
    nights.check()
    nights.check(1)
    [first] = nights.ledger.rows("sop_reviews")
    nights.ledger.record_review(
        first["sop"],
        who="Ben",
        outcome="changed the cut-off",
        notes="",
        review_date=date(2026, 11, 24),
        at=MONDAY + timedelta(days=1),
    )
    nights.day("2026-11-24", "critical")
    nights.check(2)
    assert len(nights.ledger.rows("sop_reviews")) == 1, "the day that failed is the review's own"
    nights.day("2026-11-25", "critical")
    nights.check(3)
    assert [row["state"] for row in nights.ledger.rows("sop_reviews")] == ["closed", "open"]


def test_an_alert_that_nobody_answers_goes_up_tier_by_tier(nights: Nights) -> None:
    nights.day("2026-11-22", "critical")
    nights.check()
    raised = [escalate(nights.night(days), nights.ledger) for days in range(5)]
    assert raised == [0, 1, 1, 0, 0]
    sent = {row["alert_key"]: row["sent_to"] for row in nights.ledger.rows("alerts")}
    key = f"expectation/{KPI}/2026-11-22"
    assert sent == {
        key: "ben@corner.example",
        f"{key}/tier/1": "dee@corner.example",
        f"{key}/tier/2": "una@corner.example",
    }


def test_an_answer_to_any_tier_is_an_answer(nights: Nights) -> None:
    nights.day("2026-11-22", "critical")
    nights.check()
    escalate(nights.night(1), nights.ledger)
    key = f"expectation/{KPI}/2026-11-22/tier/1"
    nights.ledger.acknowledge_alert(key, who="Dee", why="on it", at=MONDAY + timedelta(days=1))
    assert escalate(nights.night(5), nights.ledger) == 0


def test_breach_again_mend_and_breach_once_more(nights: Nights) -> None:
    nights.day("2026-11-22", "critical")
    nights.check()
    nights.check()
    assert kinds(nights) == {FAILED: 1}
    assert [row["state"] for row in nights.ledger.rows("sop_reviews")] == ["open"]
    nights.ledger.record_review(
        "fulfilment", who="Ben", outcome="kept", notes="", review_date=date(2026, 11, 23), at=MONDAY
    )
    nights.day("2026-11-23", "ok")
    nights.check(1)
    nights.check(1)
    assert kinds(nights) == {FAILED: 1, "expectation.recovered": 1}
    nights.day("2026-11-24", "critical")
    nights.check(2)
    assert kinds(nights) == {FAILED: 2, "expectation.recovered": 1}
    assert [row["state"] for row in nights.ledger.rows("sop_reviews")] == ["closed", "open"]


def test_thirty_nights_of_one_failure(nights: Nights) -> None:
    """One opening at once, a reminder a day, one ladder to its top, and one recovery."""
    for night in range(30):
        nights.day(str(date(2026, 11, 22) + timedelta(days=night)), "critical")
        nights.check(night)
        escalate(nights.night(night), nights.ledger)
    assert kinds(nights) == {FAILED: 1, REMINDED: 29, ESCALATED: 2}
    assert len(nights.ledger.rows("sop_reviews")) == 1
    a_day = Counter(
        row["opened_at"] for row in nights.ledger.rows("alerts") if row["kind"] == REMINDED
    )
    assert set(a_day.values()) == {1}
    reminder = nights.ledger.rows("alerts")[-1]
    assert "since 22 Nov" in reminder["subject"]
    assert reminder["severity"] == "medium", "it waits for the one message of the morning"
    nights.day("2026-12-22", "ok")
    nights.check(30)
    assert kinds(nights)["expectation.recovered"] == 1
    assert not any(nights.alerts().values())


def test_what_recovered_goes_up_no_tier(nights: Nights) -> None:
    nights.day("2026-11-22", "critical")
    nights.check()
    nights.day("2026-11-23", "ok")
    nights.check(1)
    assert escalate(nights.night(5), nights.ledger) == 0


def test_an_owner_who_is_also_a_deputy_keeps_their_own_webhook(shop: Shop) -> None:
    people = {
        "operations": {"owner": "o@x.example", "deputy": "d@x.example", "webhook_env": "OPS"},
        "finance": {"owner": "f@x.example", "deputy": "o@x.example", "webhook_env": "FIN"},
        "buying": {"owner": "b@x.example", "deputy": "o@x.example"},
        "support": {"owner": "o@x.example", "webhook_env": "SUP"},
    }
    found = reaches(shop.model_validate(shop.model_dump() | {"people": people}))
    assert {name: [way.name for way in reach.ways] for name, reach in found.items()} == {
        "o@x.example": ["OPS", "SUP"],
        "d@x.example": ["OPS"],  # has none of their own
        "f@x.example": ["FIN"],
        "b@x.example": [],
    }


def test_what_is_kept_of_a_verdict_is_its_figure_and_its_failing_rows(nights: Nights) -> None:
    nights.day("2026-11-22", "critical", channel="web")
    nights.day("2026-11-22", "ok")
    nights.check()
    kept = nights.con.execute(
        "select observed, threshold, unexpected_count from landing.expectation_results"
        " where expectation = ? and suite = 'KPIs'",
        [KPI],
    ).fetchall()
    assert kept == [
        ("50.0 % (web, of 40 cases)", "critical from 90.0 %, target 95.0 %", 1),
    ]
