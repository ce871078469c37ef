"""What was tried, and what came of it: `tried.yaml`, which the command writes and the handbook shows."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

import yaml

from tests.torture.faults import Try

FILE = Path(__file__).parent / "tried.yaml"
HEAD = """\
# What `python -m tests.torture faults` tried last, of each fault and place: at how many of the moments there were, how
# often a reader opened the marts meanwhile, and after how many something was wrong. Written by that command.
"""


@dataclass(frozen=True)
class Tried:
    """What came of one fault at one place: `calls` are the system calls that met it."""

    fault: str
    place: str
    moments: int
    tried: int
    wrong: int
    opens: int
    calls: str
    on: date


def read_tried(file: Path = FILE) -> dict[tuple[str, str], Tried]:
    """Return what was tried, by fault and place; nothing where no run wrote it."""
    rows = yaml.safe_load(file.read_text("utf-8")) if file.exists() else []
    return {(row["fault"], row["place"]): Tried(**row) for row in rows or ()}


def write_tried(tries: Iterable[Try], moments: int, on: date, file: Path = FILE) -> Tried:
    """Note the tries of one fault at one place, in place of what was noted of them before."""
    those = list(tries)
    noted = Tried(
        those[0].fault,
        those[0].place,
        moments,
        len(those),
        sum(bool(each.wrong) for each in those),
        sum(each.opens for each in those),
        ", ".join(sorted({each.call.partition(" ")[0] for each in those} - {""})),
        on,
    )
    known = read_tried(file) | {(noted.fault, noted.place): noted}
    rows = [asdict(known[key]) for key in sorted(known)]
    lines = "".join(
        f"- {yaml.safe_dump(row, default_flow_style=True, width=1000, sort_keys=False)}"
        for row in rows
    )
    file.write_text(HEAD + lines, encoding="utf-8")
    return noted
