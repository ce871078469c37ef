"""What became of a mutant: exact, changed where it was changed, warned of, quarantined, refused, or wrong.

`KNOWN` are the outcomes that no reader of one file can distinguish from what was meant: another well-formed
file. Each is granted only to the kinds of damage, rows and cells that it is about.
"""

from collections import Counter
from collections.abc import Container, Sequence
from dataclasses import dataclass

from tests.mutations.mutant import NOTHING, Mutant
from tests.mutations.samples import Row, Seen

WRONG = ("silently wrong", "crashed")
KNOWN = {
    "rows gone": "whole rows are gone, and nothing counts them",
    "rows doubled": "whole rows come twice: for the key of the export to find",
    "rows joined": "a run of bytes is gone or overwritten, and what is left has as many cells",
    "column as data": "where every further column is data, a damaged header is one: the gate knows its names",
    "derived": "what is derived from other rows of a file is derived from those that are left",
    "cells lost": "the end of a row is shifted, and only cells that may be blank are blank now",
    "segment renamed": "a segment of EDI is now another that the export knows, or is elsewhere",
}
OUTCOMES = ("exact", "changed", "warned", "quarantined", "refused", "ignored", *KNOWN, *WRONG)


@dataclass(frozen=True)
class Verdict:
    """What became of a mutant; `detail` says more where it is wrong."""

    outcome: str
    detail: str = ""


def verdict(
    mutant: Mutant,
    seen: Seen,
    before: Seen | None = None,
    columns: Sequence[str] | None = None,
    revived: Container[Row] = (),
) -> Verdict:
    """Judge what was read of a mutant against the rows of the sample: its texts, unless others are given.

    Rows that may be `revived` are the sample's too: another row of their key was taken instead.
    """
    match seen.outcome:
        case "crashed":
            return Verdict("crashed", seen.detail)
        case "refused":
            return Verdict("refused")
        case "unknown":
            return Verdict("ignored")
    sample = mutant.sample
    comparison = _Comparison(
        mutant, before or sample.seen, seen, columns or sample.columns, revived
    )
    return comparison.verdict()


class _Comparison:
    def __init__(
        self,
        mutant: Mutant,
        before: Seen,
        seen: Seen,
        columns: Sequence[str],
        revived: Container[Row],
    ) -> None:
        self.mutant, self.sample = mutant, mutant.sample
        self.before, self.seen, self.columns = before, seen, columns
        self.revived = revived
        self.rows: Sequence[Row] = before.rows
        old, new = Counter(self.rows), Counter(seen.rows)
        self.new = list((new - old).elements())
        self.missing = old - new
        self.is_warned = bool(seen.warnings) and seen.warnings != before.warnings
        self.free = mutant.may_all if self.is_warned else NOTHING
        self.known: set[str] = set()
        self.how: set[str] = set()

    def verdict(self) -> Verdict:
        for row in self.new:
            if fault := self._unexplained(row):
                return Verdict("silently wrong", fault)
        least = 0 if self.mutant.heals else len(self.before.aside)
        is_aside = len(self.seen.aside) > least or bool(self.seen.aside - self.before.aside)
        if self.missing and self.mutant.in_header and self.is_warned:
            self.how.add("warned")  # a row that became part of the header is warned of with it
        elif self.missing and self.mutant.renames:
            if self.is_warned:
                self.how.add("warned")
            else:
                self.known.add("segment renamed")
        elif self.missing and not is_aside:
            touched = self.mutant.gone
            if "rows joined" in self.known:
                touched |= set(self.mutant.may)
            gone = Counter(self.rows[row] for row in touched)
            if self.missing - gone:
                lost = next(iter(self.missing - gone))
                return Verdict("silently wrong", f"a row is gone without a word: {lost}")
            if "rows joined" not in self.known:
                self.known.add("rows gone")
        if self.known:
            return Verdict(min(self.known))
        if is_aside:
            return Verdict("quarantined")
        return Verdict("warned" if "warned" in self.how else "changed" if self.how else "exact")

    def _unexplained(self, row: Row) -> str:
        """Return why a new row is wrong; nothing where it is what the change means."""
        if not self.mutant.is_whole:
            return f"the document is broken, but a row is new: {row}"
        may = self.mutant.may
        for number in sorted(may, key=lambda number: self.rows[number] not in self.missing):
            if self._is(row, number, may[number] | self.free):
                self.missing -= Counter([self.rows[number]])
                self.how.add("changed")
                return ""
        if self.free:
            for number, old in enumerate(self.rows):
                if self._is(row, number, self.free):
                    self.missing -= Counter([old])
                    self.how.add("warned")
                    return ""
        if row in self.revived:
            self.how.add("changed")  # it stood behind the row that was changed
            return ""
        if row in set(self.rows):
            if any(self.rows[number] == row for number in self.mutant.again):
                self.known.add("rows doubled")
                return ""
            return f"a row comes twice: {row}"
        if self.mutant.in_header and self.sample.export.is_unpivoted:
            self.known.add("column as data")
            return ""
        if self.mutant.in_header and self.is_warned and self._is_of_header(row):
            self.how.add("warned")
            return ""
        if self.mutant.renames and self.is_warned:
            self.how.add("warned")
            return ""
        if self.mutant.at_seams and (self._is_joined(row) or self._is_shifted(row)):
            self.known.add("rows joined")
            return ""
        if self.mutant.heals and len(self.seen.aside) <= len(self.before.aside):
            self.how.add("changed")
            return ""
        nearest = min(self.rows, key=lambda old: len(self._differing(row, old)), default=row)
        return f"{self._differing(row, nearest)} differ: {nearest} became {row}"

    def _is(self, row: Row, number: int, names: frozenset[str]) -> bool:
        return self._differing(row, self.rows[number]) <= names

    def _differing(self, one: Row, two: Row) -> set[str]:
        return {
            name
            for name, ours, theirs in zip(self.columns, one, two, strict=True)
            if ours != theirs
        }

    def _is_of_header(self, row: Row) -> bool:
        """Return whether the row is the rest of a header that was torn."""
        header = "\n".join(self.sample.kind.header)
        return all(cell is None or cell in header for cell in row)

    def _is_shifted(self, row: Row) -> bool:
        """Return whether the row is a touched one up to where it was touched."""
        places = self.sample.kind.places
        for number, names in self.mutant.may.items():
            first = min((places[name] for name in names if name in places), default=0)
            if all(places.get(n, first) >= first for n in self._differing(row, self.rows[number])):
                return True
        return False

    def _is_joined(self, row: Row) -> bool:
        """Return whether each cell is one of two rows', but for those that were cut themselves."""
        touched = self.mutant.may
        return any(
            all(
                cell in (self.rows[one][place], self.rows[two][place])
                or name in touched[one] | touched[two]
                for place, (name, cell) in enumerate(zip(self.columns, row, strict=True))
            )
            for one in touched
            for two in touched
            if one < two
        )
