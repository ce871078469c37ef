"""Plan reorders: what to buy, from whom, by when."""

from datetime import datetime

from prefect import flow

from config.shop import load_shop
from flows.moment import night_of
from tasks.lock import shop_lock
from tasks.steps import load_facts, plan_and_suggest, show_reorders


@flow(flow_run_name="plan reorders {shop}")
def plan_reorders(shop: str = "demo", as_of: datetime | None = None) -> int:
    """Make the reorder plan and the suggested purchase orders; return how many are new.

    An order above the buyer's limit waits for the owner's decision. An open suggestion suppresses
    another for the same crossing, so running twice suggests nothing twice.

    Args:
        shop: Name of the shop: its file in config/shops without .yaml.
        as_of: Moment the plan stands for. Leave empty for the last night.
    """
    settings = load_shop(shop)
    with shop_lock(settings):
        night = night_of(settings, as_of)
        load_facts(night)
        new = plan_and_suggest(night)
        show_reorders(night)
    return new
