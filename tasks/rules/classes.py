"""Classes of SKUs: ABC by the value they sell, XYZ by how steady they sell."""

from enum import StrEnum

import numpy as np

from tasks.rules.columns import Objects, Series, objects, ratio
from tasks.rules.demand import deviation

WEEK = 7


class Abc(StrEnum):
    """Share of the value sold, as ops.sku_classes has it: the first 80 %, the next 15 %, the last 5 %."""

    A = "A"
    B = "B"
    C = "C"


class Xyz(StrEnum):
    """Steadiness: coefficient of variation of weekly units up to 0.5, up to 1, above."""

    X = "X"
    Y = "Y"
    Z = "Z"


def xyz_class(daily: Series) -> Objects:
    """Return the class of each daily series, oldest first; None without two weeks or without a sale.

    Weeks are counted back from the end, so the newest counts whole. By day, nearly every SKU of
    a small shop would be Z.
    """
    count = daily.days // WEEK
    ends = daily.days[:, None] - WEEK * np.arange(int(count.max(initial=0)) + 1)
    weeks = -np.diff(np.take_along_axis(daily.running, np.maximum(ends, 0), axis=1))
    is_week = np.arange(weeks.shape[1]) < count[:, None]
    units = Series(np.where(is_week, weeks, 0), count)
    variation = ratio(deviation(units), np.nan_to_num(ratio(units.totals, count)))
    kinds = objects([Xyz.X, Xyz.Y, Xyz.Z, None])
    return np.asarray(
        kinds[
            np.select(
                [(count < 2) | np.isnan(variation), variation <= 0.5, variation <= 1], [3, 0, 1], 2
            )
        ]
    )
