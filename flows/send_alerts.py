"""Send alerts: what was held in somebody's quiet hours, or while a receiver was away, goes out."""

from prefect import flow

from config.shop import load_shop
from flows.moment import night_of
from tasks.run.lock import shop_lock
from tasks.tell.steps import deliver_alerts

SCHEDULE = "10 * * * *"


@flow(flow_run_name="alerts of {shop}")
def send_alerts(shop: str = "demo") -> int:
    """Send the alerts that still wait in the outbox; return how many of them everybody has now.

    Args:
        shop: Name of the shop: its file in config/shops without .yaml.
    """
    settings = load_shop(shop)
    with shop_lock(settings):
        return deliver_alerts(night_of(settings, None, now=True))
