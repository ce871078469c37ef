"""The chance of selling a unit that is gone, from demand until the next figures reach the channels."""

import math
from collections.abc import Iterator
from itertools import accumulate, count

NEGLIGIBLE = 1e-12


def demand_chances(mean: float, dispersion: float = 1.0) -> list[float]:
    """Return the probability of 0, 1, 2, … units, up to where less than 1e-12 is left.

    Poisson, or where demand is more uneven than that (`dispersion` = variance ÷ mean above 1)
    the negative binomial with the same mean; both by the recursion p(k+1) = p(k) × ratio.
    Source: H. H. Panjer, "Recursive evaluation of a family of compound distributions", ASTIN
    Bulletin 12 (1981), 22-26.
    """
    return list(_chances(mean, dispersion))


def _chances(mean: float, dispersion: float) -> Iterator[float]:
    """Yield them one by one: a quantile needs no more than the first of them."""
    if mean < NEGLIGIBLE:
        yield 1.0
        return
    spread = dispersion - 1
    size = mean / spread if spread > 0 else math.inf
    logarithm = -size * math.log(dispersion) if spread > 0 else -mean
    for units in count():  # pragma: no branch
        chance = math.exp(logarithm)
        yield chance
        ratio = (size + units) * spread / dispersion if spread > 0 else mean
        ratio /= units + 1
        # From here the terms fall at least as fast as a geometric series with this ratio.
        falls = max(ratio, spread / dispersion)
        if falls < 1 and chance * falls / (1 - falls) < NEGLIGIBLE:
            return
        logarithm += math.log(ratio)


def quantile(mean: float, dispersion: float, level: float) -> int:
    """Return the fewest units that demand does not exceed with probability `level`."""
    units = 0
    for units, covered in enumerate(accumulate(_chances(mean, dispersion))):
        if covered >= level:
            return units
    return units + 1


def risk_buffer(others_mean: float, dispersion: float, risk: float) -> int:
    """Return the smallest buffer that the other channels outsell with probability ≤ `risk`.

    `others_mean` is what all other channels of the pool sell until the next sync.
    """
    return quantile(others_mean, dispersion, 1 - risk)


def oversell_risk(
    sellable: int,
    published: int,
    own_mean: float,
    others_published: int,
    others_mean: float,
    unseen_mean: float = 0.0,
    dispersion: float = 1.0,
) -> float:
    """Return P(min(own, published) + min(others, their figures) + unseen > sellable).

    Demands until the next sync are independent; a channel cannot sell more than was published to it.
    `unseen` is what all of them sold since the stock was counted (rate × age of the file). All
    in units of one SKU. With fresh stock and Σ published ≤ sellable the answer is 0.
    """
    own = censored(demand_chances(own_mean, dispersion), published)
    others = censored(demand_chances(others_mean, dispersion), others_published)
    unseen = demand_chances(unseen_mean, dispersion)
    if len(own) + len(others) + len(unseen) - 3 <= sellable:
        return 0.0  # Not even the most that all of them may sell is too much.
    total = combined(combined(own, others), unseen)
    return min(sum(total[max(sellable + 1, 0) :]), 1.0)


def censored(chances: list[float], most: int) -> list[float]:
    """Return the distribution of min(units, most)."""
    return [*chances[:most], sum(chances[most:])] if len(chances) > most else chances


def combined(one: list[float], other: list[float]) -> list[float]:
    """Return the distribution of the sum of two independent numbers of units."""
    total = [0.0] * (len(one) + len(other) - 1)
    for i, p in enumerate(one):
        for j, q in enumerate(other):
            total[i + j] += p * q
    return total
