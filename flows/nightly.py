"""The night: everything in order, one subflow each."""

from pathlib import Path
from typing import Any

from prefect import State, flow
from prefect.states import Completed, Failed

from config.shop import load_shop
from flows.build_marts import build_marts
from flows.form import NightOptions, SyncOptions
from flows.ingest import ingest
from flows.moment import night_of
from flows.plan_reorders import plan_reorders
from flows.reconcile_payouts import reconcile_payouts
from flows.shown import show_night
from flows.sync_stock import sync_stock
from tasks.archive.steps import end
from tasks.run.lock import shop_lock
from tasks.run.night import HOUR
from tasks.tell.steps import done_night, failed_night, report_whole_night
from tasks.warehouse.steps import are_marts_built, warehouse_kept_open

SCHEDULE = f"0 {HOUR} * * *"
STATION = "analytics"


@flow(flow_run_name="night of {shop}")
def nightly(shop: str = "demo", options: NightOptions = NightOptions()) -> Path:
    """Run the whole back office of one shop for one night; return the published snapshot.

    The message of its state says what happened, what to do first and whose it is; the summary and a
    worklist for each person are on this run's page.

    What fails stops only itself: a platform that cannot be read leaves the others' figures fresh,
    and the run ends failed and names it. It may be killed anywhere and run again; running it
    twice changes nothing but the run's own records. As of a moment before the shop's last night
    it is a replay: it knows what had come by then, and writes nothing but its own report.

    Args:
        shop: Name of the shop: its file in config/shops without .yaml.
        options: As of when.
    """
    settings = load_shop(shop)
    with shop_lock(settings), warehouse_kept_open(settings):
        ingested = ingest(shop, options, return_state=True)
        night = night_of(settings, options.as_of)
        at = NightOptions(as_of=night.moment)
        steps: list[State[Any]] = [
            ingested,
            sync_stock(shop, SyncOptions(as_of=night.moment), return_state=True),
            plan_reorders(shop, at, return_state=True),
            reconcile_payouts(shop, at, return_state=True),
            build_marts(shop, at, return_state=True),
        ]
        failed = [state for state in steps if not state.is_completed()]
        messages = [str(state.message or state.name) for state in failed]
        end(night, messages)
        if are_marts_built(night):
            show_night(night)
        if failed:  # whoever calls gets the data of the state: the first fault is raised
            fault = failed[0].result(raise_on_failure=False)
            return Failed(message=failed_night(night, messages), data=fault)  # type: ignore[return-value]
        path = Path(steps[-1].result())
        report_whole_night(night)
        return Completed(message=done_night(night), data=path)  # type: ignore[return-value]
