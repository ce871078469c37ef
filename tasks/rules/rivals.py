"""Listings that sell the same units: what they sell until the next sync, and the risk in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from tasks.rules.columns import Columns, Floats, Ints, half_up
from tasks.rules.listing import HOURS_PER_DAY, Listing
from tasks.rules.oversell import oversell_risk, risk_buffer
from tasks.rules.ration import Cell


@dataclass(frozen=True)
class Parts(Columns):
    """What leaves the shelf when one of a listing is sold: a row per listing and SKU.

    `listing` is its place among the listings. In units of the SKU, until the next sync: `own` is what
    the listing sells, `others` what its rivals do, and `unseen` what all of them sold since the stock
    was counted; NaN where one of them has no velocity. Unseen is rate × age of the count; where nobody
    knows the age, nothing is published anyway.
    """

    listing: Ints
    need: Ints
    own: Floats
    others: Floats
    unseen: Floats


@dataclass(frozen=True)
class Rivals:
    """The parts of the listings of a pool, and each two of them that take a SKU from a common place."""

    parts: Parts
    one: Ints
    other: Ints

    def sum_of_others(self, figures: Floats | Ints) -> Floats:
        """Return for each part the sum of its rivals' figures."""
        found = np.zeros(len(self.parts))
        np.add.at(found, self.one, figures[self.other])
        return found


def rivals_of(
    listings: Sequence[Listing], age_hours: Sequence[Decimal | None], sync_hours: Decimal
) -> Rivals:
    """Return who draws on the units of whom; `age_hours` is that of each listing's count."""
    hours = float(sync_hours)
    rows = [(at, sku, need) for at, each in enumerate(listings) for sku, need in each.parts.items()]
    listing = np.array([at for at, _, _ in rows], dtype=np.int64)
    need = np.array([need for _, _, need in rows], dtype=np.int64)
    velocity = np.array([each.velocity for each in listings], dtype=np.float64)
    age = np.array([age or 0 for age in age_hours], dtype=np.float64)
    sets: dict[frozenset[str], int] = {}
    place = np.array([sets.setdefault(frozenset(each.locations), len(sets)) for each in listings],
                     dtype=np.int64)  # fmt: skip
    is_common = np.array([[not a.isdisjoint(b) for b in sets] for a in sets], dtype=bool)
    one, other = _pairs([sku for _, sku, _ in rows])
    meets = is_common[place[listing[one]], place[listing[other]]] if len(one) else one > 0
    own = velocity[listing] * hours / HOURS_PER_DAY * need
    empty = np.zeros(len(rows))
    rivals = Rivals(Parts(listing, need, own, empty, empty), one[meets], other[meets])
    others = rivals.sum_of_others(own)
    unseen = (own + others) * age[listing] / hours
    return Rivals(Parts(listing, need, own, others, unseen), rivals.one, rivals.other)


def _pairs(skus: Sequence[str]) -> tuple[Ints, Ints]:
    """Return each two places of the same SKU, both ways."""
    numbers: dict[str, int] = {}
    number = np.array([numbers.setdefault(sku, len(numbers)) for sku in skus], dtype=np.int64)
    order = np.argsort(number, kind="stable")
    count = np.bincount(number, minlength=len(numbers))
    first, members = np.repeat(np.cumsum(count) - count, count), np.repeat(count, count)
    one = np.repeat(np.arange(len(skus)), members)
    offset = np.arange(len(one)) - np.repeat(np.cumsum(members) - members, members)
    other = np.repeat(first, members) + offset
    is_other = one != other
    return order[one[is_other]], order[other[is_other]]


def risk_units(listings: Sequence[Listing], rivals: Rivals) -> list[int | None]:
    """Return the buffers that the others and the unseen sales exceed with the accepted chance at most.

    Then the pool oversells with that chance at most, whatever a listing sells of the rest. Of a
    bundle the largest over its components, in bundles. None where no risk is accepted, or a
    velocity is not known.
    """
    accepted = np.array([each.buffer.risk for each in listings], dtype=np.float64)
    found = np.where(np.isnan(accepted), np.nan, 0)
    rows = np.flatnonzero(~np.isnan(accepted[rivals.parts.listing]))
    parts = rivals.parts[rows]
    mean = parts.others + parts.unseen
    is_known = ~np.isnan(mean + parts.own)
    dispersion = np.array([each.dispersion for each in listings])[parts.listing]
    units = risk_buffer(np.nan_to_num(mean), dispersion, accepted[parts.listing])
    np.maximum.at(found, parts.listing, np.ceil(units / parts.need))
    found[parts.listing[~is_known]] = np.nan
    return [None if np.isnan(units) else int(units) for units in found]


def listing_risks(
    listings: Sequence[Listing],
    published: Sequence[int],
    rivals: Rivals,
    left: Mapping[Cell, int],
) -> list[Decimal | None]:
    """Return the chance that each listing's pool sells more than there is until the next sync.

    Of a bundle the riskiest component counts. None where a listing that draws on the same units has
    no velocity.
    """
    parts = rivals.parts
    sellable = [
        sum(left.get((sku, place), 0) for place in {*each.locations})
        for each in listings
        for sku in each.parts
    ]
    units = np.array(published, dtype=np.int64)[parts.listing] * parts.need
    is_known = ~np.isnan(parts.own + parts.others)
    rows = np.flatnonzero(is_known)
    risk = np.zeros(len(listings))
    found = oversell_risk(
        np.array(sellable, dtype=np.int64)[rows],
        units[rows],
        parts.own[rows],
        rivals.sum_of_others(units)[rows].astype(np.int64),
        parts.others[rows],
        parts.unseen[rows],
        np.array([each.dispersion for each in listings])[parts.listing[rows]],
    )
    np.maximum.at(risk, parts.listing[rows], found)
    risk[parts.listing[~is_known]] = np.nan
    return [None if np.isnan(each) else Decimal(f"{each:.4f}") for each in half_up(risk, 4)]
