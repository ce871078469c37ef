"""The table of what was measured is written by the command that measures."""

from pathlib import Path

import pytest

from config.strict import ROOT
from tests.bench_table import Comparison, Cost, busy, write

PAGE = """Before.
<!-- measured: nights -->
old
<!-- end -->
<!-- measured: reading -->
kept
<!-- end -->
After.
"""
NIGHT = Comparison("A night", [("night", Cost(30, 20, 500)), ("floor", Cost(10, 8, 250))])


def test_a_section_takes_the_place_of_its_old_figures_and_of_no_other(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(PAGE)
    write("nights", [NIGHT], page)
    write("nights", [NIGHT], page)
    text = page.read_text()
    assert "old" not in text
    assert (
        text.count(
            "| night | 30.0 | 20.0 | 500 | 3.0 · 2.5 · 2.0 |\n| floor | 10.0 | 8.0 | 250 |  |"
        )
        == 1
    )
    assert text.startswith("Before.\n<!-- measured: nights -->\n")
    assert text.endswith("<!-- measured: reading -->\nkept\n<!-- end -->\nAfter.\n")


def test_a_section_without_a_place_is_named(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(PAGE)
    with pytest.raises(ValueError, match=r"page\.md lacks `<!-- measured: sync -->`"):
        write("sync", [NIGHT], page)


@pytest.mark.parametrize(
    "section", ["syncing", "nights", "growing", "building", "deciding", "reconciling", "reading"]
)
def test_the_page_has_a_place_for_every_section(section: str) -> None:
    assert f"<!-- measured: {section} -->" in (ROOT / "CONTRIBUTING.md").read_text("utf-8")


def test_nothing_is_written_on_a_busy_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    monkeypatch.setattr("os.getloadavg", lambda: (0.5, 9.0, 9.0))
    assert not busy()
    monkeypatch.setattr("os.getloadavg", lambda: (0.6, 0.0, 0.0))
    assert busy().startswith("The machine is busy (load 0.6 on 2 cores)")
