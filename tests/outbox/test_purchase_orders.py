"""The purchase order files of a supplier: what may be ordered, on which terms, and nothing that runs."""

import csv
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from config.shop import load_shop
from tasks.decide.purchases import Supply
from tasks.ledger import Ledger, SuggestedLine, ledger_of
from tasks.outbox.purchase_orders import write_purchase_orders
from tasks.rules.columns import objects
from tasks.run.night import Night
from tasks.warehouse.columns import write_columns
from tasks.warehouse.connection import open_warehouse

NOW = datetime(2026, 11, 24, 11, tzinfo=UTC)
DAY = date(2026, 11, 24)


@pytest.fixture
def night(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Night:
    monkeypatch.setenv("BACKROOM_DATA", str(tmp_path))
    (tmp_path / "demo").mkdir()
    return Night(load_shop("demo"), NOW, "test")


@pytest.fixture
def ledger(night: Night) -> Iterator[Ledger]:
    with ledger_of(night.shop) as ledger:
        yield ledger


def line(sku: str, **others: object) -> SuggestedLine:
    values = {
        "supplier": "S/1", "sku": sku, "crossing_date": DAY, "units": 24,
        "unit_cost_amount": Decimal("1.25"), "currency": "USD", "due_date": DAY,
        "needs_approval": False, "reason": "why",
    }  # fmt: skip
    return SuggestedLine(**(values | others))  # type: ignore[arg-type]


def supply(sku: str, name: str | None = "Clay & Sons", lead: str | None = "9.5") -> Supply:
    values = {
        "sku": sku, "supplier": "S/1", "supplier_name": name, "unit_cost_amount": Decimal("1.25"),
        "currency": "USD", "own_cost": Decimal("1.25"), "doubts": "", "supplier_sku": f"C-{sku}",
        "payment_terms": "30 days net", "alternate_supplier": None,
    }  # fmt: skip
    return Supply(
        crossing_date=np.array([DAY], dtype="datetime64[D]"),
        lead_time_days=np.array([lead], dtype=np.float64),
        **{column: objects([value]) for column, value in values.items()},
    )


def write(night: Night, ledger: Ledger, *supplies: Supply) -> dict[str, Path]:
    with open_warehouse(night.shop.folder) as con:
        if supplies:
            write_columns(con, "ops.reorder_supply", Supply.joined(supplies))
        return {path.name: path for path in write_purchase_orders(con, night, ledger)}


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_an_order_names_terms_address_delivery_date_and_totals(
    night: Night, ledger: Ledger
) -> None:
    lines = [line("CUP"), line("POT", units=2, currency="EUR"), line("WAIT", needs_approval=True)]
    ledger.suggest(lines, opened_on=DAY, at=NOW)
    written = write(night, ledger, supply("CUP"), supply("POT"))
    assert sorted(written) == ["S_1.csv", "S_1.html"]
    cup, pot = rows(written["S_1.csv"])
    assert (cup["supplier_name"], cup["supplier_sku"]) == ("Clay & Sons", "C-CUP")
    assert (cup["delivery_date"], cup["payment_terms"]) == ("2026-12-04", "30 days net")
    assert cup["deliver_to"].startswith("Fern & Pine, 14 Mill Lane")
    assert (cup["order_amount"], pot["order_amount"]) == ("30.00", "2.50")
    page = written["S_1.html"].read_text("utf-8")
    for words in (
        "Clay &amp; Sons",
        "30 days net",
        "2026-12-04",
        "USD 30.00",
        "EUR 2.50",
        "C-CUP",
        "Hudson",
    ):
        assert words in page
    assert "WAIT" not in page


def test_what_is_not_known_is_left_to_the_supplier_to_confirm(night: Night, ledger: Ledger) -> None:
    ledger.suggest([line("CUP")], opened_on=DAY, at=NOW)
    bare = night.shop.model_copy(update={"purchase_orders": type(night.shop.purchase_orders)()})
    written = write(Night(bare, NOW, "test"), ledger)
    page = written["S_1.html"].read_text("utf-8")
    assert "a date for you to confirm" in page
    assert "Payment: as agreed" in page
    assert "enter purchase_orders.deliver_to in the shop file" in page
    assert "Your number" not in page
    assert rows(written["S_1.csv"])[0]["delivery_date"] == ""


def test_a_name_is_a_name_and_never_a_formula_or_markup(night: Night, ledger: Ledger) -> None:
    evil = "=HYPERLINK(1)<script>"
    ledger.suggest([line(evil)], opened_on=DAY, at=NOW)
    written = write(night, ledger, supply(evil, name="@SUM(A1)"))
    assert rows(written["S_1.csv"])[0]["sku"] == "'" + evil
    assert rows(written["S_1.csv"])[0]["supplier_name"] == "'@SUM(A1)"
    assert "<script>" not in written["S_1.html"].read_text("utf-8")


def test_the_files_of_a_supplier_with_nothing_open_are_gone(night: Night, ledger: Ledger) -> None:
    ledger.suggest([line("CUP")], opened_on=DAY, at=NOW)
    write(night, ledger)
    ledger.order([line("CUP").po_key], who="bea", why="PO-1", at=NOW)
    assert write(night, ledger) == {}
    assert not list((night.shop.folder.outbox / "purchase_orders").iterdir())
