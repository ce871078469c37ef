"""The chances of demand: how many units with which probability, and how many cover a share of it."""

from collections.abc import Iterator
from itertools import count

import numpy as np

from tasks.rules.columns import Floats, Ints

NEGLIGIBLE = 1e-12


def chances(mean: Floats, dispersion: Floats) -> Iterator[tuple[Ints, Floats]]:
    """Yield the probability of 0, 1, 2, … units: rows, and their chances, while 1e-12 is left of them.

    Poisson, or where demand is more uneven than that (`dispersion` = variance ÷ mean above 1)
    the negative binomial with the same mean; both by the recursion p(k+1) = p(k) × ratio.
    Source: H. H. Panjer, "Recursive evaluation of a family of compound distributions", ASTIN
    Bulletin 12 (1981), 22-26.
    """
    rows = np.arange(len(mean))
    sells = mean >= NEGLIGIBLE
    mean, dispersion = np.where(sells, mean, 0.0), np.where(sells, dispersion, 1.0)
    spread = dispersion - 1
    is_uneven = spread > 0
    size = np.divide(mean, spread, out=np.zeros_like(mean), where=is_uneven)
    logarithm = np.where(is_uneven, -size * np.log(dispersion), -mean)
    for units in count():  # pragma: no branch
        chance = np.exp(logarithm)
        yield rows, chance
        falls = np.where(is_uneven, (size + units) * spread / dispersion, mean) / (units + 1)
        # From here the terms fall at least as fast as a geometric series with this ratio.
        least = np.maximum(falls, spread / dispersion)
        goes_on = np.flatnonzero(chance * least >= NEGLIGIBLE * (1 - least))
        if not len(goes_on):
            return
        if len(goes_on) < len(rows):
            rows, is_uneven = rows[goes_on], is_uneven[goes_on]
            mean, spread, dispersion, size = (
                column[goes_on] for column in (mean, spread, dispersion, size)
            )
            logarithm, falls = logarithm[goes_on], falls[goes_on]
        logarithm = logarithm + np.log(falls)


def quantile(mean: Floats, dispersion: Floats, level: Floats) -> Floats:
    """Return the fewest units that demand does not exceed with probability `level`."""
    found, covered = np.zeros(len(mean)), np.zeros(len(mean))
    for rows, chance in chances(mean, dispersion):
        covered[rows] += chance
        is_short = covered[rows] < level[rows]
        found[rows] += is_short
        if not is_short.any():
            break
    return found
