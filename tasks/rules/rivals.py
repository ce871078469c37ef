"""Listings that sell the same units: what they sell until the next sync, and the risk in it."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from tasks.rules.listing import Listing
from tasks.rules.oversell import oversell_risk, risk_buffer
from tasks.rules.ration import Cell

Rivals = Mapping[str, Sequence[Listing]]
"""The listings of a pool by the SKU that leaves the shelf when one is sold."""


@dataclass(frozen=True)
class Gap:
    """What is sold of one SKU while nobody looks, in units of the SKU.

    `own` by the listing and `others` by its rivals until the next sync, `unseen` by all of them
    since the stock was counted.
    """

    own: Decimal
    others: Decimal
    unseen: Decimal


def rivals_of(listings: Iterable[Listing]) -> Rivals:
    """Return the listings by SKU."""
    found: dict[str, list[Listing]] = {}
    for listing in listings:
        for sku in listing.parts:
            found.setdefault(sku, []).append(listing)
    return found


def others_of(listing: Listing, sku: str, rivals: Rivals) -> list[Listing]:
    """Return the other listings that take the SKU from a place of this one."""
    places = {*listing.locations}
    return [other for other in rivals[sku] if other is not listing and places & {*other.locations}]


def gap(
    listing: Listing, sku: str, rivals: Rivals, age_hours: Decimal | None, sync_hours: Decimal
) -> Gap | None:
    """Return what is sold of a SKU in the gap; None where one of them has no velocity.

    Unseen = rate × age of the count; where nobody knows the age, nothing is published anyway.
    """
    others = others_of(listing, sku, rivals)
    if any(one.velocity is None for one in (listing, *others)):
        return None
    own = listing.demand(sync_hours) * listing.parts[sku]
    theirs = sum((one.demand(sync_hours) * one.parts[sku] for one in others), Decimal(0))
    return Gap(own, theirs, (own + theirs) * (age_hours or 0) / sync_hours)


def risk_units(
    listing: Listing, rivals: Rivals, age_hours: Decimal | None, sync_hours: Decimal
) -> int | None:
    """Return the buffer that the others and the unseen sales exceed with the accepted chance at most.

    Then the pool oversells with that chance at most, whatever this listing sells of the rest. Of a
    bundle the largest over its components, in bundles. None where no risk is accepted, or a
    velocity is not known.
    """
    risk = listing.buffer.risk
    if risk is None:
        return None
    gaps = {sku: gap(listing, sku, rivals, age_hours, sync_hours) for sku in listing.parts}
    sizes = [
        math.ceil(
            risk_buffer(float(each.others + each.unseen), listing.dispersion, float(risk))
            / listing.parts[sku]
        )
        for sku, each in gaps.items()
        if each is not None
    ]
    return max(sizes) if len(sizes) == len(gaps) else None


def listing_risk(
    listing: Listing,
    published: Mapping[tuple[int, str, str, str], int],
    rivals: Rivals,
    left: Mapping[Cell, int],
    age_hours: Decimal | None,
    sync_hours: Decimal,
) -> Decimal | None:
    """Return the chance that this listing's pool sells more than there is until the next sync.

    `published` gives each listing's number by its key. Of a bundle the riskiest component counts.
    None where a listing that draws on the same units has no velocity.
    """
    risks = []
    for sku, need in listing.parts.items():
        sold = gap(listing, sku, rivals, age_hours, sync_hours)
        if sold is None:
            return None
        risks.append(
            oversell_risk(
                sellable=sum(left.get((sku, place), 0) for place in {*listing.locations}),
                published=published[listing.key] * need,
                own_mean=float(sold.own),
                others_published=sum(
                    published[other.key] * other.parts[sku]
                    for other in others_of(listing, sku, rivals)
                ),
                others_mean=float(sold.others),
                unseen_mean=float(sold.unseen),
                dispersion=listing.dispersion,
            )
        )
    return Decimal(max(risks)).quantize(Decimal("0.0001"))
