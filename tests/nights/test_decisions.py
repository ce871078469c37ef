"""What people decide in a form: kept with name and reason, and acted on."""

import csv
from datetime import UTC, datetime
from pathlib import Path

import pytest

from config.errors import FatalError
from config.shop import load_shop
from tasks.decide.approval import Selection
from tasks.decide.cases import Cases
from tasks.decide.steps import acknowledge, close_cases, decide_purchase_orders, record_review
from tasks.ledger import ledger_of
from tasks.outbox.steps import write_orders_to_place
from tasks.run.night import Night


@pytest.fixture
def noon(copied: Path, monkeypatch: pytest.MonkeyPatch) -> Night:
    """The demo shop at noon after its night."""
    monkeypatch.setenv("BACKROOM_DATA", str(copied))
    return Night(load_shop("demo"), datetime(2026, 11, 24, 17, tzinfo=UTC), "noon")


def test_an_approved_order_is_written_for_its_supplier_and_kept(noon: Night) -> None:
    with ledger_of(noon.shop) as ledger:
        waiting = [
            r for r in ledger.rows("purchase_suggestions") if r["state"] == "pending_approval"
        ]
    supplier = waiting[0]["supplier"]
    decided = decide_purchase_orders.fn(
        noon, Selection(supplier), True, "olive", "Christmas is near"
    )
    write_orders_to_place.fn(noon)
    lines = [row for row in waiting if row["supplier"] == supplier]
    assert decided == len(lines)
    path = noon.shop.folder.outbox / "purchase_orders" / f"{supplier}.csv"
    with path.open(encoding="utf-8", newline="") as file:
        written = {row["sku"]: int(row["units"]) for row in csv.DictReader(file)}
    assert written == {row["sku"]: row["units"] for row in lines}
    with ledger_of(noon.shop) as ledger:
        reasons = [(r["who"], r["why"]) for r in ledger.rows("audit_log")]
    assert reasons.count(("olive@example.com", "Christmas is near")) == decided


def test_an_alert_is_acknowledged_and_an_exception_closed_once(noon: Night) -> None:
    with ledger_of(noon.shop) as ledger:
        alert = ledger.rows("alerts")[0]["alert_key"]
        case = next(r["exception_id"] for r in ledger.rows("exceptions") if r["state"] == "open")
    assert acknowledge.fn(noon, alert, "olive", "on it")
    assert close_cases.fn(noon, Cases((case,)), "olive", "counted again")
    assert not close_cases.fn(noon, Cases((case,)), "olive", "counted again")


def test_a_review_closes_what_a_failed_number_opened(noon: Night) -> None:
    with ledger_of(noon.shop) as ledger:
        sop = next(r["sop"] for r in ledger.rows("sop_reviews") if r["state"] == "open")
    assert record_review.fn(noon, sop, "kept", "olive", "the page is right, the bank was late") >= 1
    with pytest.raises(FatalError, match="There is no SOP 'nonsense'"):
        record_review.fn(noon, "nonsense", "kept", "olive", "")
