"""The gate between stations: Great Expectations judges a table, and says which rows fail.

A rule is stated once, as an `Expectation`. Great Expectations checks it on the caller's own
connection and inside its transaction; where rows fail, the query that finds them is compiled from
Great Expectations' own condition. Both must count alike, or nothing goes through the gate.

Results, logs and errors hold counts and no value of a row: a value may be a buyer's.
"""

import difflib
import logging
import os
import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import duckdb
import sqlalchemy as sa

from config.errors import FatalError
from config.expectation import Expectation, Severity
from tasks.checks.duckdb_dialect import shared, url_of

if TYPE_CHECKING:
    from great_expectations.core import ExpectationValidationResult
    from great_expectations.core.batch_definition import BatchDefinition
    from great_expectations.datasource.fluent.interfaces import Batch
    from great_expectations.expectations.expectation import Expectation as Check

JUDGED = "judged"  # the view through which Great Expectations sees a table
COUNTS_ONLY = {"result_format": "BASIC", "partial_unexpected_count": 0}

# What is said of a statement may be shown; what is said of a value (a failed cast) may quote it.
_HARMLESS = re.compile(
    r"(?:Binder|Catalog|Parser) Error: [^\n]+|column .+? does not exist", re.IGNORECASE
)

_this_thread = threading.local()


@dataclass(frozen=True)
class Outcome:
    """How one expectation fared.

    Attributes:
        reason: The expectation's code.
        severity: As the expectation says.
        success: Whether it holds; with `mostly` it may hold although some rows fail.
        observed: What was found, for a person to read.
        threshold: What was asked for, for a person to read.
        element_count: Rows looked at.
        unexpected_count: Failing rows; None where the expectation is about the whole table.
    """

    reason: str
    severity: Severity
    success: bool
    observed: str
    threshold: str
    element_count: int
    unexpected_count: int | None


@dataclass(frozen=True)
class Verdict:
    """How a table fared, and its failing rows.

    Attributes:
        outcomes: One per expectation, in the order of the expectations.
        faults_table: A temporary table (row_no BIGINT, fault INTEGER) with one row per row of the
            judged table and expectation that it fails; `fault` counts expectations from 0.
    """

    outcomes: tuple[Outcome, ...]
    faults_table: str


def judge(
    con: duckdb.DuckDBPyConnection,
    table: str,
    suite: str,
    expectations: Sequence[Expectation],
    *,
    key: str = "row_no",
) -> Verdict:
    """Check `table` and name its failing rows; the table and its transaction stay as they are.

    Rows that fail a warning, or fail within what `mostly` allows, are named too. An expectation
    about the whole table names none. Judging a table again replaces its faults.

    Args:
        con: An open connection; its temporary tables and uncommitted rows are seen.
        table: A table or view, with its schema where it is not in the current one.
        suite: What the expectations are together, for errors.
        expectations: What must hold.
        key: The column, BIGINT and unique, that identifies the rows of `table`.

    Raises:
        FatalError: an expectation is unknown, or could not be computed, or its failing rows are
            not as many as Great Expectations counted.
    """
    with _batch(con, table) as batch:
        outcomes = _outcomes(con, table, suite, expectations, batch)
        faults = {
            fault: _rows_at_fault(batch, table, expectations[fault], key, f"{fault} as fault")
            for fault, outcome in enumerate(outcomes)
            if outcome.unexpected_count
        }
    faults_table = f"{table.rpartition('.')[2]}__faults"
    con.execute(f'create or replace temp table "{faults_table}" (row_no bigint, fault integer)')
    if faults:
        con.execute(f'insert into "{faults_table}" ' + " union all ".join(faults.values()))
    found = dict(
        con.execute(f'select fault, count(*) from "{faults_table}" group by fault').fetchall()
    )
    for fault in faults:
        outcome = outcomes[fault]
        if found.get(fault, 0) != outcome.unexpected_count:
            raise FatalError(
                f"{suite}: {outcome.reason} has {outcome.unexpected_count} failing rows by Great "
                f"Expectations' count, but its condition finds {found.get(fault, 0)} in {table}. "
                f"State the rule as `fails_where`, and report this: they should never differ."
            )
    return Verdict(outcomes, faults_table)


def check(
    con: duckdb.DuckDBPyConnection, table: str, suite: str, expectations: Sequence[Expectation]
) -> tuple[Outcome, ...]:
    """Check `table`, by rows or as a whole; return one outcome per expectation, in their order.

    Nothing is written. No data is a failure of an expectation about a sum or a mean, and none of
    an expectation about rows.

    Raises:
        FatalError: an expectation is unknown or could not be computed.
    """
    with _batch(con, table) as batch:
        return _outcomes(con, table, suite, expectations, batch)


