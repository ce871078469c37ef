"""What an order must have before it goes to the warehouse: for the shop, and where a channel differs."""

from typing import Literal

from pydantic import Field

from config.strict import Strict


class Validation(Strict):
    """Checks of an order's address; what an export masks or does not state is never judged."""

    phone: Literal["required", "optional", "ignored"] = Field(
        "optional",
        description="required: the checkout asks for a phone number, and an order without one is a case;"
        " optional: only one that cannot be called is; ignored: neither. Cash on delivery always needs one.",
    )
    address: bool = Field(
        True,
        description="An order without street, city or postcode is a case; config/countries.yaml says which"
        " countries have none. Cash on delivery always needs a full address.",
    )
    shipping_methods: tuple[str, ...] = Field(
        (),
        description="The shipping methods that the shop offers, as the channel writes them; * stands for"
        " anything. Any other one is a case. Without a list none is judged.",
    )
