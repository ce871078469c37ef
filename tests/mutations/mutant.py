"""A changed file, and what its change may touch."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random

from tests.mutations.samples import Sample

NOTHING: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Mutant:
    """One changed file."""

    sample: Sample
    kind: str
    content: bytes
    may: Mapping[int, frozenset[str]] = field(default_factory=dict)  # row: columns that may differ
    may_all: frozenset[str] = NOTHING  # columns whose header was touched: in every row
    gone: frozenset[int] = frozenset()  # rows that are gone whole
    again: frozenset[int] = frozenset()  # rows that come twice
    in_header: bool = False
    heals: bool = False  # a line that was damaged in the sample itself was changed
    renames: bool = False  # a segment is now another one, or is elsewhere
    at_seams: bool = False  # bytes between two rows are gone or doubled: their parts may fit
    is_shift: bool = False  # cells are below other headers: as texts they may, as values not
    is_whole: bool = True  # False: whoever reads it must refuse it, or set every row aside


Kind = Callable[[Sample, Random], Mutant | None]
