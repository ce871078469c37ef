"""Supplier down: what runs out while a supplier cannot deliver, when, and what it costs."""

from prefect import flow

from config.shop import load_shop
from flows.facts import require_facts
from flows.form import Day, Days, Name
from flows.moment import night_of
from tasks.decide.steps import require_decisions, suppose_supplier_down
from tasks.outbox.steps import write_outage
from tasks.run.lock import shop_lock
from tasks.tell.steps import show_outage

STATION = "inventory"


@flow(flow_run_name="what if {supplier} is down for {days} days from {first_date}")
def supplier_down(supplier: Name, days: Days, first_date: Day, shop: str = "demo") -> int:
    """Say which SKUs run out if a supplier is down, when, and what it costs; return how many.

    What it would have delivered comes when it is back, and new orders a lead time later; nobody
    else is asked meanwhile. The list is a file in the outbox (what_if/) and on the run's page.
    Nothing is ordered or decided.

    Args:
        supplier: Supplier id, as in the reorder plan.
        days: Days for which it neither delivers nor takes orders.
        first_date: First such day, such as 2026-12-01; not before the shop's last night.
        shop: Name of the shop: its file in config/shops without .yaml.
    """
    settings = load_shop(shop)
    with shop_lock(settings):
        night = night_of(settings, None)
        require_facts(night)
        require_decisions(night)
        outage, losses = suppose_supplier_down(night, supplier, days, first_date)
        write_outage(night, outage, losses)
        show_outage(night, outage, losses)
    return sum(loss.stockout_date is not None for loss in losses)
