"""Sync stock: from the newest counts and orders to a stock file per channel."""

from datetime import datetime

from prefect import flow

from config.shop import load_shop
from flows.moment import night_of
from tasks.lock import shop_lock
from tasks.steps import load_facts, show_stock, tell_channels

SCHEDULE = "*/30 * * * *"


@flow(flow_run_name="sync stock {shop}")
def sync_stock(shop: str = "demo", as_of: datetime | None = None, dry_run: bool = False) -> int:
    """Tell each channel what it may sell; return the number of listings decided.

    Every number is shown with its layers in the run's artifact. A number that did not change is
    not written again, so running twice writes nothing twice. Old stock figures are held, then
    lowered, then 0: nothing uncertain is published as fact.

    Args:
        shop: Name of the shop: its file in config/shops without .yaml.
        as_of: Moment the stock is judged at. Leave empty for now.
        dry_run: Show the numbers and write no file.
    """
    settings = load_shop(shop)
    with shop_lock(settings):
        night = night_of(settings, as_of, now=True)
        load_facts(night)
        told = tell_channels(night, dry_run)
        show_stock(night, told, dry_run)
    return len(told)
