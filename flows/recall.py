"""Recall: which orders hold an item that must come back, and where the rest of it is."""

from prefect import flow

from config.shop import load_shop
from flows.facts import require_facts
from flows.form import Day, Name
from flows.moment import night_of
from tasks.decide.steps import find_recalled
from tasks.outbox.steps import write_recall
from tasks.run.lock import shop_lock
from tasks.tell.steps import show_recall

STATION = "returns"


@flow(flow_run_name="recall of {sku}, {first_date} to {last_date}")
def recall(sku: Name, first_date: Day, last_date: Day, lot: Name = "", shop: str = "demo") -> int:
    """List every order that holds the item, its stock and what is on order; return the number of orders.

    The list is one file in the outbox (recalls/) and on the run's page; it names orders, and no
    buyer. Nothing is changed: no order is stopped, no stock is taken off sale.

    Args:
        sku: The seller's SKU. What was sold in bundles is found, too.
        first_date: First day on which affected units were sold or left, such as 2026-11-01.
        last_date: Last such day. Orders that are still open are listed whenever they were placed.
        lot: Lot or batch, where the receipts name one: then only what was sold or left since it came.
            Leave empty for all.
        shop: Name of the shop: its file in config/shops without .yaml.
    """
    settings = load_shop(shop)
    with shop_lock(settings):
        night = night_of(settings, None)
        require_facts(night)
        found = find_recalled(night, sku, first_date, last_date, lot)
        write_recall(night, sku, first_date, last_date, found)
        show_recall(night, sku, found)
    return len({(each.channel, each.document_id) for each in found if each.channel})
