"""Reconcile payouts: lines, payout and bank, to the cent."""

from prefect import flow

from config.shop import load_shop
from flows.facts import require_facts
from flows.form import NightOptions
from flows.moment import night_of
from tasks.run.lock import shop_lock
from tasks.tell.steps import show_payouts
from tasks.warehouse.steps import reconcile

STATION = "finance"


@flow(flow_run_name="reconcile payouts {shop}")
def reconcile_payouts(shop: str = "demo", options: NightOptions = NightOptions()) -> int:
    """Hold every payout against its lines, its orders and the bank; return how many stay open.

    A payout whose lines do not add up is not posted. Lines of a kind nobody named are kept as
    unclassified, so that the sum still ties. Running twice changes nothing.

    Args:
        shop: Name of the shop: its file in config/shops without .yaml.
        options: As of when.
    """
    settings = load_shop(shop)
    with shop_lock(settings):
        night = night_of(settings, options.as_of)
        require_facts(night)
        open_payouts = reconcile(night)
        show_payouts(night)
    return open_payouts
