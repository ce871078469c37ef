"""A sketch of an export as its settings file, for a person to finish; it says names and no cell."""

import json
import re
from collections.abc import Iterator

import yaml

from config.export import Export
from tasks.reading.guess import Guess, Lacking, Sketch

PLAIN = re.compile(r"[A-Za-z](?:[\w /().-]*[\w).])?")


def skeleton(draft: Sketch, platform: str, report: str) -> str:
    """Return the text of config/exports/<platform>/<report>.yaml."""
    text = "\n".join(
        [*_head(draft, platform, report), *_columns(draft), *_rules(draft), *_feeds(draft)]
    )
    Export.parse(
        yaml.safe_load(text), f"{platform}/{report}.yaml", platform=platform, report=report
    )
    return f"{text}\n"


def _head(draft: Sketch, platform: str, report: str) -> Iterator[str]:
    sample = draft.sample
    yield f"# A guess from a sample of {len(sample.header)} columns. Read every line against the file, fill in what is"
    yield "# missing, and take these notes out. A column without a note is certain."
    title = f"{platform.replace('_', ' ').title()} {report.replace('_', ' ')}"
    yield f"title: {title}"
    yield f"where: {platform.replace('_', ' ').title()}  # say where a person downloads it"
    yield f"station: {draft.station}"
    if sample.format != "delimited":
        yield f"formats: [{sample.format}]"
        if sample.records:
            yield f"records: [{_text(sample.records)}]"
    elif sample.delimiter not in (",", ";"):
        yield f"delimiters: [{json.dumps(sample.delimiter)}]"
    if sample.quote is None:
        yield "quote: null"
    if sample.encoding == "cp1252":
        yield "encodings: [utf-8, cp1252]"
    if draft.has_comma:
        yield "decimals: [comma, dot]"
    if draft.has_thousands:
        yield "thousands: true"
    if draft.also:
        yield "# No column of ours resembles them. What names a person, or what somebody wrote, belongs in `private`."
        yield "also:"
        yield from (f"  - {_text(name)}" for name in draft.also)
    if draft.private:
        yield "# Their cells are not kept."
        yield "private:"
        yield from (f"  - {_text(name)}" for name in draft.private)


def _columns(draft: Sketch) -> Iterator[str]:
    yield "columns:"
    required = {guess.ours for guess in draft.guesses if guess.is_required}
    # Something must distinguish it from others, even where no other export needs a column of these.
    required = required or {next(guess.ours for guess in draft.guesses if not guess.keeps)}
    lines_only = _of_lines_only(draft)
    for guess in draft.guesses:
        options = [f"theirs: {_text(guess.theirs)}"]
        if guess.keeps:
            options += ["personal: true", f"keeps: {_text(guess.keeps)}"]
        if guess.type != "text":
            options.append(f"type: {guess.type}")
        if guess.ours in required:
            options.append("required: true")
        if guess.is_filled:
            options.append("filled: true")
        if guess.formats:
            options.append(f"formats: [{', '.join(map(json.dumps, guess.formats))}]")
        if guess.affixes:
            options.append(f"affixes: [{', '.join(guess.affixes)}]")
        if guess.pattern:
            options.append(f"pattern: {json.dumps(guess.pattern)}")
        if guess.ours in lines_only:
            options.append("still_feeds: [orders]")
        yield f"  {guess.ours}: {{{', '.join(options)}}}{_doubt(guess)}"
    for title, those in (
        ("Missing, and almost every export of the kind fills it:", _lacking(draft, is_due=True)),
        ("Missing, where the file says it:", _lacking(draft, is_due=False)),
    ):
        if those:
            yield f"  # {title}"
            yield from (_wanted(lacking) for lacking in those)


def _rules(draft: Sketch) -> Iterator[str]:
    yield "derive:" if draft.derived else "# derive:"
    yield from (f"  {ours}: {sql}" for ours, sql in draft.derived.items())
    if draft.nearest:
        yield f"# {draft.nearest.file} is nearest to it: what else follows from its columns,"
        yield "# in SQL, and what must hold of a row (`expectations`)."


def _feeds(draft: Sketch) -> Iterator[str]:
    yield "loads_into:"
    has_lines = {"orders", "order_lines"} <= {*draft.tables}
    for table in draft.tables:
        if table == "orders" and has_lines:
            yield "  orders: {first_of: [order_id]}" if _has(draft, "order_id") else "  orders: {}"
        elif table == "order_lines" and draft.shared:
            yield "  # One column of the file cannot be the order's and the line's: here it is taken as the order's."
            nulls = ", ".join(f'{name}: "null"' for name in draft.shared)
            yield f"  order_lines: {{set: {{{nulls}}}}}"
        else:
            yield f"  {table}: {{}}"


def _doubt(guess: Guess) -> str:
    doubts = []
    if not guess.is_certain:
        doubts.append("guessed by its name")
    if guess.is_blank:
        doubts.append("blank in the sample: its form is not known")
    if len(guess.formats) > 1:
        doubts.append("day and month may be either in the sample")
    return f"  # {'; '.join(doubts)}" if doubts else ""


def _wanted(lacking: Lacking) -> str:
    others = f" Others call it: {', '.join(lacking.others)}." if lacking.others else ""
    return f"  # {lacking.name}: ({lacking.table}) {lacking.comment}.{others}"


def _lacking(draft: Sketch, *, is_due: bool) -> list[Lacking]:
    """Return what is missing, each name once: under the first table that is due it."""
    found: dict[str, Lacking] = {}
    for lacking in sorted(draft.lacking, key=lambda each: not each.is_due):
        found.setdefault(lacking.name, lacking)
    return [lacking for lacking in found.values() if lacking.is_due == is_due]


def due(draft: Sketch) -> list[str]:
    """Return the columns that are missing and that almost every export of the kind fills."""
    return [lacking.name for lacking in _lacking(draft, is_due=True)]


def _of_lines_only(draft: Sketch) -> set[str]:
    """Return the columns whose bad cell costs the line and not its order."""
    if not {"orders", "order_lines"} <= {*draft.tables}:
        return set()
    return {guess.ours for guess in draft.guesses if not guess.keeps} - draft.of_orders


def _has(draft: Sketch, ours: str) -> bool:
    return ours in {guess.ours for guess in draft.guesses}


def _text(value: str) -> str:
    """Return a header as YAML, plain where it reads as itself."""
    is_plain = PLAIN.fullmatch(value) and yaml.safe_load(f"- {value}") == [value]
    return value if is_plain else json.dumps(value, ensure_ascii=False)
