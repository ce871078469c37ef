"""Override the plan: what a person knows better than the data, with reason and last day."""

from typing import Literal

from prefect import flow

from config.shop import load_shop
from flows.form import Day, Name, Reason, StatedValue, Who
from flows.moment import night_of
from flows.shown import show_decision
from tasks.decide.steps import end_override, set_override, subject
from tasks.rules.override import Stated
from tasks.run.lock import shop_lock

STATION = "inventory"


@flow(flow_run_name="{decision} {what} of {sku}{supplier}")
def override_plan(
    decision: Literal["set", "end"],
    what: Literal[
        "lead_time_days",
        "service_level",
        "demand_rate",
        "moq_units",
        "buffer_units",
        "reorder_point",
    ],
    until: Day,
    who: Who,
    why: Reason,
    value: StatedValue = "",
    sku: Name = "",
    supplier: Name = "",
    shop: str = "demo",
) -> bool:
    """State a figure of a SKU or a supplier that the plan is to count on, or take it back.

    It holds from the next plan or sync on, to its last day, and is in the row of the plan with its
    reason (`override_reason`, `override_until`). What ended is said for a week, in the row and as a
    case. The buyer or the owner may, of the service level only the owner (`people` of the shop
    file). Every change is in the audit log. Return whether it changed anything.

    Args:
        decision: `set` states it, instead of what was stated before; `end` takes it back.
        what: The figure. Of a supplier: lead_time_days and moq_units. buffer_units is held back
            from every channel that sells the SKU.
        until: Last day on which it holds, such as 2026-12-31.
        who: Your address, as in `people` of the shop file.
        why: Your reason; it is kept.
        value: The figure: days, units, units a day, or a share such as 0.98 for the service
            level. Leave empty to take it back.
        sku: The SKU that it is of.
        supplier: Supplier id, instead of a SKU, for all that is bought from it.
        shop: Name of the shop: its file in config/shops without .yaml.
    """
    settings = load_shop(shop)
    of = subject(sku, supplier, Stated(what))
    with shop_lock(settings):
        night = night_of(settings, None, now=True)
        if decision == "end":
            end_override(night, of, who, why)
            is_new = True
        else:
            is_new = set_override(night, of, value, until, who, why)
        show_decision(settings)
    return is_new
