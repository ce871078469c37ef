"""Approve purchase orders: the owner's decision, with name and reason."""

from typing import Literal

from prefect import flow

from config.shop import load_shop
from flows.form import Name, PurchaseLines, Reason, Who
from flows.moment import night_of
from flows.shown import show_decision
from tasks.decide.steps import decide_purchase_orders, selection
from tasks.outbox.steps import write_orders_to_place
from tasks.run.lock import shop_lock
from tasks.tell.steps import show_purchases

STATION = "inventory"


@flow(flow_run_name="purchase orders: {decision} {supplier}{lines}")
def approve_purchase_orders(
    decision: Literal["approve", "reject"],
    who: Who,
    why: Reason,
    supplier: Name = "",
    lines: PurchaseLines = "",
    everything: bool = False,
    shop: str = "demo",
) -> int:
    """Approve or reject what waits: all of it, one supplier's, or single lines; return their number.

    The artifact `purchase-orders` of the night shows each line with its key, its amount, the units
    that were suggested and tonight's number. Up to the limit the buyer decides, above it the owner
    (`people` and `approval` of the shop file). Approved lines are written to the supplier's purchase
    order file in the outbox; nothing is sent. A line decided before is not decided again, and the
    decision stays in the audit log.

    Args:
        decision: What you decide.
        who: Your address, as in `people` of the shop file.
        why: Your reason; it is kept.
        supplier: Supplier id, as in the suggestion, for all its lines that wait.
        lines: Keys of single lines, separated by semicolons, instead of a supplier. `key = 48`
            approves 48 units: a number between the suggested one and tonight's.
        everything: All lines that wait, of every supplier.
        shop: Name of the shop: its file in config/shops without .yaml.
    """
    settings = load_shop(shop)
    with shop_lock(settings):
        night = night_of(settings, None, now=True)
        chosen = selection(supplier, lines, everything)
        decided = decide_purchase_orders(night, chosen, decision == "approve", who, why)
        write_orders_to_place(night)
        show_purchases(night)
        show_decision(settings)
    return decided
