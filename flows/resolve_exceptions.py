"""Resolve exceptions: many cases closed or taken in hand at once, with one reason."""

from prefect import flow

from config.shop import load_shop
from flows.form import CaseIds, Name, Reason, Who
from flows.moment import night_of
from flows.shown import show_decision
from tasks.decide.steps import cases_of, close_cases, take_cases
from tasks.run.lock import shop_lock
from tasks.tell.steps import show_resolved


@flow(flow_run_name="exceptions {exceptions} type {type} station {station} resolved by {who}")
def resolve_exceptions(
    who: Who,
    why: Reason,
    type: Name = "any",  # noqa: A002, what the marts call it
    station: Name = "any",
    exceptions: CaseIds = "",
    shop: str = "demo",
    in_hand: bool = False,
) -> int:
    """Close all open exceptions of a type, a station or a list of ids; return how many are new.

    The run's page lists them. If one of them is beyond your tier none is closed, and the run says
    who may.

    Args:
        who: Your address, as in `people` of the shop file.
        why: How they were resolved, one reason for all; it is kept with each.
        type: Kind of exception, as in the worklist.
        station: Station of the back office. With a type, only those of both.
        exceptions: Ids from the worklist, separated by semicolons, instead of a type or station.
        shop: Name of the shop: its file in config/shops without .yaml.
        in_hand: They are being worked on, and stay open.
    """
    settings = load_shop(shop)
    with shop_lock(settings):
        night = night_of(settings, None, now=True)
        answer = take_cases if in_hand else close_cases
        answered = answer(night, cases_of(exceptions, type, station), who, why)
        show_resolved(night, answered)
        show_decision(settings)
    return len(answered)
