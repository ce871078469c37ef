"""Resolve an exception: a person takes it in hand or closes it, with a reason."""

from prefect import flow

from config.shop import load_shop
from flows.form import Reason
from flows.moment import night_of
from tasks.decide.steps import close_exception, take_exception
from tasks.run.lock import shop_lock


@flow(flow_run_name="exception {exception} resolved by {who}")
def resolve_exception(
    exception: str, who: str, why: Reason, shop: str = "demo", in_hand: bool = False
) -> bool:
    """Close one exception, or say who has it in hand; return whether that is new.

    It stays closed until its evidence changes, or until its check has passed and fails again.

    Args:
        exception: The exception's id, as written in marts.exceptions.
        who: Your name or address.
        why: How it was resolved; it is kept.
        shop: Name of the shop: its file in config/shops without .yaml.
        in_hand: It is being worked on, and stays open.
    """
    settings = load_shop(shop)
    with shop_lock(settings):
        answer = take_exception if in_hand else close_exception
        return answer(night_of(settings, None, now=True), exception, who, why)
