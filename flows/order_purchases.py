"""Mark purchases as ordered: the purchase order was sent, by whom and under which number."""

from prefect import flow

from config.shop import load_shop
from flows.form import Name, Reason, Who
from flows.moment import night_of
from flows.shown import show_decision
from tasks.decide.steps import order_from_supplier
from tasks.outbox.steps import write_orders_to_place
from tasks.run.lock import shop_lock

STATION = "inventory"


@flow(flow_run_name="ordered from {supplier} by {who}")
def order_purchases(supplier: Name, who: Who, why: Reason, shop: str = "demo") -> int:
    """Mark the lines of a supplier's purchase order file as ordered; return their number.

    They leave the file and count as on order until the purchase order export shows them, or until
    they are later than any receipt may be. What waits for approval is not touched.

    Args:
        supplier: Supplier id, as in the suggestion.
        who: Your address, as in `people` of the shop file.
        why: The number of the purchase order, or another word on it; it is kept.
        shop: Name of the shop: its file in config/shops without .yaml.
    """
    settings = load_shop(shop)
    with shop_lock(settings):
        night = night_of(settings, None, now=True)
        lines = order_from_supplier(night, supplier, who, why)
        write_orders_to_place(night)
        show_decision(settings)
    return lines
