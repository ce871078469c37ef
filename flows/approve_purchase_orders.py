"""Approve purchase orders: the owner's decision, with name and reason."""

from typing import Literal

from prefect import flow

from config.shop import load_shop
from flows.form import Reason
from flows.moment import night_of
from tasks.decide.steps import decide_purchase_orders
from tasks.outbox.steps import write_orders_to_place
from tasks.run.lock import shop_lock


@flow(flow_run_name="purchase orders of {supplier}: {decision}")
def approve_purchase_orders(
    supplier: str, decision: Literal["approve", "reject"], who: str, why: Reason, shop: str = "demo"
) -> int:
    """Approve or reject what waits for a supplier; return the number of lines decided.

    Up to the limit the buyer decides, above it the owner (`people` and `approval` of the shop file).
    Approved lines are written to the supplier's purchase order file in the outbox; nothing is
    sent. A line decided before is not decided again, and the decision stays in the audit log.

    Args:
        supplier: Supplier id, as in the suggestion.
        decision: What you decide.
        who: Your address, as in `people` of the shop file.
        why: Your reason; it is kept.
        shop: Name of the shop: its file in config/shops without .yaml.
    """
    settings = load_shop(shop)
    with shop_lock(settings):
        night = night_of(settings, None, now=True)
        lines = decide_purchase_orders(night, supplier, decision == "approve", who, why)
        write_orders_to_place(night)
    return lines
