"""No file is silently wrong: thousands of damaged samples, each exact, warned of, quarantined or refused.

Every mutant is read by the product's own reader; a seeded part of them goes the whole way to the
staged table, through every rule of the gate. `python -m tests.mutations --mutants 1000000` runs as
many as are asked for and prints what became of them, by sample and by kind of damage.
"""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from random import Random

import pytest

from tests.mutations.mutant import Mutant
from tests.mutations.run import mutants, run
from tests.mutations.samples import Sample, samples
from tests.mutations.text import row_shifted
from tests.mutations.typed import Typing
from tests.mutations.verdicts import WRONG

READ, TYPED, PARTS, SHIFTS = 20_000, 200, 4, 5
SEED = 1


@pytest.mark.parametrize("part", range(PARTS))
def test_no_damage_is_read_as_something_else(part: int) -> None:
    size = READ // PARTS
    found = run(SEED, range(part * size, (part + 1) * size))
    assert sum(found.outcomes.values()) == size
    assert [f"{m.sample.name}, {m.kind}: {verdict.detail}" for m, verdict in found.wrong] == []


def test_no_damage_is_staged_as_something_else(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    typing = Typing(tmp_path_factory.mktemp("typed"), monkeypatch)
    wrong, judged = [], 0
    with typing.door.warehouse() as con:
        for group in _by_sample(mutants(SEED + 1, range(TYPED))):
            for mutant, verdict in typing.judge(con, group[0].sample, group):
                judged += 1
                if verdict.outcome in WRONG:
                    wrong.append(f"{mutant.sample.name}, {mutant.kind}: {verdict.detail}")
    assert judged > TYPED / 2
    assert wrong == []


def test_a_shifted_row_is_not_believed(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    typing = Typing(tmp_path_factory.mktemp("shifted"), monkeypatch)
    outcomes, wrong = Counter[str](), []
    with typing.door.warehouse() as con:
        for sample in samples():
            if sample.family != "text" or forgives(sample):
                continue
            shifted = [row_shifted(sample, Random(f"{SEED}/{n}")) for n in range(SHIFTS)]
            for mutant, verdict in typing.judge(con, sample, [each for each in shifted if each]):
                outcomes[verdict.outcome] += 1
                if verdict.outcome in WRONG:
                    wrong.append(f"{mutant.sample.name}: {verdict.detail}")
    assert wrong == [], (
        "fix its columns' grammar, or say why in its .md: `a shifted row may pass: <why>`"
    )
    not_believed = outcomes["quarantined"] + outcomes["refused"]
    assert not_believed > (sum(outcomes.values()) - outcomes["exact"]) * 0.85


def forgives(sample: Sample) -> bool:
    """Return whether the sample's expected tables say why a shifted row may pass.

    There, a cell below another header is a value like any other, and nothing in the row contradicts it.
    """
    golden = sample.path.with_suffix(".md").read_text("utf-8")
    return re.search(r"^a shifted row may pass: \S", golden, re.MULTILINE) is not None


def _by_sample(some: Iterator[Mutant]) -> Iterator[list[Mutant]]:
    ordered = sorted(some, key=lambda mutant: mutant.sample.name)
    for _, group in groupby(ordered, key=lambda mutant: mutant.sample.name):
        yield list(group)
