"""The SQL by which one file's text cells become the typed rows that wait at the gate.

A row at the gate has the export's columns, what `file_level` and `derive` add, and the technical
columns that `STAGED` and `AT_GATE` describe: the first go on to the staged table, the others end
with the verdict. Personal columns and the cells' texts end here: nothing after it can store them.

Three masks say which cells of a row are wrong: the bit of a column (`bits`) is set where its cell
is. They are 0 in rows that feed no table.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from config.correction import Correction
from config.export import Column, Export
from tasks.archive.originals import export_version
from tasks.intake.correction_sql import fixed
from tasks.intake.derive_sql import derived
from tasks.intake.open_file import CELLS, TEXTS, OpenFile
from tasks.intake.report import Report
from tasks.reading import cells
from tasks.reading.recognised import Recognised
from tasks.rules.sql_text import literal, literals

STAGED = {
    "file_id": "The file that the row is in",
    "line_no": "Its line in the file, from 1; rows of one unpivoted line share it",
    "exported_at": "When the file was true",
    "platform": "The export's platform",
    "channel": "The shop's channel that the row is of; null where none fits",
    "row_kind": "`data`, or the name of the `non_data` rule that the row fits",
    "still_feeds": "Null of a row without a fault, which feeds every table of its export; of a failing"
    " row, the only table that its fault does not touch",
}
AT_GATE = {
    "row_no": "Tells the row from every other at the gate, of whatever file",
    "is_fed": "Whether rows of its kind feed a table: others are counted and taken out of the gate",
    "misread": "Mask of the cells that break their column's grammar",
    "blank": "Mask of the cells that must be filled and are not",
    "cards": "Mask of the cells that hold a card number; `OTHER_CELL` of one in none of our columns",
    "key_repeat": "1 of the row of its key that is kept; 2 and more of those it replaces",
    "unusable": "The `refuse_where` rule by which the row shows all of its file to be of no use",
    "cells": "The cells as text, as JSON without anything personal, where one is misread or blank",
}
OTHER_CELL = 1 << 62  # the bit of a cell that is in none of our columns
SAMPLE = 10_000  # rows that show how a file writes its numbers, unless they have none


@dataclass(frozen=True)
class Fact:
    """What a file says once for all its rows, as text, and the type it is of."""

    value: str | None
    type: str


def version_of(report: Report) -> str:
    """Return what changes when the same bytes would be staged otherwise.

    That is the mapping, the technical columns, the channels, and the corrections in force.
    """
    by = f"{export_version(report.export)}{','.join(STAGED)}{report.circumstances}"
    by += "".join(each.digest for each in report.corrections)
    return hashlib.sha256(by.encode()).hexdigest()[:12]


def bits(export: Export) -> dict[str, int]:
    """Return the bit that each column has in the masks."""
    return {ours: 1 << place for place, ours in enumerate(export.columns)}


def first_facts(report: Report, file: OpenFile, corrections: Sequence[Correction] = ()) -> str:
    """Return the query of what the first rows of an open file say for all of `file_level`.

    It gives value and type of each fact in turn.
    """
    first = f"(from {CELLS} limit {SAMPLE})"
    return f"{_kinds(report, file, first, corrections)} select {_facts(report)} from kinds"


def all_facts(report: Report) -> str:
    """Return the same query over all rows of a file at the gate."""
    return f"select {_facts(report)} from {report.gate} where file_id = ?"


def typed_rows(
    report: Report,
    file: OpenFile,
    facts: Sequence[Fact] = (),
    corrections: Sequence[Correction] = (),
) -> str:
    """Return the select of the rows of an open file as the gate holds them.

    `facts` are what its `file_level` was found to be; `corrections` those that a row of it needs,
    while `CORRECTED` has the rows.
    """
    export, kind = report.export, file.kind
    personal = [ours for ours, column in export.columns.items() if column.personal]
    shown = ", ".join(
        f"'{ours}': {_shown(ours, column, is_open=kind.is_declared)}"
        for ours, column in export.columns.items()
        if ours not in personal
    )
    file_level = "".join(
        f", cast({'null' if fact.value is None else literal(fact.value)} as {fact.type}) as {name}"
        for name, fact in zip(export.file_level, facts, strict=True)
    )
    texts = ", ".join([*(f"{ours}__text" for ours in export.columns), "other_card"])
    steps = derived(report, "masked", is_unpivoted=bool(kind.unpivoted))
    checked = [ours for ours, column in export.columns.items() if column.checked_only]
    dropped = ", ".join([*personal, *checked, *(["unpivoted_no"] if kind.unpivoted else [])])
    return f"""
        {_kinds(report, file, CELLS, corrections)},
        masked as not materialized (
            select {literal(file.file_id)} as file_id,
                cast({literal(file.exported_at.isoformat())} as timestamptz) as exported_at,
                * exclude ({texts}){file_level},
                row_kind in ({_fed(export)}) as is_fed,
                {_mask(_misread(export))} as misread,
                {_mask(_blank(export, kind))} as blank,
                {_mask(_cards(export, kind))} as cards,
                case when misread + blank > 0 then to_json({{{shown}}}) end as cells
            from kinds
        ){steps.expressions}
        select
            * {f"exclude ({dropped})" if dropped else ""},
            {literal(export.platform)} as platform,
            {report.channel_column}
            {file.row_no} as row_no,
            cast(null as varchar) as still_feeds
        from {steps.last}
    """


def _facts(report: Report) -> str:
    return ", ".join(
        f"cast({report.filled(sql)} as varchar), typeof({report.filled(sql)})"
        for sql in report.export.file_level.values()
    )


def _kinds(
    report: Report, file: OpenFile, source: str, corrections: Sequence[Correction] = ()
) -> str:
    """Return the common table expressions that read a file's cells; the last is `kinds`."""
    export = report.export
    values = ", ".join(
        f"{cells.typed(f'{ours}__text', column, file.grammar, report.zone)} as {ours}"
        for ours, column in export.columns.items()
    )
    texts = ", ".join(f"{ours}__text" for ours in export.columns)
    corrected = ""
    if corrections:
        corrected = f"fixed as not materialized ({fixed(report, file, corrections)}),"
    return f"""
        with {file.texts(source)}, {corrected}
        read as not materialized (
            select {file.row_keys}, other_card, {values}, {texts}
            from {"fixed" if corrections else TEXTS}
        ),
        kinds as not materialized (
            select *, {_row_kind(export)} as row_kind, {_unusable(export)} as unusable from read
        )
    """


