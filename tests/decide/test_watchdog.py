"""A night that does not happen is noticed, whatever the reason, and once a day."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from config.shop import Shop
from flows.desk import doctor as desk
from flows.desk.cli import main
from tasks.decide.watchdog import due_by, fault_of_last_night, record_fault, record_recovery
from tasks.ledger import Ledger, open_ledger
from tests.tell.test_alerts import corner

DUE = datetime(2026, 11, 24, 2, tzinfo=UTC)  # London in winter
SUPPORT = "  support: {owner: sam@corner.example}\n"
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    monkeypatch.setenv("BACKROOM_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("BACKROOM_SHOPS", str(tmp_path))
    return corner(tmp_path, SUPPORT)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}", "corner") as opened:
        yield opened


def night(ledger: Ledger, as_of: datetime, state: str | None) -> None:
    ledger.begin_night(as_of, as_of.date(), flow="nightly")
    if state == "completed":
        ledger.end_night(as_of, "completed", at=as_of)
    elif state == "failed":
        ledger.end_night(as_of, "failed", at=as_of, note="amazon is away")


@pytest.mark.parametrize(
    ("as_of", "state", "fault"),
    [
        (DUE, "completed", None),
        (DUE + timedelta(hours=3), "completed", None),  # for a file that came late
        (DUE, "failed", "failed: amazon is away"),
        (DUE, None, "has begun and not ended"),
        (DUE - timedelta(days=1), "completed", "did not happen"),
    ],
)
def test_a_night_is_whole_or_a_fault(
    shop: Shop, ledger: Ledger, as_of: datetime, state: str | None, fault: str | None
) -> None:
    night(ledger, as_of, state)
    found = fault_of_last_night(shop, ledger.rows("runs"), NOON)
    assert found == (fault and f"the night due 2026-11-24 02:00 {fault}")


def test_a_night_may_take_three_hours(shop: Shop) -> None:
    assert due_by(shop, DUE + timedelta(hours=3)) == DUE
    assert due_by(shop, DUE + timedelta(hours=2, minutes=59)) == DUE - timedelta(days=1)


def test_a_shop_says_when_its_night_is_due_or_that_a_person_starts_it(shop: Shop) -> None:
    late = shop.model_copy(update={"schedules": {"nightly": "30 5 * * *"}})
    assert due_by(late, NOON) == DUE.replace(hour=5, minute=30)
    by_hand = shop.model_copy(update={"schedules": {"nightly": None}})
    assert fault_of_last_night(by_hand, [], NOON) is None


def test_whoever_answers_hears_once_a_day_and_of_the_recovery(shop: Shop, ledger: Ledger) -> None:
    for at, is_new in (
        (NOON, True),
        (NOON + timedelta(hours=1), False),
        (NOON + timedelta(days=1), True),
    ):
        assert record_fault(shop, ledger, "the night did not happen", at) is is_new
    assert {row["sent_to"] for row in ledger.rows("alerts")} == {"ben@corner.example"}
    assert record_recovery(shop, ledger, NOON + timedelta(days=2))
    assert not record_recovery(shop, ledger, NOON + timedelta(days=2))


def test_the_doctor_watches_without_a_server(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["doctor", "--watch", "--shop", "corner"]) == 0, "a shop without a first night"
    shop.folder.root.mkdir(parents=True)
    assert main(["doctor", "--watch", "--shop", "corner"]) == 4
    assert "did not happen" in capsys.readouterr().out
    [file] = (shop.folder.outbox / "alerts").rglob("*.md")
    assert "No whole night on" in file.read_text("utf-8")
    assert main(["doctor", "--watch", "--shop", "corner"]) == 4
    assert len(list((shop.folder.outbox / "alerts").rglob("*.md"))) == 1


def test_the_doctor_says_what_to_fix(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    corner(tmp_path, f"{SUPPORT}heartbeat_env: MONITOR\n")
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:1/api")
    monkeypatch.delenv("MONITOR", raising=False)
    assert main(["doctor"]) == 4
    output = capsys.readouterr().out
    assert "not set: MONITOR" in output
    assert "Run `backroom nightly --shop corner`" in output
    assert "Start it with `backroom up`" in output
    assert "*/30 * * * * BACKROOM_DATA=" in output
    assert "doctor --watch" in output
    (tmp_path / "corner.yaml").write_text("title: x\n")
    assert main(["doctor"]) == 4
    assert "has a key to fix" in capsys.readouterr().out


def test_a_machine_that_is_not_fit_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk, "FREE_GIB", 10**9)
    monkeypatch.setattr(desk, "LEAST_PYTHON", (9, 0))
    faults = {check.what for check in desk.examine([], NOON) if check.is_fault}
    assert faults == {"Python", "disk"}
