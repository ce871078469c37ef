"""What can be done to a sample."""

from collections.abc import Sequence
from random import Random

from tests.mutations import documents, sheets, text
from tests.mutations.mutant import Kind, Mutant
from tests.mutations.samples import Sample

KINDS: dict[str, Sequence[Kind]] = {
    "text": text.TEXT,
    "json": (*text.ANY, *documents.JSON),
    "edi": (*text.ANY, *documents.EDI),
    "book": (*text.ANY, *sheets.KINDS),
}


def mutant_of(sample: Sample, random: Random) -> Mutant:
    """Return some mutant of the sample."""
    while True:
        made = random.choice(KINDS[sample.family])(sample, random)
        if made and made.content != sample.content:
            return documents.placed(made)
