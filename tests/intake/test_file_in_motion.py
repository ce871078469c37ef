"""A file that is written, cut, replaced or taken away at any moment of its reading: never half of it counts."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tasks.archive.raw import Raw
from tests.exports.door import EVENING, Door

ROWS = "iso_week,channel,plan_usd\n2026-W46,shopify,1\n2026-W47,shopify,2\n"
MORE = "2026-W48,shopify,3\n"
WHOLE, OTHER = ROWS + MORE, ROWS.replace(",2\n", ",9\n")
LATER = EVENING + timedelta(minutes=1)
Change = Callable[[Door], object]

_watched: list[tuple[str, Callable[[], None]]] = []


def _notice(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "open" and _watched and str(arguments[0]) == _watched[0][0]:
        _watched[0][1]()


sys.addaudithook(_notice)  # it stays; without a watched file it does nothing


@contextmanager
def changed_at(path: Path, nth: int, change: Callable[[], object]) -> Iterator[list[int]]:
    """Make the change right before the nth opening of the file; give the openings that there were."""
    opened: list[int] = []

    def count() -> None:
        opened.append(len(opened) + 1)
        if len(opened) == nth:
            change()

    _watched.append((str(path), count))
    try:
        yield opened
    finally:
        _watched.clear()


CHANGES: dict[str, Change] = {
    "grows": lambda door: door.drop("plan.csv", WHOLE, LATER),
    "is cut, as a program does that writes it again": lambda door: door.drop("plan.csv", "", LATER),
    "is replaced by one of the same size": lambda door: door.drop("plan.csv", OTHER, LATER),
    "vanishes": lambda door: (door.folder.inbox / "plan.csv").unlink(),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_file_that_changes_while_it_is_read_is_taken_whole_or_waits(
    door: Door, change: str
) -> None:
    path = door.drop("plan.csv", ROWS)
    with changed_at(path, 0, lambda: None) as opened:
        door.pull()
    assert len(opened) > 1, "each of its openings is a moment to try"
    raw = Raw(door.folder.raw)
    for nth in opened:
        path.unlink(missing_ok=True)
        content = ROWS.replace("W46", f"W{nth:02}")
        door.drop("plan.csv", content, EVENING + timedelta(seconds=nth))
        with changed_at(path, nth, lambda: CHANGES[change](door)):
            pulled = door.pull()
        new = [raw.path(arrival.sha256).read_text() for arrival in pulled.new]
        assert new in ([], [content]), f"{change} at opening {nth}"
        assert len(pulled.new) + len(pulled.left) == 1, "kept, or named as what waits"
        kept = {arrival.sha256 for arrival in raw.arrivals()}
        assert {each.name for each in raw.root.glob("??/*")} == kept, "what waits is not kept"


def test_what_was_written_meanwhile_is_read_whole_by_the_next_night(door: Door) -> None:
    path = door.drop("plan.csv", ROWS)
    with changed_at(path, 2, lambda: door.drop("plan.csv", WHOLE, LATER)):
        door.night()
    door.night()
    assert door.rows("select count(*) from valid.revenue_plan") == [(3,)]
