"""What the declared exports say of each canonical column: its names, its types, how it is filled."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from config.contract import Contract
from config.export import Column, ColumnType, Export
from config.header import load_headers

MOST = 0.75  # of the exports of a table: what so many fill, a new one has to
EXAMPLES = 4  # names that others have for a missing column
TIMES = {"moment", "wall_time", "date"}
OF_ONE_TIME = re.compile(r"(?:coalesce|max|min|cast)\(")
OF_ONE_CELL = re.compile(r"(\w+)\((\w+)\)")


@dataclass
class Peers:
    """What the declared exports say of one canonical column."""

    names: Counter[str] = field(default_factory=Counter)  # words of a header, and how many have it
    shown: dict[str, str] = field(default_factory=dict)
    types: Counter[ColumnType] = field(default_factory=Counter)
    required: int = 0
    filled: int = 0
    likes: Counter[str] = field(default_factory=Counter)
    personal: Counter[tuple[str, str, str]] = field(
        default_factory=Counter
    )  # ours, keeps, function

    def examples(self) -> tuple[str, ...]:
        """Return what most call it, the names of flat files first."""
        names = [self.shown[words] for words, _ in self.names.most_common()]
        return tuple(sorted(names, key=lambda name: "." in name)[:EXAMPLES])

    def add(self, column: Column) -> None:
        """Count a column of an export that the canonical one is filled with."""
        for theirs in column.theirs:
            self.names[words_of(theirs)] += 1
            self.shown.setdefault(words_of(theirs), theirs)
        self.types[column.type] += 1
        self.likes[column.pattern] += bool(column.pattern)
        self.required += column.required
        self.filled += column.filled


@lru_cache(maxsize=50_000)
def words_of(name: str) -> str:
    """Return the words of a header or of a column of ours: `Ship-City`, `ship_city` and `shipCity` alike."""
    apart = re.sub(r"(?<=[a-z\d])(?=[A-Z])", " ", re.sub(r"\([^)]*\)|\[[^]]*\]", " ", name))
    words = re.findall(r"[^\W_]+", apart.casefold())
    return " ".join(re.sub(r"(?<=x)es$|(?<=[^su\W])s$", "", w) if len(w) > 3 else w for w in words)


def spelled_out(words: str) -> str:
    """Return the words of a header with none of them abbreviated: `order qty` is `order quantity`."""
    long = load_headers().abbreviations
    return " ".join(long.get(word, word) for word in words.split())


def learn(
    tables: Sequence[Contract], exports: Sequence[Export]
) -> tuple[dict[str, Peers], set[str]]:
    """Return what the exports say of each canonical column, and which of these almost all fill."""
    peers = {name: Peers() for table in tables for name in table.columns}
    filling: dict[str, set[str]] = {name: set() for name in peers}
    able: dict[str, set[str]] = {name: set() for name in peers}
    for table in tables:
        for export in exports:
            if table.table not in export.loads_into:
                continue
            for name, column in table.columns.items():
                able[name].add(export.name)
                if any(_source(export, table.table, name)):
                    filling[name].add(export.name)
                    _take(peers[name], export, table.table, name, column.type)
    return peers, {name for name in peers if len(filling[name]) >= MOST * max(len(able[name]), 1)}


def _source(export: Export, table: str, name: str) -> Iterable[str]:
    """Yield what each feed of the export fills a canonical column with, as far as it does."""
    own = {*export.columns, *export.derive, *export.file_level}
    for feed in export.loads_into[table]:
        sql = feed.set_.get(name, name if name in own else "null")
        if sql != "null":
            yield export.derive.get(sql, sql)


def _take(peers: Peers, export: Export, table: str, name: str, kind: str) -> None:
    for sql in set(_source(export, table, name)):
        if sql in export.columns:
            peers.add(export.columns[sql])
        elif (call := OF_ONE_CELL.fullmatch(sql.strip())) and call[2] in export.columns:
            column = export.columns[call[2]]
            if column.personal:
                peers.add(column)
                peers.personal[call[2], column.keeps, call[1]] += 1
        elif kind == "timestamptz" and OF_ONE_TIME.match(sql.strip()):
            named = {*re.findall(r"\w+", sql)}
            those = [c for ours, c in export.columns.items() if ours in named and c.type in TIMES]
            if len(those) == 1:  # it is that time, wherever the order says it
                peers.add(those[0])
