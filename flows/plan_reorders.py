"""Plan reorders: what to buy, from whom, by when."""

from prefect import flow

from config.shop import load_shop
from flows.facts import require_facts
from flows.form import NightOptions
from flows.moment import night_of
from tasks.decide.steps import plan_and_suggest
from tasks.outbox.steps import write_orders_to_place
from tasks.run.lock import shop_lock
from tasks.tell.steps import show_purchases, show_reorders
from tasks.warehouse.steps import build_table

STATION = "inventory"


@flow(flow_run_name="plan reorders {shop}")
def plan_reorders(shop: str = "demo", options: NightOptions = NightOptions()) -> int:
    """Make the reorder plan and the suggested purchase orders; return how many are new.

    An order above the buyer's limit waits for the owner's decision. An open suggestion suppresses
    another for the same crossing, so running twice suggests nothing twice.

    Args:
        shop: Name of the shop: its file in config/shops without .yaml.
        options: As of when.
    """
    settings = load_shop(shop)
    with shop_lock(settings):
        night = night_of(settings, options.as_of)
        require_facts(night)
        new = plan_and_suggest(night)
        build_table(night, "marts.reorder_plan")
        write_orders_to_place(night)
        show_reorders(night)
        show_purchases(night)
    return new
