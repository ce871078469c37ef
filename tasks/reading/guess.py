"""Which header of a sample is which canonical column: guessed from the exports that are declared.

Every export of the project is an example: its `theirs` are what others call a canonical column, its
types say how that is written, and what almost all of them fill is what a new one must fill. A guess
is for a person to read; it has names only, and never a cell: a sample may hold personal data.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from functools import cache

from config.contract import Contract
from config.export import DATES, MOMENTS, WALL_TIMES, ColumnType, Export
from config.header import load_headers
from tasks.reading import cells as grammar
from tasks.reading.cell_looks import (
    FIT,
    affixes_of,
    decimal_mark,
    has_thousands_mark,
    is_personal,
    times,
)
from tasks.reading.peers import Peers, learn, spelled_out, words_of
from tasks.reading.sample import ROWS, Sample

ALIKE = 0.86  # of two names letter by letter; below it they are two names
CALLED = 0.97  # a name that people use and no declared export has
REDUCED = 0.95  # two names that are alike without the words that say what they are about
FROM_ELSEWHERE = ("platform", "channel")  # the folder's name, the shop file
FORMATS = ("%m/%d/%y", "%d/%m/%y", "%Y-%m-%d %H:%M", "%m/%d/%Y %H:%M", "%d/%m/%Y %H:%M")
NAME_ENDINGS = re.compile(r"_(?:amount|units|state|at)$")
# Words that say what a column is about, or that it is a time, and no more than its table or type does.
ABOUT = {"orders": {"order"}, "order_lines": {"item", "lineitem", "line", "unit"}}
OF_NOTHING = {
    "number",
    "id",
    "name",
    "amount",
    "code",
    "total",
    "status",
}  # alone they name nothing
OF_TIMES = {"date", "time", "at", "on", "utc", "gmt"}


@dataclass(frozen=True)
class Guess:
    """One column of ours, and the header it is taken from."""

    ours: str
    theirs: str
    type: ColumnType
    is_certain: bool = False  # another export has the very same name for it
    is_required: bool = False
    is_filled: bool = False
    is_blank: bool = False  # no cell of the sample says how it is written
    formats: tuple[str, ...] = ()
    affixes: tuple[str, ...] = ()
    pattern: str = ""
    keeps: str = ""  # of a personal column


@dataclass(frozen=True)
class Lacking:
    """A canonical column that no header was found for."""

    table: str
    name: str
    comment: str
    is_due: bool  # almost every export of the table fills it
    others: tuple[str, ...]  # what other exports call it


@dataclass(frozen=True)
class Sketch:
    """What can be said of an export from one sample of it."""

    sample: Sample
    tables: tuple[str, ...]
    of_orders: frozenset[str]  # columns of the table of orders
    station: str
    nearest: (
        Export | None
    )  # the declared export that has most of its columns; None where no other is of the kind
    guesses: tuple[Guess, ...]
    derived: Mapping[str, str]  # canonical column: SQL over the guessed ones
    lacking: tuple[Lacking, ...]
    shared: tuple[str, ...]  # guessed amounts that two of the tables have: of which, no header says
    also: tuple[str, ...]
    private: tuple[str, ...]
    has_comma: bool
    has_thousands: bool


def sketch(sample: Sample, tables: Sequence[Contract], exports: Iterable[Export]) -> Sketch | None:
    """Return what the sample may mean for `tables`; None where no header is like a column of them."""
    known = [export for export in exports if not export.refuse]
    those = [export for export in known if any(t.table in export.loads_into for t in tables)]
    peers, due = learn(tables, those)
    formats = {form for e in known for column in e.columns.values() for form in column.formats}
    guesses, functions = _match(sample, tables, peers, sorted(formats))
    if not any(not guess.keeps for guess in guesses):
        return None
    found = {guess.ours for guess in guesses}
    derived = functions | _derived(tables, found)
    lacking = tuple(
        Lacking(
            table.table,
            name,
            column.comment,
            name in due,
            peers[name].examples(),
        )
        for table in tables
        for name, column in table.columns.items()
        if name not in (*found, *derived, *FROM_ELSEWHERE)
    )
    counts = Counter(
        n for t in tables for n, c in t.columns.items() if c.type.startswith("decimal")
    )
    used = {guess.theirs for guess in guesses}
    others = [
        (name, cells)
        for name, cells in zip(sample.header, sample.cells, strict=True)
        if name and name not in used
    ]
    numbers = [
        cells
        for name, cells in zip(sample.header, sample.cells, strict=True)
        if any(g.theirs == name and g.type in grammar.PLACES for g in guesses)
    ]
    return Sketch(
        sample=sample,
        tables=tuple(table.table for table in tables),
        of_orders=frozenset(n for t in tables if t.table == "orders" for n in t.columns),
        station=_commonest(export.station for export in those) if those else "orders",
        nearest=max(
            those, key=lambda e: (len(found & {*e.columns, *e.derive}), e.name), default=None
        ),
        guesses=guesses,
        derived=derived,
        lacking=lacking,
        shared=tuple(g.ours for g in guesses if counts[g.ours] > 1),
        also=tuple(name for name, cells in others if not is_personal(name, cells)),
        private=tuple(name for name, cells in others if is_personal(name, cells)),
        has_comma=any(decimal_mark(cells) == "comma" for cells in numbers),
        has_thousands=any(has_thousands_mark(cells) for cells in numbers),
    )


def _match(
    sample: Sample,
    tables: Sequence[Contract],
    peers: Mapping[str, Peers],
    formats: Sequence[str],
) -> tuple[tuple[Guess, ...], dict[str, str]]:
    """Return a guess for each canonical column that a header is like, best first; each header once."""
    kinds = {name: column.type for table in tables for name, column in table.columns.items()}
    about = {
        name: frozenset(OF_TIMES if kind in ("timestamptz", "date") else ()).union(
            *(ABOUT.get(table.table, ()) for table in tables if name in table.columns)
        )
        for name, kind in kinds.items()
    }
    pairs = sorted(
        (
            (-how[0], -how[1], place, name)
            for name in kinds
            if name not in FROM_ELSEWHERE
            for place, header in enumerate(sample.header)
            if header
            and (how := _likeness(words_of(header), name, peers[name], about[name]))[0] >= ALIKE
        )
    )
    taken: dict[int, Guess] = {}
    functions: dict[str, str] = {}
    done: set[str] = set()
    for likeness, _, place, name in pairs:
        if place in taken or name in done:
            continue
        guess = _guess(sample, place, name, kinds[name], peers[name], formats)
        if guess is None or guess.ours in {g.ours for g in taken.values()}:
            continue
        taken[place] = replace(guess, is_certain=likeness == -1)
        done.add(name)
        if guess.keeps:
            [((ours, _, function), _)] = peers[name].personal.most_common(1)
            functions[name] = f"{function}({ours})"
    return tuple(taken[place] for place in sorted(taken)), functions


def _likeness(words: str, name: str, peers: Peers, about: frozenset[str]) -> tuple[float, int]:
    """Return how like a header is to a canonical column's name or to what others call it, and to how many."""
    own = set() if peers.personal else {words_of(name), words_of(NAME_ENDINGS.sub("", name))}
    if words in own:
        return 1.0, len(peers.names) + peers.names.total() + 1
    if words in peers.names:
        return 1.0, peers.names[words]
    names = {*peers.names, *own}
    words = spelled_out(words)
    if words in names or words in _also_called(name):
        return CALLED, max(peers.names[words], 1)
    reduced = _reduced(words, about)
    if reduced and not {*reduced.split()} <= OF_NOTHING:
        same = [other for other in names if _reduced(other, about) == reduced]
        if same:
            return REDUCED, sum(max(peers.names[other], 1) for other in same)
    matcher, best = SequenceMatcher(b=words, autojunk=False), 0.0
    for other in names:
        matcher.set_seq1(other)
        if matcher.real_quick_ratio() >= ALIKE:
            best = max(best, min(matcher.ratio(), REDUCED - 0.01))
    return best, 0


