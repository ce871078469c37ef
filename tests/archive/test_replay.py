"""A past night is looked at again: it knows what had come by then, and changes nothing else."""

import hashlib
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from prefect import events

from config.strict import ROOT
from tasks.archive import steps
from tasks.archive.replays import remove
from tasks.ledger import Finding, SuggestedLine, ledger_of
from tasks.ledger.replayed import copy_as_of
from tasks.run.night import Night
from tests import inprocess
from tests.exports.door import AS_OF, EVENING, Door
from tests.torture.reader import published

SAMPLES = ROOT / "tests" / "exports"
DAY = timedelta(days=1)

pytestmark = pytest.mark.whole  # each runs nights, and the replay of one
MAP = "channel,channel_sku,sku\nshopify,POT-S,POT-S\n"


@pytest.fixture
def shop(door: Door, monkeypatch: pytest.MonkeyPatch) -> Door:
    """A shop that has had two nights; the orders came for the second."""
    monkeypatch.setattr(events, "emit_event", lambda *_, **__: None)
    door.drop("map.csv", MAP, EVENING)
    door.drop("inventory.csv", SAMPLES / "shopify/inventory.csv", EVENING)
    run(door, AS_OF, "first")
    door.drop("orders.csv", SAMPLES / "shopify/orders@77.csv", EVENING + DAY)
    run(door, AS_OF + DAY, "second")
    return door


def run(door: Door, as_of: datetime, run_id: str) -> Night:
    """Run a whole night in this process, as its flow does."""
    night = steps.begin(door.shop, as_of, run_id, "nightly")
    inprocess.read(night)
    inprocess.decide(night, dry_run=False)
    inprocess.publish(night)
    return night


def bytes_of(folder: Path) -> dict[str, str]:
    """Return a hash of every file of the shop, the replays apart."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and "replays" not in path.parts
    }


def landed(night: Night) -> list[str]:
    with duckdb.connect(str(night.shop.folder.marts), read_only=True) as con:
        return [
            name for (name,) in con.execute("select name from landed_files order by 1").fetchall()
        ]


def test_a_replay_knows_what_had_come_by_then_and_changes_nothing_else(shop: Door) -> None:
    before = bytes_of(shop.folder.root)
    replay = run(shop, AS_OF + timedelta(hours=1), "third")
    assert replay.is_replay
    assert landed(replay) == ["inventory.csv", "map.csv"]
    assert bytes_of(shop.folder.root) == before
    assert not (replay.shop.folder.outbox / "stock").exists()
    tonight = run(shop, AS_OF + DAY, "again")  # the last night itself is no replay
    assert not tonight.is_replay
    assert landed(tonight) == ["inventory.csv", "map.csv", "orders.csv"]


def rows(marts: Path, mart: str, without: Sequence[str] = ()) -> list[tuple[object, ...]]:
    """Return a published mart's rows without some of its columns."""
    left_out = f"exclude ({', '.join(without)})" if without else ""
    with duckdb.connect(str(marts), read_only=True) as con:
        return con.execute(f"select * {left_out} from {mart} order by all").fetchall()


def test_a_replay_of_a_past_night_says_what_that_night_published(shop: Door) -> None:
    [then] = [
        file
        for file in shop.folder.published.glob("[!.]*/marts.duckdb")
        if file.parent.name == f"{AS_OF:%Y%m%dT%H%M%SZ}"
    ]
    replay = run(shop, AS_OF, "third")
    assert replay.is_replay
    was, now = published(then), published(replay.shop.folder.marts)
    assert was.keys() == now.keys()
    # A replay alerts nobody, and its checks are of its own run.
    own = {
        "alerts": ("via", "sent_at", "tries", "error", "state"),
        "expectation_results": ("run_id",),
    }
    assert {name for name in was if was[name] != now[name]} <= own.keys()
    for name, columns in own.items():
        assert rows(then, name, columns) == rows(replay.shop.folder.marts, name, columns)


