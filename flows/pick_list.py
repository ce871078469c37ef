"""Pick list: what each location picks now, once more after the files of the day."""

from prefect import flow

from config.shop import load_shop
from flows.facts import require_facts
from flows.form import NightOptions
from flows.ingest import ingest
from flows.moment import night_of
from tasks.decide.steps import require_decisions, sync_exceptions
from tasks.outbox.steps import write_orders_to_pick
from tasks.run.lock import shop_lock
from tasks.tell.steps import show_pick_lists
from tasks.warehouse.steps import build_findings, build_pick_list

STATION = "fulfilment"


@flow(flow_run_name="pick list {shop}")
def pick_list(shop: str = "demo", options: NightOptions = NightOptions()) -> int:
    """Write the pick list of each location again, with the files that came since; return how many.

    Start it at noon, after the day's orders and cancellations are in the inbox. It reads the new
    files and checks their orders first: what a new case keeps from leaving is on no list. The files
    are in the outbox (pick_lists/), a CSV and a page to print for each location.

    Args:
        shop: Name of the shop: its file in config/shops without .yaml.
        options: As of when.
    """
    settings = load_shop(shop)
    with shop_lock(settings):
        ingested = ingest(shop, options, return_state=True)
        night = night_of(settings, options.as_of)
        require_facts(night)
        require_decisions(night)
        build_findings(night)
        sync_exceptions(night)
        build_pick_list(night)  # after the exceptions: some keep an order from leaving
        lists = write_orders_to_pick(night)
        show_pick_lists(night)
    ingested.result()  # raises what kept a file from being read, if anything did
    return lists
