"""Resolve an exception: a person closes it, with a reason."""

from prefect import flow

from config.shop import load_shop
from flows.form import Reason
from flows.moment import night_of
from tasks.decide.steps import close_exception
from tasks.run.lock import shop_lock


@flow(flow_run_name="exception {exception} closed by {who}")
def resolve_exception(exception: str, who: str, why: Reason, shop: str = "demo") -> bool:
    """Close one exception; return whether it was open.

    It stays closed until its evidence changes, or until its check has passed and fails again.

    Args:
        exception: The exception's id, as written in marts.exceptions.
        who: Your name or address.
        why: How it was resolved; it is kept.
        shop: Name of the shop: its file in config/shops without .yaml.
    """
    settings = load_shop(shop)
    with shop_lock(settings):
        return close_exception(night_of(settings, None, now=True), exception, who, why)
