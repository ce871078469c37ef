"""The golden cases of a table, as examples: what it is given, and what it then says."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Case:
    """One case: its sentence, and its tables as Markdown."""

    sentence: str
    text: str


def cases_of(path: Path) -> tuple[Case, ...]:
    """Return the cases of a file below tests/sql; none where it is not there."""
    return tuple(_cases(path.read_text(encoding="utf-8"))) if path.is_file() else ()


def _cases(text: str) -> Iterator[Case]:
    for part in f"\n{text}".split("\n## ")[1:]:
        sentence, _, body = part.partition("\n")
        yield Case(sentence.strip(), body.strip())
