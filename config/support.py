"""Settings of customer service: when somebody answers, and which tags say what a ticket is about."""

from pydantic import Field, model_validator

from config.strict import Strict
from config.weekday import WEEKDAYS, Weekday


class Support(Strict):
    """When the shop answers its buyers, on its own clock, and what it expects of itself."""

    weekdays: tuple[Weekday, ...] = Field(
        WEEKDAYS[:5], min_length=1, description="Days on which somebody answers."
    )
    opens_hour: int = Field(9, ge=0, le=23, description="Hour at which answering begins.")
    closes_hour: int = Field(17, ge=1, le=24, description="Hour at which it ends.")
    reply_hours: int = Field(
        24, ge=1, description="A ticket without a reply for longer, in calendar hours, is a case."
    )
    where_is_my_order_tags: tuple[str, ...] = Field(
        ("where-is-my-order", "wismo", "order-status", "shipping-status", "tracking"),
        description="Tags of tickets that ask where an order is; capitals, blanks, - and _ are alike.",
    )

    macro_tags: tuple[str, ...] = Field(
        (),
        description="Tags of tickets that a template answered; without any, the share of templates is not known.",
    )

    @model_validator(mode="after")
    def _opens_first(self) -> "Support":
        if self.closes_hour <= self.opens_hour:
            raise ValueError(
                f"closes_hour {self.closes_hour} is not after opens_hour {self.opens_hour}"
            )
        return self
