"""Judge: all new rows of one report at once, by its own rules and by those that hold for every export.

Great Expectations judges on the very connection that loads the rows. Failing rows are written to the
quarantine, each with its line and every reason.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from config.expectation import Expectation
from tasks.checks.gate import Outcome, judge
from tasks.intake import quarantine
from tasks.intake.landing import Landed
from tasks.intake.report import Report
from tasks.reading import cells
from tasks.warehouse.connection import has_table

REPEATED = Expectation(
    reason="repeated_key",
    fails_where="key_repeat > 1",
    why="The file says two things of one thing; the later row was taken, as a correction.",
    fix="Remove one of the two rows where the file comes from and export again.",
)


@dataclass(frozen=True)
class Judged:
    """The verdict on a report's new rows.

    `faults` is a table (row_no, fault) with a row per failing row and rule; a fault counts the
    `rules` from 0. It is None where no row of any file came to the gate.
    """

    rules: tuple[Expectation, ...]
    outcomes: tuple[Outcome, ...] = ()
    faults: str | None = None


def judge_rows(con: duckdb.DuckDBPyConnection, report: Report, landed: Sequence[Landed]) -> Judged:
    """Judge the rows at the gate, and quarantine those that fail or that no reader could take."""
    rules = rules_of(report)
    quarantine.quarantine_damaged(con, report, landed)
    if not has_table(con, report.gate):
        return Judged(rules)
    verdict = judge(con, report.gate, f"{report.export.name} at the gate", rules)
    quarantine.quarantine_failing(con, report, rules, verdict.faults_table)
    return Judged(rules, verdict.outcomes, verdict.faults_table)


def rules_of(report: Report) -> tuple[Expectation, ...]:
    """Return the export's expectations, after those that hold for every export."""
    every = [*cells.RULES, *([REPEATED] if report.export.unique else [])]
    if report.export.needs_channel:
        every.extend(quarantine.of_no_channel(report.export, report.undecided))
    return (*every, *(_of_data(report, rule) for rule in report.export.expectations))


def _of_data(report: Report, rule: Expectation) -> Expectation:
    """Return the rule over rows of data alone, with the shop's facts in it."""
    if not rule.fails_where:
        return rule
    condition = f"row_kind = 'data' and ({report.filled(rule.fails_where)})"
    return rule.model_copy(update={"fails_where": condition})