@cache
def _also_called(name: str) -> frozenset[str]:
    """Return what else people call a canonical column."""
    return frozenset(spelled_out(words_of(n)) for n in load_headers().also_called.get(name, ()))


def _reduced(words: str, about: frozenset[str]) -> str:
    return " ".join(sorted({*words.split()} - about))


def _guess(
    sample: Sample, place: int, name: str, kind: str, peers: Peers, known: Sequence[str]
) -> Guess | None:
    """Return how a canonical column is written below a header; None where its cells are something else."""
    theirs, cells = sample.header[place], sample.cells[place]
    if peers.personal:
        [((ours, keeps, _), _)] = peers.personal.most_common(1)
        return Guess(ours, theirs, "text", is_blank=not cells, keeps=keeps)
    formats: tuple[str, ...] = ()
    affixes: tuple[str, ...] = ()
    type_: ColumnType = peers.types.most_common(1)[0][0] if peers.types else "text"
    if kind in ("timestamptz", "date"):
        formats = times(cells, (*MOMENTS, *WALL_TIMES, *DATES, *known, *FORMATS))
        if cells and not formats:
            return None
        has_zone = any(re.search(r"%z|UTC|Z$", form) for form in formats)
        type_ = "date" if kind == "date" else "moment" if has_zone else "wall_time"
    elif kind.startswith("decimal"):
        places = int(re.findall(r"\d+", kind)[1])
        affixes = affixes_of(cells)
        if cells and decimal_mark(cells) is None:
            return None
        widths = {4: "price", 6: "rate", 8: "precise"}
        type_ = widths.get(places, "amount")  # type: ignore[assignment]
    elif kind == "bigint":
        if sum(bool(re.fullmatch(r"-?\d{1,15}", cell)) for cell in cells) < FIT * len(cells):
            return None
        type_ = "units"
    elif kind == "boolean":
        return None
    elif type_ not in ("text", "id", "code", "sku"):
        type_ = "text"
    uses = peers.types.total()
    like, has_it = (peers.likes.most_common(1) or [("", 0)])[0]
    if has_it * 2 < uses or not all(re.fullmatch(like, cell, re.IGNORECASE) for cell in cells):
        like = ""
    return Guess(
        name,
        theirs,
        type_,
        is_required=bool(uses) and peers.required * 2 >= uses,
        is_filled=bool(uses) and peers.filled * 2 >= uses and len(cells) == min(sample.rows, ROWS),
        is_blank=not cells,
        formats=formats,
        affixes=affixes,
        pattern=like if type_ in ("text", "id") else "",
    )


def _derived(tables: Sequence[Contract], found: set[str]) -> dict[str, str]:
    """Return what follows from the guessed columns by arithmetic or by order alone."""
    wanted = {name for table in tables for name in table.columns} - found
    rules = {
        "order_name": ("order_id", {"order_id"}),
        "gross_amount": (
            "cast(quantity_units * unit_price_amount as decimal(18, 2))",
            {"quantity_units", "unit_price_amount"},
        ),
        "unit_price_amount": (
            "cast(gross_amount / nullif(quantity_units, 0) as decimal(18, 4))",
            {"gross_amount", "quantity_units"},
        ),
        "line_id": (
            "cast(row_number() over (partition by file_id, order_id order by line_no) as varchar)",
            {"order_id"},
        ),
    }
    return {name: sql for name, (sql, of) in rules.items() if name in wanted and of <= found}


def _commonest(names: Iterable[str]) -> str:
    return Counter(names).most_common(1)[0][0]
