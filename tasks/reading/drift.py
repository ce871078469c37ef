"""How a header differs from the one that an export declares, in words for a person."""

import re
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path

from tasks.reading.candidate import LIKENESS, Candidate
from tasks.reading.header import BLANKS, known_names, plain, unclaimed
from tasks.reading.peek import RefusedAs

NEAR_COLUMNS = 4  # declared headers found: then it is worth naming what it is nearest to
SEGMENT = re.compile(r"([A-Z][A-Z0-9]{1,2})(?:\[.*\])?(?:\d\d)?")  # of a cell of EDI, as N1[ST]04


def drift(best: Candidate) -> tuple[str, ...]:
    """Return how the header differs from the declared one, for a person."""
    new = [
        best.table.header[p].strip(BLANKS) for p in unclaimed(best.export, best.table, best.places)
    ]
    gone = {
        column.theirs[0]: ours
        for ours, column in best.export.columns.items()
        if column.theirs and ours not in best.places
    }
    differences = []
    for name in new:
        renamed = get_close_matches(name, gone, n=1, cutoff=0.75)
        was = f"; is it {renamed[0]!r} ({gone[renamed[0]]}), renamed?" if renamed else ""
        differences.append(f"new column {name!r}{was}")
    # A name that only a pattern knows may be a column of ours, damaged.
    alike = [best.table.header[p].strip(BLANKS) for p in _by_pattern_only(best)]
    for theirs, ours in gone.items():
        if near := get_close_matches(theirs, alike, n=1, cutoff=0.75):
            differences.append(f"is {near[0]!r} {theirs!r} ({ours}), renamed?")
    names = best.table.names
    nameless = [str(place) for place, name in enumerate(names, start=1) if not name]
    doubled = sorted(
        {
            best.table.header[p].strip(BLANKS)
            for p, name in enumerate(names)
            if name and names.count(name) > 1
        }
    )
    if gone and (nameless or doubled):
        unclear = [
            *(f"column {place} has no name" for place in nameless),
            *(f"{name!r} is there twice" for name in doubled),
        ]
        missing = ", ".join(f"{theirs!r} ({ours})" for theirs, ours in gone.items())
        differences.append(f"{'; '.join(unclear)}; is it one of {missing}?")
    return tuple(differences)


def _by_pattern_only(best: Candidate) -> list[int]:
    """Return the positions of headers that are none of ours and that no export names in full."""
    export = best.export
    named = {plain(name) for name in (*export.also, *export.private)}
    taken = {*best.places.values(), *unclaimed(export, best.table, best.places)}
    return [
        place
        for place, name in enumerate(best.table.names)
        if name and place not in taken and name not in named
    ]


def new_segments(best: Candidate) -> tuple[str, ...]:
    """Return the segments of EDI that the export does not know: one may be a known one, damaged."""

    def of(names: Iterable[str]) -> set[str]:
        return {found[1] for name in names if (found := SEGMENT.fullmatch(name))}

    theirs = [alias for column in best.export.columns.values() for alias in column.theirs]
    known = of(theirs) | {
        name.removesuffix("*") for name in (*best.export.also, *best.export.private)
    }
    return tuple(f"new segment {name!r}" for name in sorted(of(best.table.header) - known))


def lacking(path: Path, best: Candidate) -> RefusedAs:
    """Return the refusal of a file that is like an export but lacks columns that this must have."""
    new = unclaimed(best.export, best.table, best.places)
    free = [best.table.header[place].strip(BLANKS) for place in new]
    lacks = []
    for ours in best.missing:
        theirs = best.export.columns[ours].theirs[0]
        near = get_close_matches(theirs, free, n=1, cutoff=0.6) or _sharing_a_word(theirs, free)
        lacks.append(f"{theirs!r}" + (f" (was it renamed to {near[0]!r}?)" if near else ""))
    return RefusedAs(
        best.export,
        "missing_column",
        f"{path.name} looks like {best.export.title}, but lacks {', '.join(lacks)}. Export it again"
        f" ({best.export.where}); if the channel renamed a column, add the new name to {best.export.file}.",
    )


def _sharing_a_word(name: str, others: Iterable[str]) -> list[str]:
    """Return the first of `others` with a long word of `name`: "Shipped On" for "Date - Shipped Date"."""
    words = set(re.findall(r"\w{4,}", name.casefold()))
    return [other for other in others if words & set(re.findall(r"\w{4,}", other.casefold()))][:1]


def nearest(candidates: Iterable[Candidate]) -> str:
    """Return which export most of a header is of, by our names alone: the file's may be personal."""
    shares = [
        (sum(1 for name in c.table.names if name and known.fullmatch(name)), c)
        for c in candidates
        if not c.export.refuse and (known := known_names(c.export))
    ]
    count, best = max(shares, key=lambda s: (s[0], -len(s[1].missing)), default=(0, None))
    if best is None or count < NEAR_COLUMNS or count < len(best.table.names) * LIKENESS:
        return ""
    lacks = ", ".join(f"{best.export.columns[ours].theirs[0]!r}" for ours in best.missing)
    return (
        f"; {count} of its {len(best.table.names)} columns are those of {best.export.title}"
        + (f", which must have {lacks}" if lacks else "")
        + f". Export it again ({best.export.where}), or add a renamed column to {best.export.file}"
    )
