"""Great Expectations judges on our connection, and the split agrees with it row by row."""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from config.errors import FatalError
from config.expectation import Expectation
from tasks.checks.gate import check, judge

ROWS = """
    select * from (values
        (1, 'A-1', 3,    2.50, 9.00, date '2026-01-01', timestamp '2026-01-01 10:00:00', 'x'),
        (2, 'A-2', 0,    2.51, 2.00, date '2026-01-31', timestamp '2026-01-31 23:59:59', 'x'),
        (3, '12a', 9,    NULL, 1.00, NULL,              NULL,                            NULL),
        (4, '12',  NULL, 0.00, NULL, date '2026-02-01', timestamp '2026-02-01 00:00:00', 'y'),
        (5, NULL,  3,    7.00, 7.00, date '2025-12-31', timestamp '2025-12-31 00:00:00', 'y'),
        (6, 'A-1', 3,    2.50, 9.00, date '2026-01-01', timestamp '2026-01-01 10:00:00', '')
    ) as rows (row_no, sku, units, fee_amount, price_amount, sale_date, sold_at, channel)
"""


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as con:
        con.execute("begin")
        con.execute(
            "create temp table lines as select * replace (cast(row_no as bigint) as row_no, "
            "cast(fee_amount as decimal(18, 2)) as fee_amount, "
            f"cast(price_amount as decimal(18, 2)) as price_amount) from ({ROWS})"
        )
        yield con


def rule(expect: str | None = None, *, reason: str = "bad_row", **more: Any) -> Expectation:
    settings = {key: more.pop(key) for key in ("fails_where", "severity") if key in more}
    return Expectation(
        reason=reason, expect=expect, why="A test.", fix="None.", **settings, **{"with": more}
    )


def faulty(con: duckdb.DuckDBPyConnection, table: str) -> list[tuple[int, int]]:
    return con.execute(f"select row_no, fault from {table} order by all").fetchall()


ROW_RULES = [
    (rule("column_values_to_not_be_null", column="sku"), [5]),
    (rule("column_values_to_be_in_set", column="channel", value_set=["x"]), [4, 5, 6]),
    (rule("column_values_to_not_be_in_set", column="channel", value_set=["y", ""]), [4, 5, 6]),
    (rule("column_values_to_be_between", column="units", min_value=1, max_value=8), [2, 3]),
    (
        rule("column_values_to_be_between", column="units", min_value=0, strict_min=True),
        [2],
    ),
    (
        rule("column_values_to_be_between", column="fee_amount", max_value=Decimal("2.50")),
        [2, 5],
    ),
    (rule("column_values_to_be_between", column="fee_amount", max_value=2.5), [2, 5]),
    (
        rule(
            "column_values_to_be_between",
            column="sale_date",
            min_value=date(2026, 1, 1),
            max_value=date(2026, 1, 31),
        ),
        [4, 5],
    ),
    (
        rule(
            "column_values_to_be_between",
            column="sold_at",
            min_value=datetime(2026, 1, 1),
            max_value=datetime(2026, 1, 31, 23, 59, 59),
        ),
        [4, 5],
    ),
    (rule("column_values_to_match_regex", column="sku", regex="^[0-9]+$"), [1, 2, 3, 6]),
    (rule("column_values_to_match_regex", column="sku", regex=r"A-\d"), [3, 4]),
    (rule("column_values_to_match_regex", column="sku", regex="2"), [1, 6]),
    (rule("column_values_to_not_match_regex", column="sku", regex="^[0-9]+$"), [4]),
    (rule("column_values_to_not_match_regex", column="sku", regex="a"), [3]),
    (rule("column_value_lengths_to_be_between", column="sku", min_value=3), [4]),
    (
        rule(
            "column_pair_values_a_to_be_greater_than_b",
            column_A="price_amount",
            column_B="fee_amount",
            ignore_row_if="either_value_is_missing",
        ),
        [2, 5],
    ),
    (
        rule(
            "column_pair_values_a_to_be_greater_than_b",
            column_A="price_amount",
            column_B="fee_amount",
            or_equal=True,
            ignore_row_if="either_value_is_missing",
        ),
        [2],
    ),
    (rule("compound_columns_to_be_unique", column_list=["sku", "units"]), [1, 6]),
    (rule("column_values_to_be_unique", column="sku"), [1, 6]),
    (rule(fails_where="units = 0 or price_amount < fee_amount"), [2]),
    (rule(fails_where="units > 2"), [1, 3, 5, 6]),
    (rule(fails_where="sku in ('{12} :b', '12a') or channel = ' :y' or units::text = '0'"), [2, 3]),
]


@pytest.mark.parametrize(
    ("expectation", "at_fault"),
    ROW_RULES,
    ids=[f"{place}-{one.expect or 'fails_where'}" for place, (one, _) in enumerate(ROW_RULES)],
)
def test_a_rule_about_rows_finds_its_rows_and_skips_nulls(
    con: duckdb.DuckDBPyConnection, expectation: Expectation, at_fault: list[int]
) -> None:
    verdict = judge(con, "lines", "lines", [expectation])
    assert faulty(con, verdict.faults_table) == [(row_no, 0) for row_no in at_fault]
    (outcome,) = verdict.outcomes
    assert (outcome.success, outcome.element_count) == (False, 6)
    assert outcome.observed == f"{len(at_fault)} of 6 rows fail"


