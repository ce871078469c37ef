"""Settings of buying: how the reorder plan is made, and who decides on a purchase."""

from decimal import Decimal
from typing import Literal

from pydantic import Field, field_validator

from config.strict import Strict


class Reorder(Strict):
    """How the reorder plan is made; `seed90` and `protected` are always both shown."""

    window_days: int = Field(90, gt=0, description="Closed days of demand that are looked at.")
    safety_days: int = Field(7, ge=0, description="Buffer of the seed90 policy, days of demand.")
    review_days: int = Field(1, ge=1, description="Days between two looks at the plan.")
    cover_days: int = Field(30, ge=0, description="Days an order covers beyond the protection.")
    service_level: dict[str, Decimal] = Field(
        default_factory=lambda: {"A": Decimal("0.95"), "B": Decimal("0.95"), "C": Decimal("0.90")},
        description="Cycle service level of each ABC class.",
    )
    min_in_stock_days: int = Field(30, ge=1, description="Fewer is low confidence.")
    emergency_units: dict[Literal["A", "B", "C"], int] = Field(
        default_factory=dict,
        description="Floor under the safety stock by ABC class, units: less is an emergency.",
    )
    emergency_sku_units: dict[str, int] = Field(
        default_factory=dict, description="The same of single SKUs, instead of their class's."
    )
    budget_amount: Decimal | None = Field(
        None,
        ge=0,
        description="What open suggestions may cost together, in the shop's currency: the mart ranks"
        " them by margin per unit of cash and shows what to leave out first. Default no limit.",
    )
    overstock_days: int = Field(180, gt=0, description="More cover than this is overstock.")
    dead_days: int = Field(180, gt=0, description="No sale for this long: discontinue?")
    siblings: dict[str, str] = Field(
        default_factory=dict,
        description="For a new SKU one like it, by the seller's SKUs: its rate counts until the new"
        " one has enough days of its own.",
    )
    transfer_days: int = Field(
        14, ge=0, description="Days from the own shelf until Amazon has received and can sell it."
    )
    fba_capacity_cubic_feet: Decimal | None = Field(
        None,
        ge=0,
        description="Storage that Amazon's capacity monitor allows in all; no export says it. Without"
        " it transfers are not limited, and say so.",
    )
    fba_restock_limit: bool = Field(
        True,
        description="The quantity that Amazon's restock report would be sent caps what is sent to it and"
        " bought for it; false only names it.",
    )
    inbound_days: int = Field(
        45,
        ge=1,
        description="Days after an inbound shipment left in which Amazon is to have received all of it:"
        " what a later report still lacks is missing, and no longer counts as on its way.",
    )
    late_receipt_days: int = Field(14, ge=0, description="Overdue POs beyond it do not count.")

    @field_validator("siblings")
    @classmethod
    def _is_another(cls, siblings: dict[str, str]) -> dict[str, str]:
        """Refuse a SKU that is named as its own sibling."""
        if alone := [sku for sku, like in siblings.items() if sku == like]:
            raise ValueError(f"{alone[0]} cannot be its own sibling: name another SKU")
        return siblings


class Approval(Strict):
    """Above these, the owner decides."""

    purchase_order_limit_amount: Decimal = Field(
        Decimal(2500), ge=0, description="In the shop's currency; up to it the buyer decides."
    )
    purchase_order_role: str | None = Field(
        None,
        description="Role of `people` that decides on purchases above the limit; default owner,"
        " or operations where there is no such role.",
    )
    price_change_percent: Decimal = Field(
        Decimal(10),
        ge=0,
        description="Change of a supplier's price against its last order beyond which a person is asked.",
    )
    wait_days: int = Field(
        2, ge=0, description="Days in which what waits for approval is to be decided."
    )
    open_days: int = Field(
        7, ge=0, description="Days in which what may be ordered is to be ordered."
    )


class PurchaseOrders(Strict):
    """What the purchase order files say to a supplier."""

    deliver_to: tuple[str, ...] = Field(
        (), description="Where the goods are to be delivered: the lines of the address."
    )
    payment_terms: str = Field(
        "", description="Terms where the supplier sheet states none, such as 30 days net."
    )


class Suppliers(Strict):
    """How a supplier's word is judged; the standard itself is the shop's `supplier_on_time_rate`."""

    tolerance_days: int = Field(
        0, ge=0, description="Days after the promised date on which a line is still on time."
    )
    minimum_lines: int = Field(
        5, ge=1, description="Fewer purchase order lines due in a quarter are no data."
    )
    confirm_days: int = Field(
        3, ge=0, description="Days in which a supplier that answers orders has to answer one."
    )
