"""The chance of selling a unit that is gone, from demand until the next figures reach the channels."""

import numpy as np

from tasks.rules.chances import chances, quantile
from tasks.rules.columns import Floats, Ints

AT_ONCE = 2048  # rows of like demand: what is padded to the longest of them stays small


def demand_chances(mean: Floats, dispersion: Floats) -> tuple[Floats, Ints]:
    """Return the probability of 0, 1, 2, … units of each row, up to where less than 1e-12 is left.

    [row × units], and how many of them a row has; 0 after them.
    """
    columns, length = [], np.zeros(len(mean), dtype=np.int64)
    for rows, chance in chances(mean, dispersion):
        columns.append(np.zeros(len(mean)))
        columns[-1][rows] = chance
        length[rows] += 1
    return np.stack(columns, axis=1), length


def risk_buffer(others_mean: Floats, dispersion: Floats, risk: Floats) -> Floats:
    """Return the smallest buffer that the other channels outsell with probability ≤ `risk`.

    `others_mean` is what all other channels of the pool sell until the next sync.
    """
    return quantile(others_mean, dispersion, 1 - risk)


def oversell_risk(
    sellable: Ints,
    published: Ints,
    own_mean: Floats,
    others_published: Ints,
    others_mean: Floats,
    unseen_mean: Floats,
    dispersion: Floats,
) -> Floats:
    """Return P(min(own, published) + min(others, their figures) + unseen > sellable).

    Demands until the next sync are independent; a channel cannot sell more than was published to it.
    `unseen` is what all of them sold since the stock was counted (rate × age of the file). All
    in units of one SKU. With fresh stock and Σ published ≤ sellable the answer is 0.
    """
    risk = np.zeros(len(sellable))
    order = np.argsort(own_mean + others_mean + unseen_mean, kind="stable")
    for start in range(0, len(order), AT_ONCE):
        rows = order[start : start + AT_ONCE]
        own, most_own = censored(*demand_chances(own_mean[rows], dispersion[rows]), published[rows])
        others, most_others = censored(
            *demand_chances(others_mean[rows], dispersion[rows]), others_published[rows]
        )
        unseen, length = demand_chances(unseen_mean[rows], dispersion[rows])
        # Elsewhere not even the most that all of them may sell is too much.
        at = np.flatnonzero(most_own + most_others + length - 1 > sellable[rows])
        total = combined(combined(own[at], others[at]), unseen[at])
        is_too_much = np.arange(total.shape[1]) > sellable[rows][at, None]
        risk[rows[at]] = np.minimum(total.sum(axis=1, where=is_too_much), 1.0)
    return risk


def censored(table: Floats, length: Ints, most: Ints) -> tuple[Floats, Ints]:
    """Return the distributions of min(units, most), and the most units of each."""
    units = np.arange(table.shape[1])
    found = np.where(units < most[:, None], table, 0)
    tail = np.where(units < most[:, None], 0, table).sum(axis=1)
    is_cut = np.flatnonzero(most < table.shape[1])
    found[is_cut, most[is_cut]] += tail[is_cut]
    return found, np.minimum(length - 1, most)


def combined(one: Floats, other: Floats) -> Floats:
    """Return the distributions of the sum of two independent numbers of units."""
    total = np.zeros((len(one), one.shape[1] + other.shape[1] - 1))
    for units in range(one.shape[1]):
        total[:, units : units + other.shape[1]] += one[:, units, None] * other
    return total
