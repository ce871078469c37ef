"""In which order numbers reach the channels."""

import pytest

from tasks.rules.sending import Number, has_changed, rise, shown_between, total_rise

MUG = ("web", "MUG")


def row(units: int, shown: int | None = None) -> Number:
    """Return what is published of the mug, where the channel is believed to show `shown`."""
    return Number(*MUG, published_units=units, shown_units=shown)


def test_a_number_is_sent_where_it_differs_or_nobody_knows_what_arrived() -> None:
    assert has_changed(row(5), {}, {})
    assert has_changed(row(5), {MUG: 4}, {})
    assert not has_changed(row(5), {MUG: 5}, {})
    assert has_changed(row(5), {MUG: 5}, {MUG: [3]})


@pytest.mark.parametrize(
    ("shown", "unsure", "between"),
    [
        (None, [], (0, 0)),
        (4, [], (4, 4)),
        (4, [7], (4, 7)),  # two were sold since the last file: 4, or 5 to 7 of the one left open
        (4, [3], (1, 4)),
        (4, [1, 9], (0, 9)),
        (None, [3], (0, 3)),
    ],
)
def test_a_channel_shows_the_last_figure_or_one_that_a_killed_run_left_open(
    shown: int | None, unsure: list[int], between: tuple[int, int]
) -> None:
    written = {} if shown is None else {MUG: 6}
    open_figures = {MUG: unsure} if unsure else {}
    assert shown_between(row(5, shown), written, open_figures) == between


@pytest.mark.parametrize(("units", "rises"), [(9, 5), (7, 3), (6, 0), (5, 0), (4, -3), (0, -7)])
def test_what_may_fall_or_rise_is_neither(units: int, rises: int) -> None:
    assert rise(row(units, 4), {MUG: 6}, {MUG: [7]}) == rises


def test_a_file_rises_by_the_sum_of_its_numbers() -> None:
    assert total_rise([row(9, 4), row(1, 4)], {}, {}) == 2
    assert total_rise([], {}, {}) == 0
