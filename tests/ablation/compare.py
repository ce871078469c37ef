"""What a missing report does to every figure of every mart: nothing, no data, a flag, or a wrong number."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

import duckdb
import yaml

from tasks.rules.sql_text import literal, quoted
from tasks.warehouse.models import Model

REASONS = Path(__file__).parent / "reasons.yaml"
# Words a row says of itself when it knows that something is missing, whatever is missing.
SAYS_SO = r"no[_ ]data|too[_ ]few|never|stale|not[_ ]used|unknown|missing|low confidence|unproven"


@dataclass(frozen=True)
class Reason:
    """Why a figure may change without a flag where a report is missing."""

    without: Sequence[str]
    marts: Sequence[str]
    columns: Sequence[str]
    why: str
    where: str = "true"  # of which rows it speaks: SQL over their columns
    while_there: Sequence[str] = ()  # reports; it speaks of no night without one of them

    def covers(self, missing: Sequence[str], mart: str, column: str) -> bool:
        """Return whether it speaks of this figure and of one of the missing reports."""
        return (
            not set(self.while_there) & set(missing)
            and any(fnmatch(report, pattern) for report in missing for pattern in self.without)
            and any(fnmatch(mart, pattern) for pattern in self.marts)
            and any(fnmatch(column, pattern) for pattern in self.columns)
        )


@dataclass(frozen=True)
class Change:
    """One column of one mart (`*`: whole rows) that is not as it was with every report."""

    mart: str
    column: str
    absent: int  # now null, or the row is gone
    flagged: int  # another value, and the row says why
    excused: int  # another value, for a reason that is written down
    silent: int  # another value, and nothing says so
    example: str


def read_reasons(path: Path = REASONS) -> list[Reason]:
    """Return the reasons that are written down."""
    return [Reason(**entry) for entry in yaml.safe_load(path.read_text(encoding="utf-8"))]


def compare(
    full: Path,
    ablated: Path,
    models: Sequence[Model],
    missing: Sequence[Mapping[str, str]],
    reasons: Sequence[Reason],
) -> list[Change]:
    """Return every change from the warehouse with all reports to the one without the missing.

    `missing` has, for each report that is left out, its name and title, and after it those of the
    reports that the shop may be asked for instead. Rows that are gone are no data where `data_freshness` or
    `requirements_coverage` names the report, and else a silent change.
    """
    with duckdb.connect() as con:
        con.execute("set timezone = 'UTC'")
        con.execute(f"attach '{full}' as full_run (read_only)")
        con.execute(f"attach '{ablated}' as ablated (read_only)")
        changes = []
        is_named = _is_named(con, missing)
        for model in models:
            if model.schema == "marts":
                changes += _compare(con, model, _named_by(missing), is_named, missing, reasons)
    return changes


def _is_named(con: duckdb.DuckDBPyConnection, missing: Sequence[Mapping[str, str]]) -> bool:
    """Return whether a missing report is named; of one that nobody asks for, its own run shows it."""
    late = {
        report
        for (report,) in con.execute(
            "select report from ablated.marts.data_freshness where status in ('never', 'stale')"
            " union select report from ablated.marts.requirements_coverage"
            " where status in ('never', 'stale') or reason is not null"
        ).fetchall()
    }
    return any(late & set(names) for names in missing)


def _named_by(missing: Sequence[Mapping[str, str]]) -> str:
    """Return the pattern of texts that name a missing report, or say that something is missing."""
    names = [re.escape(word) for one in missing for pair in one.items() for word in pair]
    return "(?i)" + "|".join([*names, SAYS_SO])


def _compare(
    con: duckdb.DuckDBPyConnection,
    model: Model,
    pattern: str,
    is_named: bool,
    missing: Sequence[Mapping[str, str]],
    reasons: Sequence[Reason],
) -> list[Change]:
    reports = [next(iter(names)) for names in missing]
    types = dict(
        con.execute(
            "select column_name, data_type from duckdb_columns() where database_name = 'ablated'"
            " and schema_name = 'marts' and table_name = ?",
            [model.name],
        ).fetchall()
    )
    texts = [f"a.{quoted(n)}" for n, kind in types.items() if kind == "VARCHAR"]
    says_so = f"regexp_matches(concat_ws(' ', {', '.join(texts)}), {literal(pattern)})"
    if types.get("stale") == "BOOLEAN":
        says_so = f"({says_so} or coalesce(a.stale, false))"
    keys = [quoted(key) for key in model.keys]
    name = f"concat_ws(' ', {', '.join(f'coalesce(f.{key}, a.{key})' for key in keys)})"
    counted: list[tuple[str, str, str, str, str, str]] = []
    for column in ["*", *(column for column in types if column not in model.keys)]:
        if column == "*":
            differs, gone, example = "f.shop is null", "a.shop is null", f"'new: ' || {name}"
        else:
            old, new = f"f.{quoted(column)}", f"a.{quoted(column)}"
            differs = (
                f"f.shop is not null and a.shop is not null and {old} is distinct from {new}"
                f" and {new} is not null"
            )
            gone = (
                f"f.shop is not null and a.shop is not null and {old} is not null and {new} is null"
            )
            example = f"{name} || ': ' || coalesce({old} :: varchar, 'null') || ' → ' || {new}"
        excuses = [r.where for r in reasons if r.covers(reports, model.name, column)]
        excused = f"coalesce(({' or '.join(excuses)}), false)" if excuses else "false"
        silent = f"{differs} and not {says_so} and not excused_{len(counted)}"
        counted.append((column, excused, gone, differs, silent, example))
    excused_columns = "".join(f", {one[1]} as excused_{n}" for n, one in enumerate(counted))
    measured = ", ".join(
        f"count(*) filter ({gone}), count(*) filter ({differs} and {says_so}),"
        f" count(*) filter ({differs} and not {says_so} and excused_{n}),"
        f" count(*) filter ({silent}), min({example}) filter ({silent})"
        for n, (_, _, gone, differs, silent, example) in enumerate(counted)
    )
    [row] = con.execute(
        f"with a as (select *{excused_columns} from ablated.marts.{model.name})"
        f" select {measured} from full_run.marts.{model.name} as f"
        f" full join a on {' and '.join(f'f.{key} = a.{key}' for key in keys)}"
    ).fetchall()
    changes = []
    for number, (column, excused, *_) in enumerate(counted):
        absent, flagged, reasoned, unsaid, example = row[5 * number : 5 * number + 5]
        if column == "*" and absent and not is_named and excused == "false":
            example = example or f"{absent} rows are gone and data_freshness does not say why"
            absent, unsaid = 0, unsaid + absent
        if absent or flagged or reasoned or unsaid:
            changes.append(
                Change(model.name, column, absent, flagged, reasoned, unsaid, str(example or ""))
            )
    return changes
