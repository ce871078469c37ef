"""A long table shows its first rows and folds the others; none is lost, and each cell knows its column."""

import re

import pytest

from tasks.tell.table_labels import ROWS_OPEN, labelled


def table(rows: int) -> str:
    cells = "\n".join(f"<tr><td>{number}</td></tr>" for number in range(rows))
    return (
        f"<p><table><caption>Many</caption><thead><tr><th>No</th></tr></thead><tbody>{cells}"
        "</tbody></table></p>"
    )


@pytest.mark.parametrize("rows", [0, 1, ROWS_OPEN])
def test_a_short_table_stays_whole(rows: int) -> None:
    assert "<details" not in labelled(table(rows))


@pytest.mark.parametrize("rows", [ROWS_OPEN + 1, 45])
def test_a_long_table_folds_behind_its_first_rows(rows: int) -> None:
    shown = labelled(table(rows))
    first, _, rest = shown.partition('<details class="more">')
    assert f"<summary>{rows - ROWS_OPEN} more</summary>" in rest
    labels = re.findall(r'<td data-label="No">(\d+)</td>', shown)
    assert labels == [str(number) for number in range(rows)]
    assert first.count("<td") == ROWS_OPEN
    assert rest.count("<caption>Many</caption>") == rest.count('scope="col"') == 1
    assert shown.endswith("</details></p>")


def test_a_table_that_only_makes_sense_whole_does_not_fold() -> None:
    shown = labelled(table(ROWS_OPEN + 5).replace("<table>", '<table class="whole">'))
    assert "<details" not in shown
    assert shown.count('data-label="No"') == ROWS_OPEN + 5
