"""The twelve stations of the back office."""

from typing import Literal, get_args

# In the order in which a shop makes systems of them, which is the order in which their cases come first.
Station = Literal[
    "orders", "fulfilment", "inventory", "customer_service", "returns", "fraud", "finance",
    "catalog", "marketing", "storefront", "analytics", "onboarding",
]  # fmt: skip
STATIONS: tuple[Station, ...] = get_args(Station)
