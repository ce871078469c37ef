"""Ten thousand payouts that are made up reconcile to the cent, and a cent planted anywhere is found and named."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from functools import cache

import pytest

from config.bucket import BUCKETS
from tests.proofs.ledgers import FIRST, World, built, ledgers, money

PAYOUTS = 10_000


def test_ten_thousand_ledgers_reconcile_exactly() -> None:
    world = ledgers(10, PAYOUTS, per_channel=200)
    assert len(world.totals) == PAYOUTS
    with built(world) as con:
        amounts = ", ".join(f"coalesce({bucket}_amount, 0)" for bucket in BUCKETS)
        found = con.execute(
            f"select channel, payout_id, status, payout_amount, lines_total_amount, {amounts}"
            " from marts.payout_reconciliation"
        ).fetchall()
        assert {(row[0], row[1]): row[2] for row in found} == world.statuses
        for channel, payout, _, total, lines, *buckets in found:
            mine = dict(zip(BUCKETS, buckets, strict=True))
            expected = {b: money(world.buckets[channel, payout].get(b, 0)) for b in BUCKETS}
            assert mine == expected, (channel, payout)
            assert total == lines == money(world.totals[channel, payout])
        faults = con.execute(
            "select kind, channel, subject_id from marts.payout_exceptions"
            " where kind not in ('paid_not_ordered', 'fee_out_of_contract')"
        ).fetchall()
        assert not faults
        assert not con.execute(
            "select journal_id from marts.journal_entries group by journal_id, currency"
            " having sum(debit_amount) != sum(credit_amount)"
        ).fetchall()


CENT = Decimal("0.01")
LATER = FIRST + timedelta(days=30)


def _lines(world: World, channel: str, place: int = 0) -> list[dict[str, object]]:
    payouts = [payout for name, payout in world.totals if name == channel]
    return [
        row for row in world.tables["valid.payout_lines"]
        if row["channel"] == channel and row["payout_id"] == payouts[place]
    ]  # fmt: skip


def _total(world: World, channel: str, place: int = 0) -> dict[str, object]:
    rows = [row for row in world.tables["valid.payouts"] if row["channel"] == channel]
    return rows[place]


def _bank(world: World, channel: str, place: int = 0) -> dict[str, object]:
    rows = [
        row for row in world.tables["valid.bank_lines"] if row["description"] == f"PAID {channel}"
    ]
    return rows[place]


def _add(row: dict[str, object], cents: int, column: str = "amount") -> None:
    row[column] = row[column] + cents * CENT  # type: ignore[operator]


def _one(world: World, kind: tuple[str, str, str], cents: int, **also: object) -> None:
    """Add a line that the total of the first named payout knows of, too."""
    world.line("named0", "named00000000", FIRST, kind, "other", cents, **also)  # type: ignore[arg-type]
    _add(_total(world, "named0"), cents, "payout_amount")
    _add(_bank(world, "named0"), cents)


def _move(world: World) -> None:
    _lines(world, "named0")[0]["payout_id"] = "named00000001"


def _drop_line(world: World) -> None:
    world.tables["valid.payout_lines"].remove(_lines(world, "named0")[0])


def _double_line(world: World) -> None:
    row = _lines(world, "named0")[0]
    world.tables["valid.payout_lines"].append(row | {"line_no": 900_000, "line_key": "twice"})


def _no_booking(world: World) -> None:
    world.tables["valid.bank_lines"].remove(_bank(world, "named0"))


def _no_settlement(world: World) -> None:
    payout = _total(world, "windows4", 3)
    world.tables["valid.payouts"].remove(payout)
    for row in _lines(world, "windows4", 3):
        world.tables["valid.payout_lines"].remove(row)


def _other_currency(world: World) -> None:
    _lines(world, "named0")[1]["currency"] = "EUR"


def _line_of(world: World, channel: str, place: int, description: str) -> dict[str, object]:
    return next(row for row in _lines(world, channel, place) if row["description"] == description)


def _short_retry(world: World) -> None:
    _add(_line_of(world, "retried3", 2, "payout failure"), -1)
    _add(_total(world, "retried3", 2), -1, "payout_amount")
    _add(_bank(world, "retried3", 1), -1)


def _short_release(world: World) -> None:
    _add(_line_of(world, "windows4", 1, "Previous Reserve Amount Balance"), -1)
    _add(_total(world, "windows4", 1), -1, "payout_amount")
    _add(_bank(world, "windows4", 1), -1)


def _short_debt(world: World) -> None:
    _add(_line_of(world, "windows4", 3, "Payable to Amazon"), 1)
    _add(_total(world, "windows4", 3), 1, "payout_amount")
    _add(_bank(world, "windows4", 2), 1)


def _short_deposit(world: World) -> None:
    _add(_bank(world, "grouped2", 4), -1)


def _short_half(world: World) -> None:
    _add(_bank(world, "grouped2", 0), -1)


def _order(world: World) -> None:
    """An order that is paid a cent less than it cost."""
    total = world.order("named0", "short", FIRST, (1000, 0, 0, 0))
    _one(world, ("charge", "amount", "charge"), total - 1, order="short")


PLANTED: dict[str, tuple[Callable[[World], None], str, str]] = {
    "a charge a cent too high": (lambda w: _add(_lines(w, "named0")[0], 1), "named0", "lines_differ"),
    "a charge a cent too low": (lambda w: _add(_lines(w, "named0")[0], -1), "named0", "lines_differ"),
    "a fee a cent too high": (lambda w: _add(_lines(w, "named0")[1], -1), "named0", "lines_differ"),
    "a total a cent too high": (lambda w: _add(_total(w, "named0"), 1, "payout_amount"), "named0", "lines_differ"),
    "a total a cent too low": (lambda w: _add(_total(w, "named0"), -1, "payout_amount"), "named0", "lines_differ"),
    "a line that is missing": (_drop_line, "named0", "lines_differ"),
    "a line that is there twice": (_double_line, "named0", "lines_differ"),
    "a line in another payout": (_move, "named0", "lines_differ"),
    "a line in another currency": (_other_currency, "named0", "lines_differ"),
    "a booking a cent too high": (lambda w: _add(_bank(w, "named0"), 1), "named0", "bank_differs"),
    "a booking a cent too low": (lambda w: _add(_bank(w, "named0"), -1), "named0", "bank_differs"),
    "a booking that is missing": (_no_booking, "named0", "bank_missing"),
    "a booking of a cent of its own": (lambda w: w.booking("named0", LATER, 1), "named0", "file_missing"),
    "a deposit of two payouts a cent too low": (_short_deposit, "grouped2", "bank_missing"),
    "one of two bookings of a payout a cent too low": (_short_half, "grouped2", "bank_missing"),
    "a failed payout that is paid again a cent too low": (_short_retry, "retried3", "bank_missing"),
    "a reserve released a cent short": (_short_release, "windows4", "reserve_break"),
    "a debt carried over a cent short": (_short_debt, "windows4", "bank_missing"),
    "a settlement that is missing": (_no_settlement, "windows4", "file_missing"),
    "a cent of an unknown kind": (lambda w: _one(w, ("moonlight", "amount", "moonlight"), 1), "named0", "unclassified"),
    "a cent for an order that nobody knows": (
        lambda w: _one(w, ("charge", "amount", "charge"), 1, order="nobody"), "named0", "paid_not_ordered",
    ),
    "an order that is paid a cent short": (_order, "named0", "amount_differs"),
}  # fmt: skip


def test_at_least_twenty_kinds_are_planted() -> None:
    assert len(PLANTED) >= 20


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_cent_is_found_and_named(name: str) -> None:
    plant, channel, kind = PLANTED[name]
    world = ledgers(3, 30, per_channel=6)
    plant(world)
    assert (channel, kind) in {found[:2] for found in _named(world) - _clean()}


@cache
def _clean() -> set[tuple[str, str, str]]:
    """What is named where nothing is planted."""
    return _named(ledgers(3, 30, per_channel=6))


def _named(world: World) -> set[tuple[str, str, str]]:
    with built(world) as con:
        return set(
            con.execute("select channel, kind, subject_id from marts.payout_exceptions").fetchall()
        )