def _outcomes(
    con: duckdb.DuckDBPyConnection,
    table: str,
    suite: str,
    expectations: Sequence[Expectation],
    batch: "Batch",
) -> tuple[Outcome, ...]:
    """Return how Great Expectations judges the batch, in the order of the expectations."""
    from great_expectations import ExpectationSuite

    checks = [_check(expectation, place) for place, expectation in enumerate(expectations)]
    judged = batch.validate(ExpectationSuite(suite, checks), result_format=COUNTS_ONLY)
    results = sorted(judged.results, key=_place)
    uncomputed = [
        f"  {expectation.reason}: {why}"
        for expectation, result in zip(expectations, results, strict=True)
        if (why := _why_raised(result.exception_info))
    ]
    if uncomputed:
        raise FatalError(
            f"{suite}: {table} did not pass, since not every expectation could be computed. "
            "Fix the expectation, or the column it speaks of:\n" + "\n".join(uncomputed)
        )
    (row_count,) = con.execute(f"select count(*) from {table}").fetchall()[0]
    return tuple(
        _outcome(expectation, result, row_count)
        for expectation, result in zip(expectations, results, strict=True)
    )


def _place(result: "ExpectationValidationResult") -> int:
    """Return the place of the result's expectation: Great Expectations reorders them."""
    configuration = result.expectation_config
    return int(configuration.meta["place"]) if configuration and configuration.meta else -1


def _outcome(
    expectation: Expectation, result: "ExpectationValidationResult", row_count: int
) -> Outcome:
    """Return what one result says, in words and counts."""
    found = result.result
    unexpected: int | None = None
    if expectation.fails_where is not None:
        unexpected = found["observed_value"]
    elif "unexpected_count" in found:
        unexpected = found["unexpected_count"] or 0  # a sum over no rows is null
    if unexpected is not None:
        mostly = float(expectation.with_.get("mostly", 1))
        observed = f"{unexpected} of {row_count} rows fail"
        threshold = "no failing row" if mostly == 1 else f"at least {mostly:.2%} of rows right"
    else:
        value = found.get("observed_value")
        observed = "no data" if value is None else str(value)
        threshold = _bounds(expectation.with_)
    return Outcome(
        reason=expectation.reason,
        severity=expectation.severity,
        success=bool(result.success),
        observed=observed,
        threshold=threshold,
        element_count=found.get("element_count", row_count),
        unexpected_count=unexpected,
    )


def _bounds(arguments: Mapping[str, Any]) -> str:
    """Return what the arguments ask of an observed value: "at least 0.95 and at most 1"."""
    least = "more than" if arguments.get("strict_min") else "at least"
    most = "less than" if arguments.get("strict_max") else "at most"
    words = {"min_value": least, "max_value": most, "value": "exactly"}
    bounds = [f"{word} {arguments[key]}" for key, word in words.items() if key in arguments]
    if bounds:
        return " and ".join(bounds)
    return ", ".join(f"{key} {value}" for key, value in arguments.items() if key != "column")


def _check(expectation: Expectation, place: int = 0) -> "Check":
    """Return the expectation as Great Expectations has it, its place noted in its `meta`.

    Raises:
        FatalError: no expectation has that name, or it does not take those arguments.
    """
    ours: dict[str, Any] = {"severity": expectation.severity, "meta": {"place": place}}
    if expectation.fails_where is not None:
        query = f"select 1 as fault from {{batch}} where {_escaped(expectation.fails_where)}"
        return _fails_where()(unexpected_rows_query=query, **ours)
    kind = _known_checks().get(str(expectation.expect))
    if kind is None:
        near = difflib.get_close_matches(str(expectation.expect), _known_checks())
        raise FatalError(
            f"{expectation.reason}: Great Expectations has no expectation {expectation.expect!r}. "
            f"The nearest are {near}. Fix its `expect`, or state it as `fails_where`."
        )
    try:
        return kind(**expectation.with_, **ours)
    except (TypeError, ValueError) as error:
        raise FatalError(
            f"{expectation.reason}: {expectation.expect} does not take {expectation.with_}: "
            f"{error}. Fix its `with`."
        ) from error


