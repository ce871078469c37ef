"""What people see of a run: the night on its page, and at once what a person decided."""

from prefect.runtime import flow_run

from config.shop import Shop
from tasks.outbox.steps import publish_marts, write_worklists
from tasks.run.night import Night
from tasks.tell.steps import show_summary, show_worklists, write_pages
from tasks.warehouse.steps import build_decided, last_built


def show_decision(shop: Shop) -> None:
    """Build what the ledger feeds and publish it; facts, plans and KPIs stay those of the last night.

    Before a shop's first night there is nothing to show.
    """
    if not shop.folder.marts.exists():
        return
    night = last_built(shop)
    build_decided(night)
    publish_marts(night)
    write_worklists(night)
    write_pages(night)


def show_night(night: Night) -> None:
    """Put the summary and each person's worklist on the page of the run that a person opens.

    That is the night's own, or of marts that are built alone theirs. Before the first marts there
    is nothing to show.
    """
    if flow_run.parent_flow_run_id is None and night.shop.folder.marts.exists():
        show_summary(night)
        show_worklists(night)
