"""No file is silently wrong: thousands of damaged samples, each exact, told, set aside or refused.

Every mutant is read by the product's own reader; a seeded part of them goes the whole way to the
staged table, through every rule of the gate. `python -m tests.mutations --mutants 1000000` runs as
many as are asked for and prints what became of them, by sample and by kind of damage.
"""

from collections.abc import Iterator
from itertools import groupby

import pytest

from tests.mutations.mutant import Mutant
from tests.mutations.run import mutants, run
from tests.mutations.typed import Typing
from tests.mutations.verdicts import WRONG

READ, TYPED, PARTS = 20_000, 200, 4
SEED = 1


@pytest.mark.parametrize("part", range(PARTS))
def test_no_damage_is_read_as_something_else(part: int) -> None:
    size = READ // PARTS
    found = run(SEED, range(part * size, (part + 1) * size))
    assert sum(found.outcomes.values()) == size
    assert [f"{m.sample.name}, {m.kind}: {told.told}" for m, told in found.wrong] == []


def test_no_damage_is_staged_as_something_else(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    typing = Typing(tmp_path_factory.mktemp("typed"), monkeypatch)
    wrong, judged = [], 0
    with typing.door.warehouse() as con:
        for group in _by_sample(mutants(SEED, range(READ, READ + TYPED))):
            for mutant, told in typing.judge(con, group[0].sample, group):
                judged += 1
                if told.outcome in WRONG:
                    wrong.append(f"{mutant.sample.name}, {mutant.kind}: {told.told}")
    assert judged > TYPED / 2
    assert wrong == []


def _by_sample(some: Iterator[Mutant]) -> Iterator[list[Mutant]]:
    ordered = sorted(some, key=lambda mutant: mutant.sample.name)
    for _, group in groupby(ordered, key=lambda mutant: mutant.sample.name):
        yield list(group)
