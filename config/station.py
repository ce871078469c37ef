"""The twelve stations of the back office."""

from typing import Literal

Station = Literal[
    "orders", "inventory", "fulfilment", "fraud", "returns", "customer_service", "finance",
    "catalog", "marketing", "storefront", "analytics", "onboarding",
]  # fmt: skip
