"""The SQL of corrections: which rows of a file they are about, and what its cells are with them."""

from collections.abc import Sequence

from config.correction import Cells, Correction
from config.export import Export
from tasks.intake.open_file import TEXTS, OpenFile
from tasks.intake.report import Report
from tasks.reading import cells
from tasks.rules.sql_text import literal

# The rows of one file that corrections are about: row_no, line_no, correction_id, is_applied (the
# row says what the correction expects of it), is_drop.
CORRECTED = "corrected_rows"


def corrected(report: Report, file: OpenFile, corrections: Sequence[Correction]) -> str:
    """Return the select of the rows of an open file that corrections are about, for `CORRECTED`."""
    selects = " union all ".join(
        f"""
        select
            {file.row_no} as row_no, line_no, {literal(each.correction_id)} as correction_id,
            {_says(report, file, each.expects)} as is_applied, {each.drop} as is_drop
        from {TEXTS} where {_is_meant(report, file, each)}
        """
        for each in corrections
    )
    return f"with {file.texts()} {selects}"


def fixed(report: Report, file: OpenFile, corrections: Sequence[Correction]) -> str:
    """Return the select of `TEXTS` with the cells as they should be: all else is made of these."""
    cases: dict[str, str] = {}
    for each in corrections:
        applies = f"{_is_meant(report, file, each)} and {_says(report, file, each.expects)}"
        for ours, cell in each.set_.items():
            right = _cell(report.export, ours, cell)
            cases[ours] = f"{cases.get(ours, '')} when {applies} then {right}"
    replaced = ", ".join(
        f"case{whens} else {ours}__text end as {ours}__text" for ours, whens in cases.items()
    )
    columns = f"* replace ({replaced})" if replaced else "*"
    return (
        f"select {columns} from {TEXTS} where {file.row_no} not in"
        f" (select row_no from {CORRECTED} where is_applied and is_drop)"
    )


def _is_meant(report: Report, file: OpenFile, correction: Correction) -> str:
    """Return the SQL that is true of the rows that a correction is about."""
    line = f"line_no = {correction.line} and " if correction.line else ""
    return f"({line}{_says(report, file, correction.where)})"


def _says(report: Report, file: OpenFile, wanted: Cells) -> str:
    """Return the SQL that is true of rows whose cells say this, written so or otherwise."""
    alike = []
    for ours, cell in wanted.items():
        text, right = f"{ours}__text", _cell(report.export, ours, cell)
        column = report.export.columns[ours]
        values = [
            cells.typed(f"({sql})", column, file.grammar, report.zone) for sql in (text, right)
        ]
        same = f"coalesce(({values[0]}) = ({values[1]}), false)"
        alike.append(f"({text} is not distinct from {right} or {same})")
    return " and ".join(alike) or "true"


def _cell(export: Export, ours: str, cell: str | None) -> str:
    """Return the SQL of a cell that a person wrote, treated as one of the file is."""
    if cell is None:
        return "cast(null as varchar)"
    return f"({cells.text(literal(cell), export.columns[ours])})"