def _row_kind(export: Export) -> str:
    kinds = " ".join(f"when {rule.where} then {literal(rule.name)}" for rule in export.non_data)
    return f"case {kinds} else 'data' end" if kinds else "'data'"


def _unusable(export: Export) -> str:
    names = " ".join(f"when {rule.where} then {literal(rule.name)}" for rule in export.refuse_where)
    return f"case {names} end" if names else "cast(null as varchar)"


def _fed(export: Export) -> str:
    feeds = [feed for feeds in export.loads_into.values() for feed in feeds]
    return literals(sorted({"data", *(feed.rows for feed in feeds)}))


def _mask(cases: Sequence[str]) -> str:
    return f"cast(case when is_fed then {' + '.join(cases) or '0'} else 0 end as bigint)"


def _misread(export: Export) -> list[str]:
    return [
        f"case when {ours}__text is not null and {ours} is null then {bit} else 0 end"
        for ours, bit in bits(export).items()
        if cells.fault(export.columns[ours])
    ]


def _blank(export: Export, kind: Recognised) -> list[str]:
    return [
        f"case when {ours}__text is null then {bit} else 0 end"
        for ours, bit in bits(export).items()
        if export.columns[ours].filled and (export.columns[ours].unpivot or ours in kind.places)
    ]


def _cards(export: Export, kind: Recognised) -> list[str]:
    return [
        *(
            f"case when has_card({ours}__text) then {bit} else 0 end"
            for ours, bit in bits(export).items()
            if export.columns[ours].may_hold_card
            and (export.columns[ours].unpivot or ours in kind.places)
        ),
        f"case when other_card then {OTHER_CELL} else 0 end",
    ]


def _shown(ours: str, column: Column, *, is_open: bool) -> str:
    """Return the SQL of what the quarantine shows of a cell: nothing of a person's."""
    text = f"{ours}__text"
    if not cells.fault(column):
        return f"masked({text})" if column.may_hold_card else text
    # What is in the wrong place may be anything: a name, a note.
    hidden = f"masked({text})" if is_open else f"masked_words({text})"
    return f"case when {ours} is null then {hidden} else {text} end"
