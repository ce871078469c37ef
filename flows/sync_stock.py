"""Sync stock: from the newest counts and orders to a stock file per channel."""

from prefect import flow

from config.shop import load_shop
from flows.facts import require_facts
from flows.form import SyncOptions
from flows.moment import night_of
from tasks.decide.steps import decide_stock
from tasks.outbox.steps import push_stock
from tasks.run.lock import shop_lock
from tasks.tell.steps import show_stock
from tasks.warehouse.steps import build_table

SCHEDULE = "*/30 * * * *"


@flow(flow_run_name="sync stock {shop}")
def sync_stock(shop: str = "demo", options: SyncOptions = SyncOptions()) -> int:
    """Decide what each channel may sell and write its stock file; return the number of listings decided.

    Every number is shown with its layers in the run's artifact. A number that did not change is
    not written again, so running twice writes nothing twice. Old stock figures are held, then
    lowered, then 0: nothing uncertain is published as fact.

    Args:
        shop: Name of the shop: its file in config/shops without .yaml.
        options: Whether files are written, and as of when.
    """
    settings = load_shop(shop)
    with shop_lock(settings):
        night = night_of(settings, options.as_of, now=True)
        require_facts(night)
        decided = decide_stock(night)
        build_table(night, "marts.channel_stock")
        push_stock(night, decided, options.dry_run)
        show_stock(night, decided, options.dry_run)
    return len(decided)