def _rows_at_fault(batch: "Batch", table: str, expectation: Expectation, *columns: str) -> str:
    """Return the query of `columns` of the rows of `table` that fail `expectation`."""
    if expectation.fails_where is not None:
        return f"select {', '.join(columns)} from {table} where ({expectation.fails_where})"

    from great_expectations.execution_engine.sqlalchemy_execution_engine import (
        SqlAlchemyExecutionEngine,
    )
    from great_expectations.expectations.registry import get_metric_kwargs
    from great_expectations.validator.metric_configuration import MetricConfiguration
    from great_expectations.validator.metrics_calculator import MetricsCalculator

    engine = batch.data.execution_engine
    if not isinstance(engine, SqlAlchemyExecutionEngine):
        raise TypeError(f"a batch of {table} in SQL was expected, not one of {type(engine)}")
    check = _check(expectation)
    metric = f"{_map_metric(check)}.condition"
    arguments = get_metric_kwargs(metric, check.configuration)
    condition, domain, accessor = MetricsCalculator(engine, show_progress_bars=False).get_metric(
        MetricConfiguration(
            metric, arguments["metric_domain_kwargs"], arguments["metric_value_kwargs"]
        )
    )
    rows = engine.get_domain_records(domain)
    rows_of_domain = rows.subquery() if isinstance(rows, sa.Select) else rows
    statement = sa.select(*map(sa.literal_column, columns))
    if not statement.where(condition).get_final_froms():
        statement = statement.select_from(rows_of_domain).where(condition)
    elif "column" in accessor:  # one about repeated values brings a table of values
        column: sa.ColumnClause[Any] = sa.column(accessor["column"])
        values = sa.select(column).where(condition)
        statement = statement.select_from(rows_of_domain).where(column.in_(values))
    else:  # one about repeated groups brings the table's rows
        statement = statement.where(condition)
    return str(statement.compile(engine.engine, compile_kwargs={"literal_binds": True}))


def _map_metric(check: "Check") -> str | None:
    """Return the metric that judges row by row; None where the check is about the whole table."""
    return getattr(check, "map_metric", None)


def _escaped(condition: str) -> str:
    """Return the SQL so that neither `str.format` nor SQLAlchemy reads a placeholder into it."""
    braces_kept = condition.replace("{", "{{").replace("}", "}}")
    return re.sub(r"(?<![:\w\\]):(?=\w)", r"\:", braces_kept)


def _why_raised(exception_info: Mapping[str, Any]) -> str | None:
    """Return why a check raised, so far as that quotes no value of a row; None if it did not.

    Great Expectations gives an exception flat, or once for each metric that the check needs.
    """
    flat = [exception_info] if "raised_exception" in exception_info else exception_info.values()
    messages = [str(entry["exception_message"]) for entry in flat if entry["raised_exception"]]
    if not messages:
        return None
    harmless = _HARMLESS.search(" ".join(messages))
    return harmless[0] if harmless else "it raised on a value (not shown: it may be personal)"


@contextmanager
def _batch(con: duckdb.DuckDBPyConnection, table: str) -> Iterator["Batch"]:
    """Give `table` as a batch that Great Expectations reads through `con`, within the block.

    It always reads one view, which is `table` until the next batch: for each name more it would write
    down again, twice, all the names that it knows.
    """
    con.execute(f"create or replace temp view {JUDGED} as from {table}")
    with shared(_share_name(), con):
        yield _definition().get_batch()


def _share_name() -> str:
    return f"gate-{threading.get_ident()}"


def _definition() -> "BatchDefinition[Any]":
    """Return this thread's way to its shared connection; a context serves one thread only."""
    if not hasattr(_this_thread, "definition"):
        gx = _great_expectations()
        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = {"globally": False}
        datasource = context.data_sources.add_sql("duckdb", connection_string=url_of(_share_name()))
        asset = datasource.add_table_asset(JUDGED, table_name=JUDGED)
        _this_thread.definition = asset.add_batch_definition_whole_table(JUDGED)
    definition: BatchDefinition[Any] = _this_thread.definition
    return definition


@cache
def _great_expectations() -> Any:
    """Import Great Expectations (some 3 s of CPU: not before it is needed), silent and offline.

    Its log is shut: it would repeat failing statements with the values in them, and what it would
    warn of is raised from here.
    """
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations

    logging.getLogger("great_expectations").setLevel(logging.CRITICAL)
    return great_expectations


@cache
def _known_checks() -> dict[str, Callable[..., "Check"]]:
    """Return Great Expectations' own expectations by name, less the leading `expect_`."""
    from great_expectations.expectations import registry

    names = registry.list_registered_expectation_implementations()
    return {
        name.removeprefix("expect_"): registry.get_expectation_impl(name)
        for name in names
        if name.startswith("expect_")
    }


@cache
def _fails_where() -> Callable[..., "Check"]:
    """Return UnexpectedRowsExpectation less its sample of rows: only their number is fetched."""
    from great_expectations.expectations.core.unexpected_rows_expectation import (
        UnexpectedRowsExpectation,
    )

    class FailsWhere(UnexpectedRowsExpectation):
        metric_dependencies = ("unexpected_rows_query.row_count",)

        def _validate(self, metrics: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
            return super()._validate(
                {**metrics, "unexpected_rows_query.table": []}, *args, **kwargs
            )

    return FailsWhere
