"""What is held against a whole file, once its rows are at the gate: it is whole, usable, and proven."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from string import Template

import duckdb

from config.export import Control
from tasks.intake.landing import Completeness
from tasks.intake.open_file import CELLS, OpenFile
from tasks.intake.report import Report
from tasks.intake.typing_sql import bits
from tasks.reading import cells
from tasks.reading.peek import RefusedAs
from tasks.reading.reading import Reading, require_alike
from tasks.reading.recognised import Recognised
from tasks.rules.sql_text import literal

FEW_NAMED = 3  # lines
MOST_NAMED = 20  # controls of one file that are named one by one
FEW = 20  # rows: below it a share says nothing about a file


def count_again(con: duckdb.DuckDBPyConnection, kind: Recognised, headers: Sequence[int]) -> int:
    """Return how many rows of an open file repeat rows above a repeated header; `headers` are their lines."""
    if not headers:
        return 0
    (again,) = con.execute(rows_again(kind, headers)).fetchall()[0]
    return int(again)


def require_once(report: Report, name: str, headers: Sequence[int], again: int) -> None:
    """Refuse a file whose header is there again above rows that it already has."""
    if again:
        lines = ", ".join(map(str, headers[:FEW_NAMED]))
        raise RefusedAs(
            report.export,
            "export_twice",
            f"{name} holds its header again (line {lines}), and {again} rows below it repeat rows"
            f" above: {report.export.title} is in it twice. Deliver each export as a file of its own"
            f" ({report.export.where}).",
        )


def require_every_row(
    con: duckdb.DuckDBPyConnection, report: Report, file: OpenFile, name: str, reading: Reading
) -> None:
    """Hold the reader and the database to the same number of rows."""
    counted = con.execute(
        f"select count({'distinct line_no' if report.export.is_unpivoted else 'line_no'}),"
        f" count(*) filter (line_no is null) from {report.gate} where file_id = ?",
        [file.file_id],
    ).fetchall()
    require_alike(name, reading.rows, counted[0])


def require_usable(
    con: duckdb.DuckDBPyConnection, report: Report, file: OpenFile, name: str, reading: Reading
) -> None:
    """Refuse a file whose rows show that all of it is unusable."""
    export = report.export
    rows, bad, unusable = con.execute(
        "select count(*) filter (is_fed), count(*) filter (misread + blank > 0), min(unusable)"
        f" from {report.gate} where file_id = ?",
        [file.file_id],
    ).fetchall()[0]
    if unusable:
        rule = next(rule for rule in export.refuse_where if rule.name == unusable)
        raise RefusedAs(export, rule.name, f"{name}: {rule.fix}")
    bad, rows = bad + len(reading.damaged), rows + len(reading.damaged)
    if bad >= FEW and bad > rows * export.max_rejected_rate:
        raise RefusedAs(
            export,
            "too_many_bad_rows",
            f"{name}: {bad} of its {rows} rows cannot be read, so the export itself is in doubt:"
            f" {_worst(con, report, file, reading)} Fix it where the file comes from, or export it"
            f" again ({export.where}).",
        )


def _worst(con: duckdb.DuckDBPyConnection, report: Report, file: OpenFile, reading: Reading) -> str:
    """Return where most rows fail: the column, the form of its cells, and what it should hold."""
    torn = Counter((row.reason, row.detail) for row in reading.damaged).most_common(1)
    faults = [
        (torn_rows, f"{torn_rows} of them are damaged: {detail}.")
        for (_, detail), torn_rows in torn
    ]
    for name, column in report.export.columns.items():
        blank, misread, form = con.execute(forms(report, name), [file.file_id]).fetchall()[0]
        place = file.kind.places.get(name)
        theirs = name if place is None else file.kind.header[place].strip()
        shown = f", most like {form!r}" if form else ""
        faults += [
            (blank, f"{blank} of them have nothing in {theirs!r}, which has to be filled."),
            (misread, f"{misread} of them have in {theirs!r} no {cells.form_of(column)}{shown}."),
        ]
    return max(faults)[1]


@dataclass(frozen=True)
class Proof:
    """Whether a file is whole by the figures that it states of itself, and what these are."""

    completeness: Completeness
    controls: str


def proof(
    con: duckdb.DuckDBPyConnection, report: Report, file: OpenFile, notes: Mapping[str, str]
) -> Proof:
    """Hold a file's rows to the figures that it states of itself; `notes` are those of other lines."""
    findings, verdicts = [], []
    for control in report.export.controls:
        kinds = set()
        query = control_of(report, control, notes)
        for key, stated, found in con.execute(query, [file.file_id]).fetchall():
            of = f" of {key}" if key else ""
            if stated is None:
                kinds.add("unstated")
                findings.append(f"{control.name}{of}: the file states none")
            elif stated == found:
                kinds.add("proven")
            else:
                kinds.add("broken" if control.severity == "critical" else "unproven")
                findings.append(
                    f"{control.name}{of}: the file says {stated}, its rows {found}. {control.why}"
                )
        # A control that the file states for some of its keys only proves nothing of the others.
        partly = "unproven" if kinds > {"unstated"} else "unstated"
        verdicts.append(
            next((k for k in ("broken", "unproven") if k in kinds), None)
            or ("proven" if kinds == {"proven"} else partly)
        )
    completeness: Completeness = "unproven"
    if "broken" in verdicts:
        completeness = "broken"
    elif "proven" in verdicts and "unproven" not in verdicts:
        completeness = "proven"
        findings = findings or [", ".join(control.name for control in report.export.controls)]
    return Proof(completeness, "; ".join(findings[:MOST_NAMED]))


def rows_again(kind: Recognised, headers: Sequence[int]) -> str:
    """Return the query of how many rows of an open file are below two of the `headers`, cell for cell."""
    which = " + ".join(f"(line_no > {line})::integer" for line in headers)
    read = ", ".join(f"c{place}" for place in {*kind.places.values(), *kind.unpivoted})
    return (
        "select count(*) from (select 1 from ("
        f"select hash({read}) as row_hash, {which} as header from {CELLS}"
        ") group by row_hash having count(distinct header) > 1)"
    )


def forms(report: Report, name: str) -> str:
    """Return the query of a file's bad cells of one column: blank, misread, and their usual form.

    A form has 9 for every digit and a for every letter: it shows what is wrong and no value.
    """
    bit = bits(report.export)[name]
    form = f"form_of(left(cells->>{literal(name)}, {cells.FORM_CHARACTERS}))"
    return (
        f"select count(*) filter (blank & {bit} > 0), count(*) filter (misread & {bit} > 0),"
        f" most_frequent(case when misread & {bit} > 0 then {form} end) from {report.gate}"
        " where file_id = ?"
    )


def control_of(report: Report, control: Control, notes: Mapping[str, str]) -> str:
    """Return the query of what a file states and what its rows say: key, stated, found."""
    groups = report.export.other_line.groupindex if report.export.other_line else {}
    noted = {
        name: literal(notes[name]) if name in notes else "cast(null as varchar)" for name in groups
    }
    stated = Template(report.filled(control.stated)).safe_substitute(noted)
    key = f"concat_ws(' ', {', '.join(control.by)})" if control.by else "''"
    return (
        f"select {key} as of, {stated} as stated, {report.filled(control.found)} as found"
        f" from {report.gate} where file_id = ? group by of order by of"
    )
