"""A figure that changes when a report is missing is seen; one that says so, or has a reason, is excused."""

from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import duckdb
import pytest

from tasks.warehouse.models import Model
from tests.ablation.compare import Change, Reason, compare, read_reasons
from tests.ablation.matrix import groups_of, pairs_of_one_figure, silent, stand_ins

MISSING = [{"shopify.inventory": "Shopify inventory", "shopify.inventory_available": "The old one"}]
Compared = Callable[..., list[Change]]


def sales(name: str = "sales") -> Model:
    keys = ("shop", "day") if name == "sales" else ("shop", "report")
    return Model("marts", name, Path(), "", "", keys, (), "")


@pytest.fixture
def compared(tmp_path: Path) -> Compared:
    """Compare two warehouses whose mart `sales` (day, units, status) has these rows."""

    def run(
        full: str, ablated: str, *, freshness: str = "never", reasons: tuple[Reason, ...] = ()
    ) -> list[Change]:
        for name, rows in (("full", full), ("ablated", ablated)):
            (tmp_path / f"{name}.duckdb").unlink(missing_ok=True)
            with duckdb.connect(str(tmp_path / f"{name}.duckdb")) as con:
                con.execute("create schema marts")
                con.execute(
                    "create table marts.sales (shop varchar, day varchar, units bigint, status varchar)"
                )
                con.execute(f"insert into marts.sales select 'x', * from (values {rows})")
                con.execute(
                    "create table marts.requirements_coverage (report varchar, status varchar, reason varchar);"
                    " create table marts.data_freshness as select 'x' as shop, 'shopify.inventory' as"
                    f" report, '{freshness if name == 'ablated' else 'ok'}' as status"
                )
        return compare(
            tmp_path / "full.duckdb", tmp_path / "ablated.duckdb", [sales()], MISSING, reasons
        )

    return run


def test_what_is_equal_is_no_change(compared: Compared) -> None:
    assert compared("('mon', 1, 'ok')", "('mon', 1, 'ok')") == []


def test_null_is_no_data_and_no_fault(compared: Compared) -> None:
    [change] = compared("('mon', 1, 'ok')", "('mon', null, 'ok')")
    assert (change.column, change.absent, change.silent) == ("units", 1, 0)


def test_another_value_is_silent_unless_its_row_says_why(compared: Compared) -> None:
    [change] = compared("('mon', 1, 'ok')", "('mon', 0, 'ok')")
    assert (change.silent, change.example) == (1, "x mon: 1 → 0")
    for says_so in ("no_data", "Shopify inventory is missing", "stale"):
        changes = compared("('mon', 1, 'ok')", f"('mon', 0, '{says_so}')")
        assert not silent(changes)
        assert any(change.flagged for change in changes)


def test_a_row_that_is_gone_is_no_data_where_the_report_is_known_to_be_missing(
    compared: Compared,
) -> None:
    [change] = compared("('mon', 1, 'ok'), ('tue', 2, 'ok')", "('mon', 1, 'ok')")
    assert (change.column, change.absent, change.silent) == ("*", 1, 0)


def test_a_row_that_is_gone_is_silent_where_nobody_says_that_the_report_is_missing(
    compared: Compared,
) -> None:
    [change] = compared("('mon', 1, 'ok'), ('tue', 2, 'ok')", "('mon', 1, 'ok')", freshness="ok")
    assert (change.absent, change.silent) == (0, 1)


def test_a_row_out_of_nothing_is_silent(compared: Compared) -> None:
    [change] = compared("('mon', 1, 'ok')", "('mon', 1, 'ok'), ('tue', 3, 'ok')")
    assert (change.column, change.silent, change.example) == ("*", 1, "new: x tue")


def test_a_written_reason_excuses_its_figure_and_no_other(compared: Compared) -> None:
    reason = Reason(("shopify.*",), ("sales",), ("units",), "because")
    changes = compared("('mon', 1, 'ok')", "('mon', 0, 'fine')", reasons=(reason,))
    assert [change.column for change in silent(changes)] == ["status"]
    other = Reason(("amazon.*",), ("sales",), ("units",), "because")
    assert not other.covers(list(MISSING[0]), "sales", "units")


def test_a_written_reason_may_speak_of_some_rows_only(compared: Compared) -> None:
    reason = Reason(("*",), ("sales",), ("*",), "because", where="day = 'mon'")
    [change] = compared(
        "('mon', 1, 'ok'), ('tue', 1, 'ok')",
        "('mon', 0, 'ok'), ('tue', 0, 'ok')",
        reasons=(reason,),
    )
    assert (change.excused, change.silent, change.example) == (1, 1, "x tue: 1 → 0")


def test_a_reason_that_rests_on_another_report_ends_with_it() -> None:
    reason = Reason(("shopify.orders",), ("*",), ("*",), "because", while_there=("shopify.api",))
    assert reason.covers(["shopify.orders", "bank.statement"], "sales", "units")
    assert not reason.covers(["shopify.orders", "shopify.api"], "sales", "units")


def test_reports_that_stand_in_for_each_other_are_left_out_together_too() -> None:
    came = ["bank.statement", "shopify.orders", "shopify.orders_json"]
    assert stand_ins(came) == [["shopify.orders", "shopify.orders_json"]]


def test_every_reason_says_why() -> None:
    assert all(reason.why.strip() for reason in read_reasons())


def test_two_reports_that_change_one_figure_are_a_pair() -> None:
    def change(mart: str, *, excused: bool = False) -> Change:
        return Change(mart, "units", int(not excused), 0, int(excused), 0, "")

    single = {
        "a": [change("sales")],
        "b": [change("sales")],
        "c": [change("stock")],
        "d": [change("sales", excused=True)],
    }
    assert pairs_of_one_figure(single) == [("a", "b")]


@pytest.mark.parametrize("size", [2, 3, 6])
def test_every_pair_is_left_out_together_in_some_group(size: int) -> None:
    pairs = [(a, b) for a, b in combinations("abcdefghijklm", 2) if a + b not in ("ab", "cm")]
    groups = groups_of(pairs, size)
    assert max(map(len, groups)) == size
    left_out = {pair for group in groups for pair in combinations(group, 2)}
    assert set(pairs) <= left_out
    assert size > 2 or left_out == set(pairs)
