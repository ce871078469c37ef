"""The SQL by which one report's text cells become typed rows that can be judged and staged."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from string import Template

from config.correction import Cells, Correction
from config.expectation import Expectation
from config.export import Column, Control, Export
from config.shop import Shop
from tasks.reading import cells
from tasks.reading.cells import Grammar
from tasks.reading.recognise import Recognised
from tasks.warehouse.parameters import parameters

NEVER_STAGED = ("row_no", "misread", "blank", "cards", "key_repeat", "unusable", "is_fed", "cells")
OF_ROW = ("line_no", "file_id", "exported_at", "row_kind", "misread", "blank", "cards")
OTHER_CELL = 1 << 62  # the bit of a cell that is none of ours
CORRECTED = "corrected_rows"  # of one file: row_no, line_no, correction_id, is_applied, is_drop
ROWS_OF_FILE = 1 << 40  # more than any file has
SAMPLE = 10_000  # rows that tell how a file writes its numbers, unless they have none


@dataclass(frozen=True)
class GateSql:
    """The statements for the rows of one report of one shop.

    A cell that breaks its grammar sets the bit of its column in `misread`, an empty one that must
    not be sets it in `blank`; both in rows that feed a table only.
    """

    shop: Shop
    export: Export

    @property
    def table(self) -> str:
        """The table in which the report's new rows wait for the verdict."""
        return f"staged.gate_{self.export.platform}_{self.export.report}"

    @property
    def circumstances(self) -> str:
        """What of the shop file decides how a row is read: its channels, their clocks and dates."""
        order = self.shop.date_order(self.export.platform)
        return f"{self._channel()} {self._params} {self._zone} {order}"

    def filled(self, sql: str) -> str:
        """Return `sql` with the shop's facts in place of `$currencies` and the like."""
        return Template(sql).safe_substitute(self._params)

    def decimal_signs(self, kind: Recognised, rows: int | None) -> str | None:
        """Return the query of how many amounts of the first `rows` have a dot and how many a comma.

        None where the file may have one sign only, or has no amounts.
        """
        numbers = self._cells(kind.places, cells.PLACES)
        if len(kind.decimals) == 1 or not numbers:
            return None
        dots, commas = (
            " + ".join(
                f"count(*) filter (regexp_matches({number}, '[0-9]{sign}(?:[0-9]{{1,2}}|[0-9]{{4,8}})[^0-9]*$'))"
                for number in numbers.values()
            )
            for sign in ("[.]", ",")
        )
        source = f"(from cells_as_text limit {rows})" if rows else "cells_as_text"
        return f"select {dots}, {commas} from {source}"

    def date_orders(self, places: Mapping[str, int]) -> str | None:
        """Return the query of how many dates can only have the day first, the month, or either.

        None where the export's formats leave no doubt.
        """
        times = self._cells(places, ("moment", "wall_time", "date"))
        counts: dict[str, list[str]] = {"day_first": [], "month_first": [], "both": []}
        for ours, cell in times.items():
            forms = self.export.columns[ours].grammars
            fits = {
                order: " or ".join(
                    f"(regexp_full_match({cell}, {cells.literal(cells.grammar_of(form))})"
                    f" and try_strptime({cell}, {cells.literal(form)}) is not null)"
                    for form in forms
                    if cells.date_order_of(form) == order
                )
                for order in ("day_first", "month_first")
            }
            if not all(fits.values()):
                continue
            day, month = (f"coalesce({fits[order]}, false)" for order in fits)
            counts["day_first"].append(f"count(*) filter ({day} and not {month})")
            counts["month_first"].append(f"count(*) filter ({month} and not {day})")
            counts["both"].append(f"count(*) filter ({day} and {month})")
        if not counts["both"]:
            return None
        return (
            f"select {', '.join(' + '.join(each) for each in counts.values())} from cells_as_text"
        )

    def forms(self, name: str) -> str:
        """Return the query of a file's bad cells of one column: blank, misread, and their usual form.

        A form has 9 for every digit and a for every letter: it shows what is wrong and no value.
        """
        bit = 1 << list(self.export.columns).index(name)
        cell = f"left(cells->>{cells.literal(name)}, {cells.FORM_SIGNS})"
        form = f"form_of({cell})"
        return (
            f"select count(*) filter (blank & {bit} > 0), count(*) filter (misread & {bit} > 0),"
            f" mode({form}) filter (misread & {bit} > 0) from {self.table} where file_id = ?"
        )

    def rows_again(self, kind: Recognised, headers: Sequence[int]) -> str:
        """Return the query of how many rows stand under two of the `headers`, cell for cell."""
        which = " + ".join(f"(line_no > {line})::integer" for line in headers)
        read = ", ".join(f"c{place}" for place in {*kind.places.values(), *kind.unpivoted})
        return (
            "select count(*) from (select 1 from ("
            f"select hash({read}) as row_hash, {which} as header from cells_as_text"
            ") group by row_hash having count(distinct header) > 1)"
        )

    def control(self, control: Control, notes: Mapping[str, str]) -> str:
        """Return the query of what a file states and what its rows say: key, stated, found."""
        groups = self.export.other_line.groupindex if self.export.other_line else {}
        told = {
            name: cells.literal(notes[name]) if name in notes else "cast(null as varchar)"
            for name in groups
        }
        stated = Template(self.filled(control.stated)).safe_substitute(told)
        key = f"concat_ws(' ', {', '.join(control.by)})" if control.by else "''"
        return (
            f"select {key} as of, {stated} as stated, {self.filled(control.found)} as found"
            f" from {self.table} where file_id = ? group by of order by of"
        )

    def corrected(
        self,
        kind: Recognised,
        grammar: Grammar,
        corrections: Sequence[Correction],
        *,
        number: int = 0,
    ) -> str:
        """Return the select of the rows of a file that corrections are about, for `CORRECTED`."""
        selects = " union all ".join(
            f"""
            select
                {self._row_no(kind, number)} as row_no, line_no,
                {cells.literal(each.correction_id)} as correction_id,
                {self._says(each.expects, grammar)} as is_applied, {each.drop} as is_drop
            from trimmed where {self._is_meant(each, grammar)}
            """
            for each in corrections
        )
        return f"with {self._trimmed(kind, 'cells_as_text')} {selects}"

    def first_facts(
        self,
        kind: Recognised,
        grammar: Grammar,
        *,
        number: int = 0,
        corrections: Sequence[Correction] = (),
    ) -> str:
        """Return the query of what the first rows say for all: value and type of each fact."""
        first = f"(from cells_as_text limit {SAMPLE})"
        read = self._read_cells(kind, grammar, first, number=number, corrections=corrections)
        return f"{read} select {self._facts()} from kinds"

    def facts(self) -> str:
        """Return the same query over all rows of a file at the gate."""
        return f"select {self._facts()} from {self.table} where file_id = ?"

    def _facts(self) -> str:
        return ", ".join(
            f"cast({self.filled(sql)} as varchar), typeof({self.filled(sql)})"
            for sql in self.export.file_level.values()
        )

    def typed_rows(
        self,
        kind: Recognised,
        landed: tuple[str, datetime],
        grammar: Grammar,
        *,
        number: int = 0,
        facts: Sequence[tuple[str | None, str]] = (),
        corrections: Sequence[Correction] = (),
    ) -> str:
        """Return the select that types one file's cells and derives what the export asks for.

        Personal columns and the cells' texts end here: nothing after it can store them.

        Args:
            kind: What the file is, and where its columns are.
            landed: The file's id, and when it was true.
            grammar: How it writes numbers and dates.
            number: Tells the file from others at the gate.
            facts: What `file_level` found.
            corrections: Those that a row of the file needs; `CORRECTED` tells which rows.
        """
        columns = self.export.columns
        as_text = [f"{ours}__text" for ours in columns]
        personal = [ours for ours, column in columns.items() if column.personal]
        shown = ", ".join(
            f"'{ours}': {self._shown(ours, column, is_open=kind.is_declared)}"
            for ours, column in columns.items()
            if ours not in personal
        )
        told = "".join(
            f", cast({'null' if value is None else cells.literal(value)} as {type_}) as {name}"
            for name, (value, type_) in zip(self.export.file_level, facts, strict=True)
        )
        derived, source = self._derived(kind)
        checked = [ours for ours, column in columns.items() if column.checked_only]
        dropped = ", ".join([*personal, *checked, *(["unpivoted_no"] if kind.unpivoted else [])])
        exclude = f"exclude ({dropped})" if dropped else ""
        file_id, exported_at = landed
        return f"""
            {self._read_cells(kind, grammar, number=number, corrections=corrections)},
            masked as not materialized (
                select {cells.literal(file_id)} as file_id,
                    cast({cells.literal(exported_at.isoformat())} as timestamptz) as exported_at,
                    * exclude ({", ".join([*as_text, "other_card"])}){told},
                    row_kind in ({self._fed()}) as is_fed,
                    {self._mask(self._misread())} as misread,
                    {self._mask(self._blank(kind))} as blank,
                    {self._mask(self._cards(kind))} as cards,
                    case when misread + blank > 0 then to_json({{{shown}}}) end as cells
                from kinds
            ){derived}
            select
                * {exclude},
                {cells.literal(self.export.platform)} as platform,
                {self._channel()}
                {self._row_no(kind, number)} as row_no,
                cast(null as varchar) as spared_for
            from {source}
        """

    def _read_cells(
        self,
        kind: Recognised,
        grammar: Grammar,
        source: str = "cells_as_text",
        *,
        number: int = 0,
        corrections: Sequence[Correction] = (),
    ) -> str:
        """Return the common table expressions that read a file's cells; the last is `kinds`."""
        values = ", ".join(
            f"{cells.typed(f'{ours}__text', column, grammar, self._zone)} as {ours}"
            for ours, column in self.export.columns.items()
        )
        kept = "line_no, unpivoted_no" if kind.unpivoted else "line_no"
        as_text = ", ".join(f"{ours}__text" for ours in self.export.columns)
        fixed, texts = "", "trimmed"
        if corrections:
            texts = "fixed"
            rows = self._mended(kind, grammar, number, corrections)
            fixed = f"fixed as not materialized ({rows}),"
        return f"""
            with {self._trimmed(kind, source)}, {fixed}
            read as not materialized (
                select {kept}, other_card, {values}, {as_text} from {texts}
            ),
            kinds as not materialized (
                select *, {self._row_kind()} as row_kind, {self._unusable()} as unusable from read
            )
        """

    def _trimmed(self, kind: Recognised, source: str) -> str:
        """Return the common table expression of a file's cells as text, by our names."""
        texts = []
        for ours, column in self.export.columns.items():
            place = kind.places.get(ours)
            cell = "cast(null as varchar)" if place is None else f"c{place}"
            cell = f"unpivoted_{column.unpivot}" if column.unpivot else cell
            texts.append(f"{cells.text(cell, column)} as {ours}__text")
        kept = "line_no, unpivoted_no" if kind.unpivoted else "line_no"
        other = " or ".join(f"has_card(c{place})" for place in kind.scanned) or "false"
        return (
            f"trimmed as not materialized (select {kept}, {other} as other_card, {', '.join(texts)}"
            f" from {_source(kind.unpivoted, source)})"
        )

    def _mended(
        self, kind: Recognised, grammar: Grammar, number: int, corrections: Sequence[Correction]
    ) -> str:
        """Return the select of the cells as they should be: all that follows is made of these."""
        fixed: dict[str, str] = {}
        for each in corrections:
            meant = f"{self._is_meant(each, grammar)} and {self._says(each.expects, grammar)}"
            for ours, cell in each.set_.items():
                fixed[ours] = f"{fixed.get(ours, '')} when {meant} then {self._cell(ours, cell)}"
        replaced = ", ".join(
            f"case{cases} else {ours}__text end as {ours}__text" for ours, cases in fixed.items()
        )
        cells_ = f"* replace ({replaced})" if replaced else "*"
        return (
            f"select {cells_} from trimmed where {self._row_no(kind, number)} not in"
            f" (select row_no from {CORRECTED} where is_applied and is_drop)"
        )

    def _is_meant(self, correction: Correction, grammar: Grammar) -> str:
        """Return the SQL that is true of the rows that a correction is about."""
        line = f"line_no = {correction.line} and " if correction.line else ""
        return f"({line}{self._says(correction.where, grammar)})"

    def _says(self, told: Cells, grammar: Grammar) -> str:
        """Return the SQL that is true of rows whose cells say this, written so or otherwise."""
        alike = []
        for ours, cell in told.items():
            text, wanted = f"{ours}__text", self._cell(ours, cell)
            column = self.export.columns[ours]
            values = [
                cells.typed(f"({sql})", column, grammar, self._zone) for sql in (text, wanted)
            ]
            same = f"coalesce(({values[0]}) = ({values[1]}), false)"
            alike.append(f"({text} is not distinct from {wanted} or {same})")
        return " and ".join(alike) or "true"

    def _cell(self, ours: str, cell: str | None) -> str:
        """Return the SQL of a cell that a person wrote, treated as one of the file is."""
        if cell is None:
            return "cast(null as varchar)"
        return f"({cells.text(cells.literal(cell), self.export.columns[ours])})"

    def at_fault(self, faults: str, rules: Sequence[Expectation]) -> str:
        """Return the select of the rows at fault, each with a table that it may still feed, or NULL.

        `faults` is a table (row_no, fault); a fault counts the `rules` from 0.
        """
        critical = [str(n) for n, rule in enumerate(rules) if rule.severity == "critical"]
        spared = " ".join(
            f"when {self._is_spared(table, rules)} then {cells.literal(table)}"
            for table in self.export.loads_into
        )
        spared_for = f"case {spared} end" if spared else "cast(null as varchar)"
        return f"""
            select row_no, {spared_for} as spared_for
            from (
                select row_no, list(fault) as faults from {faults}
                where fault in ({", ".join(critical)})
                group by row_no
            )
            inner join {self.table} using (row_no)
        """

    def _cells(self, places: Mapping[str, int], types: Collection[str]) -> dict[str, str]:
        """Return the trimmed cells of the file's columns of these types, by our name."""
        return {
            ours: cells.text(f"c{places[ours]}", column)
            for ours, column in self.export.columns.items()
            if column.type in types and ours in places
        }

    @cached_property
    def _params(self) -> dict[str, str]:
        return parameters(self.shop, self.export)

    @property
    def _zone(self) -> str:
        if self.export.zone == "shop":
            return self.shop.timezone
        if self.export.zone == "channel":
            channels = self.shop.platform(self.export.platform).values()
            return next((channel.timezone for channel in channels), self.shop.timezone)
        return self.export.zone

    def _row_kind(self) -> str:
        kinds = " ".join(
            f"when {rule.where} then {cells.literal(rule.name)}" for rule in self.export.non_data
        )
        return f"case {kinds} else 'data' end" if kinds else "'data'"

    def _unusable(self) -> str:
        names = " ".join(
            f"when {rule.where} then {cells.literal(rule.name)}"
            for rule in self.export.refuse_where
        )
        return f"case {names} end" if names else "cast(null as varchar)"

    def _fed(self) -> str:
        feeds = [feed for feeds in self.export.loads_into.values() for feed in feeds]
        return cells.literals(sorted({"data", *(feed.rows for feed in feeds)}))

    def _mask(self, bits: list[str]) -> str:
        return f"cast(case when is_fed then {' + '.join(bits) or '0'} else 0 end as bigint)"

    def _misread(self) -> list[str]:
        return [
            f"case when {ours}__text is not null and {ours} is null then {1 << place} else 0 end"
            for place, (ours, column) in enumerate(self.export.columns.items())
            if cells.fault(column)
        ]

    def _blank(self, kind: Recognised) -> list[str]:
        return [
            f"case when {ours}__text is null then {1 << place} else 0 end"
            for place, (ours, column) in enumerate(self.export.columns.items())
            if column.filled and (column.unpivot or ours in kind.places)
        ]

    def _cards(self, kind: Recognised) -> list[str]:
        return [
            *(
                f"case when has_card({ours}__text) then {1 << place} else 0 end"
                for place, (ours, column) in enumerate(self.export.columns.items())
                if column.may_hold_card and (column.unpivot or ours in kind.places)
            ),
            f"case when other_card then {OTHER_CELL} else 0 end",
        ]

    def _shown(self, ours: str, column: Column, *, is_open: bool) -> str:
        """Return the SQL of what the quarantine shows of a cell: nothing of a person's."""
        text = f"{ours}__text"
        if not cells.fault(column):
            return f"masked({text})" if column.may_hold_card else text
        # What stands in the wrong place may be anything: a name, a note.
        hidden = f"masked({text})" if is_open else f"masked_words({text})"
        return f"case when {ours} is null then {hidden} else {text} end"

    def cells_with_cards(self, found: int) -> dict[str, str]:
        """Return the columns of cells with card numbers, and of what derives from them, with where."""
        blanked: dict[str, int] = {}
        for place, (ours, column) in enumerate(self.export.columns.items()):
            if found & 1 << place and not (column.personal or column.checked_only):
                names = {ours}
                derive = self.export.derive.items()
                while more := {name for name, sql in derive if _words(sql) & names} - names:
                    names |= more
                for name in names:
                    blanked[name] = blanked.get(name, 0) | 1 << place
        return {name: f"cards & {bits} > 0" for name, bits in blanked.items()}

    def _key_repeat(self) -> str:
        """Return the SQL that counts rows of one key: 1 is kept, the last that can be read."""
        if not self.export.unique:
            return "1"
        keys = ", ".join(self.export.unique)
        return (
            f"row_number() over (partition by file_id, row_kind, {keys}"
            " order by misread + blank > 0, line_no desc)"
        )

    def _row_no(self, kind: Recognised, number: int) -> str:
        """Return the SQL of what tells a row from all others at the gate."""
        start = number * ROWS_OF_FILE
        if not kind.unpivoted:
            return f"{start} + line_no"
        return f"{start} + line_no * {len(kind.header)} + unpivoted_no"

    def _derived(self, kind: Recognised) -> tuple[str, str]:
        """Return the common table expressions of `derive`, and the source of the whole rows.

        A window holds all rows that it looks at, so the windows get what they need and no more; what
        they find is joined to the rows as these stream by.
        """
        repeat = f"{self._key_repeat()} as key_repeat"
        held = self._held()
        if kind.unpivoted or not (held or self.export.unique):
            expressions, last = self._levels(self.export.derive, "masked")
            return expressions, f"(select *, {repeat} from {last})"
        needed = {"line_no", *self.export.unique}.union(*map(_words, [*held.values(), repeat]))
        given = [*OF_ROW, *self.export.columns, *self.export.file_level]
        narrow = ", ".join(name for name in given if name in needed)
        windows, last = self._levels(held, "narrow")
        found = ", ".join(["line_no", *held, repeat])
        rest = {name: sql for name, sql in self.export.derive.items() if name not in held}
        streamed, rows = self._levels(rest, "joined")
        return (
            f", narrow as (select {narrow} from masked){windows}, joined as not materialized ("
            f"select * from masked inner join (select {found} from {last}) using (line_no)){streamed}",
            rows,
        )

    def _held(self) -> dict[str, str]:
        """Return the part of `derive` that windows, and the key, are made of."""
        derive = self.export.derive
        held = {name for name, sql in derive.items() if "over" in _words(sql)}
        held |= derive.keys() & set(self.export.unique)
        while more := set().union(*(_words(derive[name]) for name in held)) & derive.keys() - held:
            held |= more
        return {name: sql for name, sql in derive.items() if name in held}

    def _levels(self, derive: Mapping[str, str], source: str) -> tuple[str, str]:
        """Return the common table expressions that add `derive` to the rows of `source`, and the last.

        What names another derived column stands one level above it: a window may look at a window.
        """
        level_of: dict[str, int] = {}
        for name, sql in derive.items():
            level_of[name] = 1 + max(
                (level_of[word] for word in _words(sql) & level_of.keys()), default=0
            )
        expressions, last = "", source
        for level in range(1, max(level_of.values(), default=0) + 1):
            columns = ", ".join(
                f"{self.filled(derive[name])} as {name}"
                for name, its_level in level_of.items()
                if its_level == level
            )
            expressions += f", {source}_{level} as (select *, {columns} from {last})"
            last = f"{source}_{level}"
        return expressions, last

    def _channel(self) -> str:
        """Return the column `channel` of a select, unless it is one of the export's own."""
        return "" if "channel" in self.export.columns else f"{self.told_channel()} as channel,"

    def told_channel(self) -> str:
        """Return the SQL that tells a row's channel; NULL where no channel of the shop fits.

        A row that names a marketplace or a currency which no channel has is nobody's: it is never
        booked on another channel, not even on the only one.
        """
        channels = self.shop.platform(self.export.platform)
        by = self.export.channel_by
        if not channels:
            return "cast(null as varchar)"
        only = cells.literal(next(iter(channels))) if len(channels) == 1 else None
        if by is None:
            return only or self._by_currency("currency" if self.export.says_currency else None)
        if by.matches == "currency":
            return self._by_currency(by.column, only or self._otherwise())
        if by.matches == "name":
            cases = [
                f"when {by.column} = {cells.literal(n)} then {cells.literal(n)}" for n in channels
            ]
            return f"case {' '.join(cases)} end"
        cases = [
            f"when lower({by.column}) = {cells.literal(c.sales_channel.lower())} then {cells.literal(n)}"
            for n, c in channels.items()
            if c.sales_channel
        ]
        unsaid = f"coalesce({by.column}, '') not ilike 'amazon.%'"
        if only is None:
            return f"case {' '.join(cases)} when {unsaid} then {self._otherwise()} end"
        own = self._by_currency("currency", only) if self.export.says_currency else only
        # The only channel of a shop that gives it no marketplace takes all of its currency.
        return f"case {' '.join(cases)} when {unsaid} then {own} end" if cases else own

    def _otherwise(self) -> str:
        """Return the SQL of the channel of rows that say nothing of it."""
        by, channels = self.export.channel_by, self.shop.platform(self.export.platform)
        if by and by.otherwise == "fba":
            fba = (name for name, channel in channels.items() if channel.fba_location)
            return next((cells.literal(name) for name in fba), "null")
        if by and by.otherwise == "currency":
            return self._by_currency("currency")
        return "null"

    def _by_currency(self, column: str | None, otherwise: str = "null") -> str:
        """Return the SQL of the only channel of the currency in `column`; `otherwise` of a blank."""
        channels = self.shop.platform(self.export.platform)
        if column is None:
            return "cast(null as varchar)"
        currencies = [channel.currency for channel in channels.values()]
        cases = "".join(
            f" when {cells.literal(channel.currency)} then {cells.literal(name)}"
            for name, channel in channels.items()
            if currencies.count(channel.currency) == 1
        )
        found = f"case upper({column}){cases} end" if cases else "null"
        return f"case when {column} is null then {otherwise} else {found} end"

    def _is_spared(self, table: str, rules: Sequence[Expectation]) -> str:
        """Return the SQL that is true where no fault of a row touches what `table` takes from it.

        Which cells are misread or blank is told by the masks, not by the rules about them.
        """
        columns = self.export.columns.values()
        bits = sum(
            1 << place for place, column in enumerate(columns) if table in column.still_feeds
        )
        touching = [
            str(place)
            for place, rule in enumerate(rules)
            if table not in rule.still_feeds and rule not in cells.RULES
        ]
        # A card number in a cell that nobody keeps costs the line, and never its order.
        hidden = bits | OTHER_CELL if bits else 0
        others = f"not list_has_any(faults, [{', '.join(touching)}])" if touching else "true"
        return (
            f"misread & ~{bits} = 0 and blank & ~{bits} = 0 and cards & ~cast({hidden} as bigint) = 0"
            f" and {others}"
        )


def _words(sql: str) -> set[str]:
    return set(re.findall(r"\w+", sql))


def _source(unpivoted: Mapping[int, str], source: str) -> str:
    """Return the SQL of a file's rows: one per line, or one per line and column that is unpivoted."""
    if not unpivoted:
        return source
    headers = " ".join(
        f"when 'c{place}' then {cells.literal(header)}" for place, header in unpivoted.items()
    )
    places = ", ".join(f"c{place}" for place in unpivoted)
    numbers = " ".join(f"when 'c{place}' then {place}" for place in unpivoted)
    return (
        f"(select * exclude (unpivoted_place), case unpivoted_place {headers} end as unpivoted_header,"
        f" case unpivoted_place {numbers} end as unpivoted_no from ("
        f"from {source} unpivot include nulls (unpivoted_cell for unpivoted_place in ({places}))))"
    )
