"""Classes of SKUs: ABC by the value they sell, XYZ by how steady they sell."""

from collections.abc import Sequence
from enum import StrEnum
from statistics import fmean

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


def xyz_class(daily: Sequence[int]) -> Xyz | None:
    """Return the class of a daily series, oldest first; None without two weeks or without a sale.

    Weeks are counted back from the end, so the newest counts whole. By day, nearly every SKU of
    a small shop would be Z.
    """
    weeks = [sum(daily[end - WEEK : end]) for end in range(len(daily), WEEK - 1, -WEEK)]
    if len(weeks) < 2 or not any(weeks):
        return None
    variation = deviation(weeks) / fmean(weeks)
    if variation <= 0.5:
        return Xyz.X
    return Xyz.Y if variation <= 1 else Xyz.Z