def test_all_rules_at_once_keep_their_order_and_a_row_may_have_many_faults(
    con: duckdb.DuckDBPyConnection,
) -> None:
    verdict = judge(con, "lines", "lines", [one for one, _ in ROW_RULES])
    assert faulty(con, verdict.faults_table) == sorted(
        (row_no, fault) for fault, (_, at_fault) in enumerate(ROW_RULES) for row_no in at_fault
    )


def test_a_repeated_rule_is_judged_twice(con: duckdb.DuckDBPyConnection) -> None:
    not_null = rule("column_values_to_not_be_null", column="sku")
    verdict = judge(con, "lines", "lines", [not_null, not_null])
    assert faulty(con, verdict.faults_table) == [(5, 0), (5, 1)]


def test_a_table_judged_again_replaces_its_faults_and_may_have_new_columns(
    con: duckdb.DuckDBPyConnection,
) -> None:
    judge(con, "lines", "same name", [rule(fails_where="units = 0")])
    con.execute("create or replace temp table lines as select 1::bigint as row_no, 'z' as town")
    town = rule("column_values_to_be_in_set", column="town", value_set=["z"])
    verdict = judge(con, "lines", "same name", [town])
    assert faulty(con, verdict.faults_table) == []
    assert verdict.outcomes[0].success


def test_a_table_of_no_rows_passes_every_rule_about_rows(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("delete from lines")
    verdict = judge(con, "lines", "lines", [one for one, _ in ROW_RULES])
    assert all(outcome.success for outcome in verdict.outcomes)
    assert {outcome.unexpected_count for outcome in verdict.outcomes} == {0}
    assert faulty(con, verdict.faults_table) == []


def test_mostly_may_hold_while_the_failing_rows_are_named(con: duckdb.DuckDBPyConnection) -> None:
    mostly = rule("column_values_to_not_be_null", column="sku", mostly=0.5, severity="warning")
    verdict = judge(con, "lines", "lines", [mostly])
    assert faulty(con, verdict.faults_table) == [(5, 0)]
    assert verdict.outcomes[0].success
    assert verdict.outcomes[0].severity == "warning"
    assert verdict.outcomes[0].threshold == "at least 50.00% of rows right"


def test_what_the_caller_rolls_back_stays_rolled_back() -> None:
    with duckdb.connect() as con:
        con.execute("create table lines (row_no bigint, units integer)")
        con.execute("begin")
        con.execute("insert into lines values (1, 0)")
        verdict = judge(con, "lines", "lines", [rule(fails_where="units = 0")])
        assert faulty(con, verdict.faults_table) == [(1, 0)]
        con.execute("rollback")
        assert con.execute("select count(*) from lines").fetchall() == [(0,)]


def test_a_name_that_great_expectations_lacks_is_met_with_the_nearest(
    con: duckdb.DuckDBPyConnection,
) -> None:
    with pytest.raises(FatalError, match=r"odd_sku.*column_values_to_match_regex"):
        judge(con, "lines", "lines", [rule("column_values_match_regex", reason="odd_sku")])


def test_arguments_that_an_expectation_does_not_take_are_named(
    con: duckdb.DuckDBPyConnection,
) -> None:
    with pytest.raises(FatalError, match=r"(?s)odd_sku.*colum"):
        check(con, "lines", "s", [rule("column_values_to_be_unique", reason="odd_sku", colum="a")])


@pytest.mark.parametrize(
    ("expectation", "why"),
    [
        (rule("column_values_to_not_be_null", column="town", reason="no_town"), "town"),
        (rule("column_max_to_be_between", column="town", max_value=1, reason="no_town"), "town"),
        (rule(fails_where="town = 'x'", reason="no_town"), "town"),
    ],
)
def test_a_check_that_raises_is_an_error_and_never_a_pass(
    con: duckdb.DuckDBPyConnection, expectation: Expectation, why: str
) -> None:
    with pytest.raises(FatalError, match=rf"(?s)no_town:.*{why}"):
        judge(con, "lines", "lines", [rule(fails_where="units = 0"), expectation])


def test_neither_error_nor_log_quotes_a_value(
    con: duckdb.DuckDBPyConnection,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(FatalError) as raised:
        judge(con, "lines", "lines", [rule(fails_where="cast(sku as integer) > 1")])
    assert "A-1" not in str(raised.value) + caplog.text + "".join(capfd.readouterr())


def test_marts_are_checked_as_a_whole(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("create schema marts")
    con.execute("create table marts.channel_daily as from lines")
    rules = [
        rule("table_row_count_to_be_between", min_value=1, max_value=5),
        rule("column_sum_to_be_between", column="fee_amount", min_value=14, max_value=15),
        rule(fails_where="units = 0"),
    ]
    found = [
        (one.success, one.observed, one.threshold, one.unexpected_count)
        for one in check(con, "marts.channel_daily", "kpis", rules)
    ]
    assert found[0] == (False, "6", "at least 1 and at most 5", None)
    assert (found[1][0], Decimal(found[1][1])) == (True, Decimal("14.51"))
    assert found[2] == (False, "1 of 6 rows fail", "no failing row", 1)


def test_a_sum_of_no_rows_is_no_data_and_no_pass(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("delete from lines")
    total = rule("column_sum_to_be_between", column="fee_amount", min_value=0)
    (outcome,) = check(con, "lines", "kpis", [total])
    assert (outcome.success, outcome.observed) == (False, "no data")
