"""Acknowledge an alert: somebody is on it."""

from prefect import flow

from config.shop import load_shop
from flows.form import Name, Reason, Who
from flows.moment import night_of
from flows.shown import show_decision
from tasks.decide.steps import acknowledge
from tasks.run.lock import shop_lock


@flow(flow_run_name="alert {alert} acknowledged by {who}")
def acknowledge_alert(alert: Name, who: Who, why: Reason, shop: str = "demo") -> bool:
    """Say that you have seen an alert and act on it; return whether it was open.

    Args:
        alert: The alert's key, as written in its file and in marts.alerts.
        who: Your address, as in `people` of the shop file.
        why: What you do about it; it is kept.
        shop: Name of the shop: its file in config/shops without .yaml.
    """
    settings = load_shop(shop)
    with shop_lock(settings):
        is_first = acknowledge(night_of(settings, None, now=True), alert, who, why)
        show_decision(settings)
    return is_first
