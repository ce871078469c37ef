"""A slice of the faults, and the table that says of each step and fault what covers it.

`python -m tests.torture faults` tries more: a moment of every place and fault, or with `--each 0` every one.
"""

from pathlib import Path

import pytest
import yaml

from config.strict import ROOT
from tests.torture.faults import FAULTS, PLACES, House
from tests.torture.trace import has_strace

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
        assert words in (*PLACES, "all")
    elif kind == "not":
        assert len(words) > 10
    else:
        file, _, function = cell.partition("::")
        assert f"def {function}(" in (ROOT / file).read_text("utf-8"), cell


@pytest.mark.whole
@pytest.mark.timeout(1200)
def test_a_night_that_is_killed_as_it_publishes_or_runs_out_of_space_is_made_good(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not has_strace():
        pytest.skip("strace is not here, or may not trace")
    monkeypatch.setenv("PREFECT_LOGGING_LEVEL", "CRITICAL")
    house = House(tmp_path)
    points = {(point.place, point.fault): point for point in house.points(1)}
    assert len(points) == len(PLACES) * len(FAULTS), "a night writes everywhere"
    assert house.wrong_after(points["published", "kill"]) == []
    assert house.wrong_after(points["ledger", "full"]) == []
