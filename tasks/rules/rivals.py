"""Listings that sell the same units: what they sell until the next sync, and the risk in it."""

from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np

from tasks.rules.columns import Columns, Flags, Floats, Ints, half_up
from tasks.rules.listing import HOURS_PER_DAY, Listings
from tasks.rules.oversell import oversell_risk, risk_buffer
from tasks.rules.shelf import Parts, Pool


@dataclass(frozen=True)
class Draws(Columns):
    """What leaves the shelf when one of a listing is sold: a row per listing and SKU.

    `parts` are numbered by listing, `way` is that of the listing. In units of the SKU, until the next sync:
    `own` is what the listing sells, `others` what its rivals do, and `unseen` what all of them sold
    since the stock was counted; NaN where one of them has no velocity. Unseen is rate × age of the
    count; where nobody knows the age, nothing is published anyway.
    """

    parts: Parts
    way: Ints
    own: Floats
    others: Floats
    unseen: Floats

    @property
    def listing(self) -> Ints:
        """The place of its listing among them."""
        return self.parts.product


@dataclass(frozen=True)
class Rivals:
    """What the listings of a pool draw on; rivals are those that take a SKU from a common place."""

    pool: Pool
    draws: Draws

    def sum_of_others(self, figures: Floats | Ints) -> Floats:
        """Return for each draw the sum of its rivals' figures; NaN where one of them is."""
        parts, way = self.draws.parts, self.draws.way
        is_place = self.pool.ways.is_place.astype(np.int64)
        meets = is_place @ is_place.T > 0  # [way × way]

        def others(those: Floats | Ints | Flags) -> Floats:
            together = self.pool.drawn(parts, way, those) @ meets
            return together[parts.sku, way] - those * meets[way, way]

        unknown = np.isnan(figures)
        return np.where(others(unknown) > 0, np.nan, others(np.where(unknown, 0, figures)))

    def aged(self, age_hours: Floats, sync_hours: Decimal) -> "Rivals":
        """Return them with counts of these ages: so much more, or less, was sold unseen."""
        draws = self.draws
        hours = np.nan_to_num(age_hours)[draws.listing] / float(sync_hours)
        return Rivals(self.pool, replace(draws, unseen=(draws.own + draws.others) * hours))


def rivals_of(pool: Pool, listings: Listings, age_hours: Floats, sync_hours: Decimal) -> Rivals:
    """Return who draws on the units of whom; `age_hours` is that of each listing's count."""
    parts, hours = pool.parts.of(listings.product), float(sync_hours)
    own = listings.velocity[parts.product] * hours / HOURS_PER_DAY * parts.need
    rivals = Rivals(pool, Draws(parts, listings.way[parts.product], own, own, own))
    draws = replace(rivals.draws, others=rivals.sum_of_others(own))
    return Rivals(pool, draws).aged(age_hours, sync_hours)


def risk_units(listings: Listings, rivals: Rivals) -> Floats:
    """Return the buffers that the others and the unseen sales exceed with the accepted chance at most.

    Then the pool oversells with that chance at most, whatever a listing sells of the rest. Of a
    bundle the largest over its components, in bundles. NaN where no risk is accepted, or a
    velocity is not known.
    """
    accepted = listings.buffer.risk
    found = np.where(np.isnan(accepted), np.nan, 0)
    draws = rivals.draws[~np.isnan(accepted[rivals.draws.listing])]
    mean = draws.others + draws.unseen
    is_known = ~np.isnan(mean + draws.own)
    units = risk_buffer(np.nan_to_num(mean), np.ones(len(mean)), accepted[draws.listing])
    np.maximum.at(found, draws.listing, np.ceil(units / draws.parts.need))
    found[draws.listing[~is_known]] = np.nan
    return found


def listing_risks(published: Ints, rivals: Rivals, left: Ints) -> Floats:
    """Return the chance that each listing's pool sells more than there is until the next sync.

    `left` is what may be sold [SKU × place]. Of a bundle the riskiest component counts. NaN where a
    listing that draws on the same units has no velocity.
    """
    draws = rivals.draws
    units = published[draws.listing] * draws.parts.need
    is_known = ~np.isnan(draws.own + draws.others)
    rows = np.flatnonzero(is_known)
    risk = np.zeros(len(published))
    found = oversell_risk(
        rivals.pool.by_way(left)[draws.parts.sku, draws.way][rows],
        units[rows],
        draws.own[rows],
        rivals.sum_of_others(units)[rows].astype(np.int64),
        draws.others[rows],
        draws.unseen[rows],
        np.ones(len(rows)),
    )
    np.maximum.at(risk, draws.listing[rows], found)
    risk[draws.listing[~is_known]] = np.nan
    return half_up(risk, 4)
