"""Resolve an exception: a person takes it in hand or closes it, with a reason."""

from prefect import flow

from config.shop import load_shop
from flows.form import CaseId, Reason, Who
from flows.moment import night_of
from flows.shown import show_decision
from tasks.decide.steps import cases_of, close_cases, take_cases
from tasks.run.lock import shop_lock


@flow(flow_run_name="exception {exception} resolved by {who}")
def resolve_exception(
    exception: CaseId, who: Who, why: Reason, shop: str = "demo", in_hand: bool = False
) -> bool:
    """Close one exception, or say who has it in hand; return whether that is new.

    It stays closed until its evidence changes, or until its check has passed and fails again. Of
    tier 1 everybody closes it; of tier 2 the lead of its role, operations or the owner; of tier 3
    the owner. Whoever may not takes it in hand, with what was found out. The marts, the dashboard
    and the worklists show it when the run has ended.

    Args:
        exception: The exception's id, as in the worklist.
        who: Your address, as in `people` of the shop file.
        why: How it was resolved; it is kept.
        shop: Name of the shop: its file in config/shops without .yaml.
        in_hand: It is being worked on, and stays open.
    """
    settings = load_shop(shop)
    with shop_lock(settings):
        answer = take_cases if in_hand else close_cases
        answered = answer(night_of(settings, None, now=True), cases_of(exception), who, why)
        show_decision(settings)
    return bool(answered)
