"""When an order is looked at for fraud before it leaves, and when for its size."""

from decimal import Decimal
from typing import Literal

from pydantic import Field

from config.strict import Strict


class Fraud(Strict):
    """Rules on what exports state of an order; amounts in the shop's currency; null: no such rule.

    Each rule that an order meets has its points; from `review_points` on, the order waits for tier 2.
    """

    review_points: int = Field(
        2, ge=1, description="Points from which an order is on no pick list until tier 2 clears it."
    )
    risk_level: Literal["medium", "high"] | None = Field(
        "high", description="3 points: the channel itself says a risk of this level or more."
    )
    other_country: bool = Field(
        True, description="2 points: the bill goes to another country than the parcel."
    )
    other_postcode: bool = Field(
        True, description="1 point: the bill goes to another postcode of the parcel's country."
    )
    first_order_amount: Decimal | None = Field(
        Decimal(500), gt=0, description="2 points: a buyer's first order is worth as much or more."
    )
    history_days: int = Field(
        60,
        ge=1,
        description="Days of older orders that must be known before one can be called a first one.",
    )
    incomplete_amount: Decimal | None = Field(
        Decimal(250),
        gt=0,
        description="2 points: worth as much or more, and phone, address or shipping method is wrong.",
    )
    cancellations: int | None = Field(
        3, ge=1, description="2 points: as many orders with its phone were cancelled before it."
    )
    cancellation_days: int = Field(
        30, ge=1, description="Days before an order in which cancellations count."
    )
    address_buyers: int | None = Field(
        4, ge=2, description="2 points: as many buyers, or more, had parcels sent to its address."
    )
    address_days: int = Field(
        30, ge=1, description="Days up to an order in which buyers of an address count."
    )
    large_order_amount: Decimal | None = Field(
        Decimal(1000),
        gt=0,
        description="An order worth as much or more is a case of its own, for tier 2; it holds nothing back.",
    )
    vip_amount: Decimal | None = Field(
        Decimal(2500),
        gt=0,
        description="So is the order of a buyer whose earlier orders together were worth as much or more.",
    )
