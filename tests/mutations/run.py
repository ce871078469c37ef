"""A run: many mutants, each read and judged; the same seed gives the same run."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import duckdb

from tests.mutations.kinds import mutant_of
from tests.mutations.mutant import Mutant
from tests.mutations.samples import Batch, Sample, Seen, samples
from tests.mutations.verdicts import WRONG, Verdict, verdict

AT_ONCE = 2_000  # mutants that DuckDB reads together
WEIGHTS = {"text": 8, "json": 8, "edi": 8, "book": 1}  # a workbook takes ten times as long to read

Outcomes = Counter[tuple[str, str, str]]  # sample, kind of damage, outcome


class Run:
    """What became of all mutants so far."""

    def __init__(self) -> None:
        self.outcomes: Outcomes = Counter()
        self.wrong: list[tuple[Mutant, Verdict]] = []

    def take(self, judged: Sequence[tuple[Mutant, Seen]]) -> None:
        """Judge and count some mutants."""
        for mutant, seen in judged:
            judgement = verdict(mutant, seen)
            self.outcomes[mutant.sample.name, mutant.kind, judgement.outcome] += 1
            if judgement.outcome in WRONG:
                self.wrong.append((mutant, judgement))


def mutants(seed: int, numbers: range) -> Iterator[Mutant]:
    """Yield the mutants of these numbers, from all samples by turns.

    Each is given by the seed, the name of its sample and how many of that sample came before it: with
    a sample more, the others have the same mutants as before, or the first of them.
    """
    turns = [
        (sample, turn)
        for turn in range(max(WEIGHTS.values()))
        for sample in samples()
        if turn < WEIGHTS[sample.family]
    ]
    for number in numbers:
        rounds, place = divmod(number, len(turns))
        sample, turn = turns[place]
        ordinal = rounds * WEIGHTS[sample.family] + turn
        yield mutant_of(sample, Random(f"{seed}/{sample.name}/{ordinal}"))


def run(seed: int, numbers: range) -> Run:
    """Read and judge the mutants of these numbers."""
    found = Run()
    with duckdb.connect(config={"threads": "1"}) as con, TemporaryDirectory() as folder:
        batch = Batch(con, Path(folder))
        for start in range(numbers.start, numbers.stop, AT_ONCE):
            some = range(start, min(start + AT_ONCE, numbers.stop))
            found.take(list(read(batch, mutants(seed, some))))
    return found


def read(batch: Batch, some: Iterator[Mutant]) -> list[tuple[Mutant, Seen]]:
    """Return each mutant with what became of it."""
    judged = [(mutant, look(batch, mutant.sample, mutant.content)) for mutant in some]
    batch.finish()
    return judged


def look(batch: Batch, sample: Sample, content: bytes) -> Seen:
    """Return what becomes of a content under the sample's name."""
    return batch.look(sample.path.name, content, sample.export, sample.look_alikes)
