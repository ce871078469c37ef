"""A slice of the faults, and the table that says of each step and fault what covers it.

`python -m tests.torture faults` tries more: a moment of every place and fault, or with `--each 0` every one.
"""

from datetime import date
from pathlib import Path

import pytest
import yaml

from config.strict import ROOT
from tests.torture.faults import FAULTS, MACHINE, House, Try
from tests.torture.figures import read_tried, write_tried
from tests.torture.trace import has_strace

TRIED = read_tried()
TABLE = yaml.safe_load((Path(__file__).parent / "matrix.yaml").read_text("utf-8"))
CELLS = [
    (fault, step, cell) for fault, steps in TABLE["faults"].items() for step, cell in steps.items()
]


def test_the_table_has_a_cell_for_each_step_and_fault() -> None:
    for fault, steps in TABLE["faults"].items():
        assert list(steps) == TABLE["steps"], fault


@pytest.mark.parametrize(("fault", "step", "cell"), CELLS)
def test_a_cell_names_what_covers_it_or_why_nothing_does(fault: str, step: str, cell: str) -> None:
    kind, _, words = cell.partition(": ")
    if kind == "torture":
        name, place = words.split()
        assert (name in MACHINE and place == "all") or place in FAULTS[name].places
        tried = TRIED.get((name, place))
        assert tried, f"the command never tried it: python -m tests.torture faults --only '{words}'"
        assert not tried.wrong
        assert tried.tried
        assert tried.opens
    elif kind == "not":
        assert len(words) > 10
    else:
        file, _, function = cell.partition("::")
        assert f"def {function}(" in (ROOT / file).read_text("utf-8"), cell


def test_what_was_tried_is_noted_in_place_of_an_earlier_run(tmp_path: Path) -> None:
    file, day = tmp_path / "tried.yaml", date(2026, 11, 29)
    write_tried([Try("kill", "raw", "rename 3", 5, ["lost"])], 40, day, file)
    write_tried([Try("eio", "raw", "write 1", 7)], 40, day, file)
    tries = [Try("kill", "raw", "rename 3", 5), Try("kill", "raw", "write 9", 6)]
    noted = write_tried(tries, 40, day, file)
    assert (noted.tried, noted.wrong, noted.opens, noted.calls) == (2, 0, 11, "rename, write")
    assert list(read_tried(file)) == [("eio", "raw"), ("kill", "raw")]
    assert read_tried(file)["kill", "raw"] == noted
    assert read_tried(tmp_path / "none.yaml") == {}


@pytest.mark.whole
@pytest.mark.timeout(1800)
def test_a_night_that_is_killed_as_it_publishes_or_runs_out_of_space_is_made_good(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not has_strace():
        pytest.skip("strace is not here, or may not trace")
    monkeypatch.setenv("PREFECT_LOGGING_LEVEL", "CRITICAL")
    house = House(tmp_path)
    at = [(name, place) for name, fault in FAULTS.items() for place in fault.places]
    silent = {cell for cell in at if not house.points_at(*cell)}
    assert silent == {(name, "postgres") for name in FAULTS if name in ("kill-talk", "cut-line")}
    renamed = [point for point in house.points_at("kill", "published") if point.call == "rename"]
    for point in (renamed[-1], *house.points("full", "ledger", each=1)):
        one = house.tried(point)
        assert one.wrong == [], point
        assert one.opens
