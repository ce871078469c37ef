"""Build marts: KPIs, their expectations, alerts, and the published snapshot."""

from pathlib import Path

from prefect import flow

from config.shop import load_shop
from flows.facts import require_facts
from flows.form import NightOptions
from flows.moment import night_of
from flows.shown import show_night
from tasks.decide.steps import check_expectations, require_decisions, sync_exceptions
from tasks.outbox.steps import (
    publish_marts,
    put_marts_elsewhere,
    write_books,
    write_counts_to_make,
    write_journal,
    write_orders_to_pick,
    write_workbook,
    write_worklists,
)
from tasks.run.lock import shop_lock
from tasks.tell.steps import deliver_alerts, write_pages
from tasks.warehouse.steps import build_all_marts, build_findings, build_kpis

STATION = "analytics"


@flow(flow_run_name="build marts {shop}")
def build_marts(shop: str = "demo", options: NightOptions = NightOptions()) -> Path:
    """Build and check what people read, alert owners of what failed, publish; return the snapshot.

    A KPI beyond its critical limit alerts its owner once a day and opens a review of its SOP.
    Readers see the old snapshot or the new one, never a mixture. Alerts that cannot be delivered
    stay in the outbox, and the run fails after everything else is published.

    Args:
        shop: Name of the shop: its file in config/shops without .yaml.
        options: As of when.
    """
    settings = load_shop(shop)
    with shop_lock(settings):
        night = night_of(settings, options.as_of)
        require_facts(night)
        require_decisions(night)
        build_findings(night)
        sync_exceptions(night)
        build_kpis(night)  # after the exceptions: some count them
        check_expectations(night)
        delivery = deliver_alerts(night, return_state=True)
        build_all_marts(night)  # after verdicts, alerts and their reviews: marts show them
        path = publish_marts(night)
        elsewhere = put_marts_elsewhere(night, path, return_state=True)
        write_journal(night)
        write_books(night)
        write_workbook(night)
        write_worklists(night)
        write_orders_to_pick(night)
        write_counts_to_make(night)
        write_pages(night)
        show_night(night)
        delivery.result()  # raises what kept an alert in the outbox, if anything did
        elsewhere.result()  # and what kept the snapshot from its object store
    return path