def test_a_replay_is_made_from_scratch_by_each_run_and_can_be_removed(shop: Door) -> None:
    first = steps.begin(shop.shop, AS_OF, "a", "nightly")
    mark = first.shop.folder.place / "mark"
    mark.touch()
    assert steps.begin(shop.shop, AS_OF, "a", "sync-stock").shop.folder.place == mark.parent
    assert mark.exists()
    steps.begin(shop.shop, AS_OF, "b", "nightly")
    assert not mark.exists()
    remove(shop.folder.replays)
    assert not shop.folder.replays.exists()


def test_the_first_night_may_be_of_any_moment(door: Door) -> None:
    assert not steps.begin(door.shop, AS_OF - 300 * DAY, "first", "nightly").is_replay
    assert not steps.begin(door.shop, AS_OF, "later", "nightly").is_replay
    assert steps.begin(door.shop, AS_OF - timedelta(seconds=1), "past", "nightly").is_replay


def test_a_night_nobody_dated_is_never_before_the_last(door: Door) -> None:
    steps.begin(door.shop, AS_OF, "first", "nightly")
    assert steps.last_night(door.shop, AS_OF + timedelta(minutes=1)) == AS_OF


def finding(subject: str) -> Finding:
    return Finding(
        type="oversold", station="inventory", severity="critical", subject_kind="sku",
        subject_id=subject, owner="ann@example.com", tier=2, next_step="count",
        due_at=AS_OF + DAY, evidence="2 short",
    )  # fmt: skip


def test_the_ledger_of_a_replay_is_as_it_was_then(door: Door) -> None:
    later = AS_OF + DAY
    with ledger_of(door.shop) as ledger:
        ledger.sync_exceptions([finding("A"), finding("B")], {"oversold"}, at=AS_OF - DAY)
        [first, second] = [row["exception_id"] for row in ledger.rows("exceptions")]
        ledger.close_exceptions([first], who="ann", why="counted", at=AS_OF - timedelta(hours=1))
        ledger.acknowledge_exceptions([second], who="ann", why="on it", at=later)
        ledger.close_exceptions([second], who="ann", why="counted", at=later)
        ledger.sync_exceptions([finding("C")], {"oversold"}, at=later)
        with ledger_of(door.shop.replayed("then")) as past:
            copy_as_of(ledger, past, AS_OF, door.shop.zone)
            rows = past.rows("exceptions")
            lines = past.rows("audit_log")
    assert {row["exception_id"]: row["state"] for row in rows} == {first: "closed", second: "open"}
    [still] = [row for row in rows if row["exception_id"] == second]
    assert (still["closed_at"], still["closed_by"], still["acknowledged_at"]) == (None, None, None)
    assert all(line["at"] <= AS_OF for line in lines)


def suggested(units: int, due: date) -> SuggestedLine:
    return SuggestedLine(
        supplier="S1", sku="CUP", crossing_date=AS_OF.date(), units=units,
        unit_cost_amount=Decimal("2.00"), currency="USD", due_date=due, needs_approval=False,
        reason=f"{units} units",
    )  # fmt: skip


def test_a_purchase_line_of_a_replay_has_the_figures_of_then(door: Door) -> None:
    with ledger_of(door.shop) as ledger:
        for days, units in enumerate((6, 12, 18)):
            at = AS_OF + days * DAY
            line = suggested(units, at.date())
            ledger.suggest([line], opened_on=AS_OF.date(), at=at)
        ledger.withdraw([line.po_key], who="ann", why="not needed", at=at + DAY)
        with ledger_of(door.shop.replayed("then")) as past:
            copy_as_of(ledger, past, AS_OF, door.shop.zone)
            [then] = past.rows("purchase_suggestions")
    assert (then["units"], then["line_amount"], then["due_date"], then["state"], then["reason"]) == (
        6, Decimal("12.00"), AS_OF.date(), "suggested", "6 units",
    )  # fmt: skip
