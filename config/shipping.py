"""Where an order leaves from, in what box and with whom: the shop's own tables, first match wins."""

from decimal import Decimal
from typing import Literal

from pydantic import Field, model_validator

from config.strict import Strict

Places = Literal["own", "3pl", "amazon"]


class Sla(Strict):
    """What a location, such as a 3PL, has signed: each clause is judged by the month."""

    on_time_ship_rate: Decimal | None = Field(
        None, ge=0, le=1, description="Orders that leave in time, as a share of those due."
    )
    cycle_hours_p50: Decimal | None = Field(
        None, gt=0, description="Hours from the order to its parcel, the median."
    )
    valid_tracking_rate: Decimal | None = Field(
        None, ge=0, le=1, description="Parcels with a number to track, as a share of all."
    )
    carrier_rule_compliance_rate: Decimal | None = Field(
        None, ge=0, le=1, description="Parcels that go by the packing table, as a share."
    )
    record_accuracy_rate: Decimal | None = Field(
        None, ge=0, le=1, description="Counted records within tolerance, as a share."
    )


class RoutingRule(Strict):
    """Where a line leaves from: of all conditions that are stated, each must fit."""

    skus: tuple[str, ...] = Field((), description="The seller's SKUs; none: every SKU.")
    categories: tuple[str, ...] = Field(
        (), description="Kinds of product, as the channel's catalogue says; none: every kind."
    )
    countries: tuple[str, ...] = Field(
        (), description="Where it goes, in each way the channels write it; none: everywhere."
    )
    location: str | None = Field(None, description="The place it leaves from.")
    kind: Places | None = Field(None, description="Instead of a place: any place of that kind.")

    @model_validator(mode="after")
    def _names_one_target(self) -> "RoutingRule":
        if (self.location is None) == (self.kind is None):
            raise ValueError("say where it leaves from: either `location` or `kind`")
        return self


class Carrier(Strict):
    """What a carrier promises, and when its parcel counts as lost."""

    carrier: str = Field(description="As the shipments report writes it.")
    service: str | None = Field(None, description="Default every service of it without an entry.")
    transit_days: int | None = Field(
        None, ge=1, description="Days from the dock to the door that it promises."
    )
    lost_days: int = Field(
        10, ge=1, description="Without a delivery for longer, a parcel is a lost suspect."
    )
    claim_days: int | None = Field(
        None, ge=1, description="Days after shipping in which a lost parcel can be claimed."
    )


class Box(Strict):
    """A tier of boxes: the smallest that takes the weight is taken."""

    box: str = Field(description="What the packing bench calls it.")
    up_to_grams: int = Field(ge=1, description="The heaviest content it takes.")
    tare_grams: int = Field(0, ge=0, description="What the box weighs with its filling.")


class WeightCheck(Strict):
    """Which parcels are weighed against the units that should be in them."""

    from_amount: Decimal = Field(
        ge=0, description="Worth of the order from which a parcel is checked, in its currency."
    )
    tolerance_percent: Decimal = Field(
        Decimal(10), gt=0, description="Difference up to which the scale still agrees."
    )


class ServiceRule(Strict):
    """With whom a parcel goes: of all conditions that are stated, each must fit."""

    channels: tuple[str, ...] = Field((), description="Whose promise it is; none: every channel.")
    countries: tuple[str, ...] = Field(
        (), description="Where it goes, in each way the channels write it; none: everywhere."
    )
    up_to_grams: int | None = Field(
        None, ge=1, description="Heaviest parcel of the rule; default any."
    )
    carrier: str = Field(description="As the shipments report writes it.")
    service: str | None = Field(None, description="Default any service of the carrier.")
    price_amount: Decimal | None = Field(
        None, ge=0, description="What a parcel of the rule costs, in the shop's currency."
    )


class Packing(Strict):
    """Box and service of a parcel, by its weight."""

    boxes: tuple[Box, ...] = ()
    services: tuple[ServiceRule, ...] = ()
    weight_check: WeightCheck | None = Field(None, description="Default no parcel is checked.")

    @model_validator(mode="after")
    def _boxes_grow(self) -> "Packing":
        limits = [box.up_to_grams for box in self.boxes]
        if limits != sorted(set(limits)):
            raise ValueError("boxes: write each larger box after the smaller ones")
        return self
