"""Sync stock: from the newest counts and orders to a stock file per channel."""

from typing import Any

from prefect import State, flow

from config.shop import load_shop
from flows.facts import require_facts
from flows.form import SyncOptions
from flows.moment import night_of
from tasks.archive.steps import begin
from tasks.decide.steps import (
    decide_stock,
    decision_that_holds,
    note_decision,
    note_oversells,
)
from tasks.intake.steps import (
    new_reports,
    pull_files,
    record_sightings,
    say_if_nothing_read,
    stage_reports,
)
from tasks.outbox.steps import push_stock
from tasks.run.lock import shop_lock
from tasks.run.progress import say
from tasks.run.wording import count
from tasks.tell.steps import show_stock
from tasks.warehouse.steps import (
    are_facts_loaded,
    build_table,
    load_stock_facts,
    stock_reports,
    warehouse_kept_open,
)

SCHEDULE = "*/30 * * * *"
STATION = "inventory"


@flow(flow_run_name="sync stock {shop}")
def sync_stock(shop: str = "demo", options: SyncOptions = SyncOptions()) -> int:
    """Decide what each channel may sell and write its stock file; return the number of listings decided.

    It takes the stock and order files that came since, and leaves the others to the night. Where
    nothing came and no count grew too old for it, the last decision is kept, and nothing is done. Every
    number is shown with its layers in the run's artifact. A number that did not change is not
    written again, so running twice writes nothing twice. Old stock figures are held, then lowered,
    then 0: nothing uncertain is published as fact.

    Args:
        shop: Name of the shop: its file in config/shops without .yaml.
        options: Whether files are written, and as of when.
    """
    settings, reports = load_shop(shop), stock_reports()
    with shop_lock(settings), warehouse_kept_open(settings):
        night = night_of(settings, options.as_of, now=True)
        came: list[State[Any]] = []
        if options.as_of:
            require_facts(night)  # in a night they are there; another moment has its own
        elif not are_facts_loaded(night):
            came = [pull_files(settings, return_state=True)]
            if new := new_reports(night, reports):
                # From here on no night is before these files: one that knows less is a replay.
                begin(settings, night.moment, night.run_id, "sync_stock")
                came.append(stage_reports(night, new, return_state=True))
            record_sightings(night)
            if not options.dry_run and (last := decision_that_holds(night, reports)):
                say(
                    f"nothing came that changes the stock of {count(last.listings, 'listing')},"
                    f" decided at {last.decided_at:%Y-%m-%d %H:%M} UTC"
                )
                for state in came:
                    state.result()  # raises what kept a file from being read, if anything did
                return last.listings
            say_if_nothing_read(night)
            load_stock_facts(night)
        decided = decide_stock(night)
        build_table(night, "marts.channel_stock")
        unsent = push_stock(night, decided.published, options.dry_run)
        show_stock(
            night,
            decided.published,
            {each.channel: each.listings for each in unsent},
            options.dry_run,
        )
        if not options.dry_run:
            note_oversells(night)
            note_decision(night, reports, decided)
    for state in came:
        state.result()
    return len(decided.published)
