"""What the shop asks of a buyer who sends goods back."""

from decimal import Decimal

from pydantic import Field

from config.strict import Strict


class Returns(Strict):
    """What a buyer has to do for a refund."""

    goods_back_days: int | None = Field(
        None,
        ge=0,
        description="Days after a refund by which the goods must be back; default no goods are asked for.",
    )
    window_days: int | None = Field(
        None,
        ge=0,
        description="Days after delivery (else shipping) in which a return may be asked for; default not judged.",
    )
    grade_days: int | None = Field(
        7,
        ge=0,
        description="Days after which a unit that came back without a verdict on its state is a case; null: never.",
    )
    damage_claim_days: int | None = Field(
        None,
        ge=1,
        description="Days after shipping in which the carrier takes a claim for damage; default not known.",
    )
    serial_returns: int | None = Field(
        4,
        ge=2,
        description="A buyer with as many orders returned, claimed or disputed is a case; null: never.",
    )
    serial_rate: Decimal = Field(
        Decimal("0.3"),
        ge=0,
        le=1,
        description="And as large a share of all orders of that buyer: who buys much may send back more.",
    )
    serial_days: int = Field(180, ge=1, description="Days in which those orders count.")
