"""`python -m tests.mutations --mutants 1000000 --seed 7`: prints what became of them, and fails on a wrong one."""

import argparse
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor

from tests.mutations.mutant import Mutant
from tests.mutations.run import AT_ONCE, Run, run
from tests.mutations.verdicts import OUTCOMES

SHOWN = 20


def table(found: Run, by: int) -> str:
    """Return how often each outcome was, one line per sample (`by` 0) or kind of damage (1)."""
    counts: dict[str, Counter[str]] = {}
    for key, count in found.outcomes.items():
        counts.setdefault(key[by], Counter())[key[2]] += count
    width = max(map(len, counts))
    lines = [" " * width + "".join(f"{name:>16}" for name in OUTCOMES)]
    lines += [
        f"{name:<{width}}" + "".join(f"{row[outcome] or '':>16}" for outcome in OUTCOMES)
        for name, row in sorted(counts.items())
    ]
    return "\n".join(lines)


def place(mutant: Mutant) -> str:
    """Return the changed bytes with what is around them, before and after."""
    old, new = mutant.sample.content, mutant.content
    start = _alike(old, new)
    end = _alike(old[start:][::-1], new[start:][::-1])
    shown = slice(max(start - 60, 0), None)
    return f"{old[: len(old) - end + 60][shown]!r}\n   {new[: len(new) - end + 60][shown]!r}"


def _alike(one: bytes, two: bytes) -> int:
    pairs = enumerate(zip(one, two, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(two)))


def main() -> None:
    """Run as asked."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutations", description=__doc__)
    parser.add_argument("--mutants", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1)
    asked = parser.parse_args()
    chunks = [
        range(start, min(start + AT_ONCE, asked.mutants))
        for start in range(0, asked.mutants, AT_ONCE)
    ]
    whole, started = Run(), time.monotonic()
    with ProcessPoolExecutor(asked.jobs) as pool:
        for chunk, part in zip(
            chunks, pool.map(run, [asked.seed] * len(chunks), chunks), strict=True
        ):
            whole.outcomes += part.outcomes
            whole.wrong += part.wrong
            seconds = time.monotonic() - started
            print(
                f"{chunk.stop:>10,} of {asked.mutants:,}  {seconds:7.0f} s  {len(whole.wrong)} wrong",
                flush=True,
            )
    print(table(whole, 0), table(whole, 1), sep="\n\n")
    for mutant, verdict in whole.wrong[:SHOWN]:
        print(f"\n{mutant.sample.name}, {mutant.kind}: {verdict.outcome}: {verdict.detail}")
        print(f"   {place(mutant)}"[:2_000])
    sys.exit(bool(whole.wrong))


if __name__ == "__main__":
    main()
