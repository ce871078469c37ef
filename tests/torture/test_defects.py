"""The table of planted bugs fits the code; `python -m tests.torture defects` tries them."""

import pytest

from config.strict import ROOT
from tests.torture.defects import Defect, copied_tree, is_caught, planted, read_defects


@pytest.mark.parametrize("defect", read_defects(), ids=lambda defect: defect.name)
def test_a_planted_bug_fits_the_code_and_its_test_is_there(defect: Defect) -> None:
    assert defect.applied() != (ROOT / defect.file).read_text("utf-8")
    file, _, function = defect.test.partition("::")
    name = function.partition("[")[0]
    assert f"def {name}(" in (ROOT / file).read_text("utf-8")


def test_there_are_enough_and_none_twice() -> None:
    defects = read_defects()
    assert len(defects) >= 20
    assert len({(defect.file, defect.old, defect.new) for defect in defects}) == len(defects)


@pytest.mark.whole
def test_a_bug_in_the_copy_is_caught_and_our_own_tree_stays_as_it_is() -> None:
    defect = read_defects()[0]
    ours = (ROOT / defect.file).read_text("utf-8")
    with copied_tree() as copy:
        with planted(defect, copy):
            assert (copy / defect.file).read_text("utf-8") == defect.applied()
        assert (copy / defect.file).read_text("utf-8") == ours
        assert is_caught(defect, copy)
    assert (ROOT / defect.file).read_text("utf-8") == ours


def test_a_bug_whose_text_is_gone_is_named() -> None:
    with pytest.raises(ValueError, match="has its text 0 times"):
        Defect("gone", "tasks/run/lock.py", "no such text", "", "x").applied()
