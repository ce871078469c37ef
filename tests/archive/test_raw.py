"""Raw keeps what came: once, as it was, whenever the night was killed."""

import io
import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tasks.archive.raw import Arrival, Raw, file_id

NIGHT = datetime(2026, 11, 20, 2, tzinfo=UTC)
LATER = datetime(2026, 11, 21, 2, tzinfo=UTC)


@pytest.fixture
def raw(tmp_path: Path) -> Raw:
    return Raw(tmp_path / "raw")


def arrival(raw: Raw, content: bytes, name: str = "a.csv", at: datetime = NIGHT) -> Arrival:
    sha256, size = raw.keep(io.BytesIO(content))
    address = f"inbox/{name}"
    return Arrival(file_id(sha256, name), sha256, "a.b", name, address, size, at, at)


def test_bytes_are_kept_as_they_came_and_cannot_be_written(raw: Raw) -> None:
    sha256, size = raw.keep(io.BytesIO(b"\xff\x00 any bytes"))
    assert size == 12
    assert raw.path(sha256).read_bytes() == b"\xff\x00 any bytes"
    assert raw.path(sha256).stat().st_mode & 0o222 == 0


def test_the_same_bytes_are_kept_once(raw: Raw) -> None:
    first, second = raw.keep(io.BytesIO(b"x")), raw.keep(io.BytesIO(b"x"))
    assert first == second
    assert len([path for path in raw.root.rglob("*") if path.is_file()]) == 1


def test_nobody_else_may_look_into_raw(raw: Raw) -> None:
    assert raw.root.stat().st_mode & 0o077 == 0


def test_what_is_recorded_is_read_back(raw: Raw) -> None:
    landed = [arrival(raw, b"x"), arrival(raw, b"y", "b.csv")]
    raw.record(landed)
    assert raw.landings() == landed


def test_a_line_cut_short_by_a_kill_is_ignored_and_written_again(raw: Raw) -> None:
    first, second = arrival(raw, b"x"), arrival(raw, b"y", "b.csv")
    raw.record([first, second])
    os.truncate(raw.log, raw.log.stat().st_size - 20)
    assert raw.landings() == [first]
    raw.record([second])
    assert raw.landings() == [first, second]


def test_what_a_killed_copy_left_is_no_file_of_ours(raw: Raw) -> None:
    (raw.root / ".new-999").write_bytes(b"half a fi")
    landed = arrival(raw, b"half a file")
    raw.record([landed])
    assert raw.path(landed.sha256).read_bytes() == b"half a file"
    assert raw.arrivals() == [landed]


def test_a_file_that_came_again_unchanged_holds_at_its_newest_time(raw: Raw) -> None:
    older, newer = arrival(raw, b"x", at=NIGHT), arrival(raw, b"x", at=LATER)
    for order in ([older, newer], [newer, older]):
        raw.log.unlink(missing_ok=True)
        raw.record(order)
        [only] = raw.arrivals()
        assert only.modified_at == LATER


def test_the_same_bytes_under_another_name_are_another_arrival(raw: Raw) -> None:
    raw.record([arrival(raw, b"x", "a.csv"), arrival(raw, b"x", "b.csv")])
    assert [landed.name for landed in sorted(raw.arrivals(), key=lambda a: a.name)] == [
        "a.csv",
        "b.csv",
    ]


def test_a_moment_knows_what_had_come_by_then_and_as_it_was_known_then(raw: Raw) -> None:
    raw.record(
        [arrival(raw, b"x"), arrival(raw, b"x", at=LATER), arrival(raw, b"y", "b.csv", LATER)]
    )
    assert [(a.name, a.modified_at) for a in raw.arrivals(NIGHT)] == [("a.csv", NIGHT)]
    assert {a.name: a.modified_at for a in raw.arrivals(LATER)} == {"a.csv": LATER, "b.csv": LATER}
    assert raw.arrivals() == raw.arrivals(LATER)


def test_a_file_whose_clock_is_ahead_came_when_we_saw_it(raw: Raw) -> None:
    ahead = replace(arrival(raw, b"x"), modified_at=LATER)
    raw.record([ahead])
    assert ahead.came_at == NIGHT
    assert raw.arrivals(NIGHT) == [ahead]
