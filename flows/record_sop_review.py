"""Record an SOP review: the page was read, and kept or changed."""

from typing import Literal

from prefect import flow

from config.shop import load_shop
from flows.form import Name, Reason, Who
from flows.moment import night_of
from flows.shown import show_decision
from tasks.decide.steps import record_review
from tasks.run.lock import shop_lock

STATION = "onboarding"


@flow(flow_run_name="SOP {sop} reviewed by {who}")
def record_sop_review(
    sop: Name, outcome: Literal["kept", "changed"], who: Who, notes: Reason, shop: str = "demo"
) -> int:
    """Record that an SOP was reviewed; return how many open reviews that closes.

    Args:
        sop: Name of the page in config/sops, without .md.
        outcome: Whether the page was kept as it is or changed.
        who: Your address, as in `people` of the shop file.
        notes: What was found; it is kept.
        shop: Name of the shop: its file in config/shops without .yaml.
    """
    settings = load_shop(shop)
    with shop_lock(settings):
        closed = record_review(night_of(settings, None, now=True), sop, outcome, who, notes)
        show_decision(settings)
    return closed
