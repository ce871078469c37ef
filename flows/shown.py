"""What a person decides shows at once: in the published marts, the worklists and the dashboard."""

from config.shop import Shop
from tasks.outbox.steps import publish_marts, write_worklists
from tasks.tell.steps import write_pages
from tasks.warehouse.steps import build_decided, last_built


def show_decision(shop: Shop) -> None:
    """Build what the ledger feeds and publish it; facts, plans and KPIs stay those of the last night.

    Before a shop's first night there is nothing to show.
    """
    if not shop.folder.marts.exists():
        return
    night = last_built(shop)
    build_decided(night)
    publish_marts(night)
    write_worklists(night)
    write_pages(night)
