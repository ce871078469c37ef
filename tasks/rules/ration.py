"""Units too few for everyone: who gets how many, so that no unit is published to two channels."""

import sys
from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from tasks.rules.columns import Columns, Flags, Ints
from tasks.rules.shelf import NOWHERE, Parts

NO_LIMIT = sys.maxsize


@dataclass(frozen=True)
class Claims(Columns):
    """What listings ask of tight stock, in units of the listing; who is served first is first.

    `preference` [claim × place] is that of its tight places, NOWHERE elsewhere. `demand` is what it
    expects to sell until the next sync, `buffer` what it must leave behind, `most` what it may take;
    at or below `floor` units it would sell nothing, so they go to others. `at_least_one` waives the
    buffer for a first unit.
    """

    product: Ints
    preference: Ints
    demand: Ints
    buffer: Ints
    most: Ints
    floor: Ints
    at_least_one: Flags


def allocate(units: Ints, holdings: Ints) -> Ints:
    """Return how many of `units` to take from each holding of a row, in order, never more than it holds."""
    before = np.cumsum(holdings, axis=-1) - holdings
    return np.clip(units[..., None] - before, 0, holdings)


class _Turn:
    """Claims that share no SKU, so that none waits for another, and what they were given [claim × place]."""

    def __init__(self, claims: Claims, parts: Parts, wanted: Ints) -> None:
        """`parts` are numbered by claim, `wanted` is how many claims a place has [SKU × place]."""
        self.claims, self.parts = claims, parts
        # The least wanted place first, so that who may sell from two leaves the one that another depends on.
        crowd = np.maximum.reduceat(wanted[parts.sku], parts.starts)
        at = claims.preference
        self.order = np.argsort(np.where(at < NOWHERE, crowd * NOWHERE + at, NO_LIMIT), axis=1)
        self.given = np.zeros_like(at)

    @property
    def units(self) -> Ints:
        """The units that each was given."""
        return np.asarray(self.given.sum(axis=1))

    def take(self, left: Ints, most: Ints, leave: Ints) -> None:
        """Take up to `most` units for each but leave `leave`."""
        holdings = self.parts.makeable(left)
        holdings = np.where(self.claims.preference < NOWHERE, holdings, 0)
        in_order = np.take_along_axis(holdings, self.order, axis=1)
        taken = np.zeros_like(holdings)
        units = np.minimum(most, holdings.sum(axis=1) - leave)
        np.put_along_axis(taken, self.order, allocate(units, in_order), axis=1)
        self.move(left, taken)

    def move(self, left: Ints, units: Ints) -> None:
        """Give each so many units of `left` [claim × place]; below 0 they are put back."""
        left[self.parts.sku] -= units[self.parts.product] * self.parts.need[:, None]
        self.given += units

    def serve(self, left: Ints, units: Ints) -> None:
        """Give each what is missing to `units` as far as it may take them."""
        wants = np.minimum(units, self.claims.most) - self.units
        self.take(left, wants, self.claims.buffer)
        is_first = self.claims.at_least_one & (self.units == 0)
        self.take(left, np.where(is_first, np.minimum(wants, 1), 0), np.zeros_like(wants))


def ration(claims: Claims, parts: Parts, left: Ints) -> Ints:
    """Return the units given to each claim of `left` [SKU × place]; `parts` are those of the products.

    By rank, every claim is served its own demand; then, again by rank, the remainder. What a
    claim got without rising above its floor is put back and offered, by rank, to those that did.
    No unit is given twice, so Σ given ≤ left at every place and for every component.
    """
    left, given = left.copy(), np.zeros(len(claims), dtype=np.int64)
    if not len(claims):
        return given
    needed = parts.of(claims.product)
    wanted = np.zeros_like(left)
    np.add.at(wanted, needed.sku, (claims.preference < NOWHERE)[needed.product])
    of = _turns(needed)
    rows_of = np.split(np.argsort(of, kind="stable"), np.cumsum(np.bincount(of))[:-1])
    turns = [
        (rows, _Turn(claims[rows], parts.of(claims.product[rows]), wanted)) for rows in rows_of
    ]
    for _, turn in turns:
        turn.serve(left, turn.claims.demand)
    for _, turn in turns:
        turn.serve(left, np.full_like(turn.units, NO_LIMIT))
    for _, turn in turns:
        is_waste = turn.units <= turn.claims.floor
        turn.move(left, np.where(is_waste[:, None], -turn.given, 0))
    for _, turn in turns:
        turn.serve(left, np.where(turn.units > 0, NO_LIMIT, 0))
    for rows, turn in turns:
        given[rows] = turn.units
    return given


def _turns(needed: Parts) -> Ints:
    """Return when each claim is served: after those before it that ask for one of its SKUs."""
    free: dict[int, int] = defaultdict(int)  # the first turn in which nobody has asked for a SKU
    skus, starts, found = needed.sku.tolist(), needed.starts.tolist(), []
    for start, end in pairwise([*starts, len(skus)]):
        those = skus[start:end]
        found.append(max(map(free.__getitem__, those)))
        free.update(dict.fromkeys(those, found[-1] + 1))
    return np.array(found, dtype=np.int64)
