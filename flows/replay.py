"""Replay: everything computed is thrown away and built again from what came."""

from pathlib import Path

from prefect import flow

from config.shop import load_shop
from flows.form import NightOptions
from flows.moment import night_of
from flows.nightly import nightly
from tasks.run.lock import shop_lock
from tasks.warehouse.steps import drop_warehouse

STATION = "analytics"


@flow(flow_run_name="replay of {shop}")
def replay(shop: str = "demo", options: NightOptions = NightOptions()) -> Path:
    """Build everything of a shop again from its raw files; return the published snapshot.

    After a mapping or a settings file was fixed this gives what would be there had it been right
    from the start. What was sent and decided stays in the ledger.

    Args:
        shop: Name of the shop: its file in config/shops without .yaml.
        options: As of when.
    """
    settings = load_shop(shop)
    with shop_lock(settings):
        if options.as_of is None or not night_of(settings, options.as_of).is_replay:
            drop_warehouse(settings)
        return nightly(shop, options)
