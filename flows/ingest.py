"""Ingest: from the sources to checked facts."""

from prefect import flow

from config.shop import load_shop
from flows.form import NightOptions
from flows.moment import night_of
from tasks.archive.steps import destroy_due_files
from tasks.intake.steps import normalize_platform, platforms_of, pull_files, record_sightings
from tasks.run.lock import shop_lock
from tasks.run.progress import say
from tasks.run.wording import count
from tasks.warehouse.steps import load_facts

STATION = "analytics"


@flow(flow_run_name="ingest {shop}")
def ingest(shop: str = "demo", options: NightOptions = NightOptions()) -> int:
    """Bring every new export file of a shop into its warehouse; return the rows read.

    A file that is not what it claims is refused with a reason, a failing row is quarantined with file,
    line and reason, and the rest goes on. A source or a platform that fails stops only itself: the
    others are loaded, then the run fails and names it. Running again reads only what is new. With
    `as_of` nothing is known that came later.

    Args:
        shop: Name of the shop: its file in config/shops without .yaml.
        options: As of when.
    """
    settings = load_shop(shop)
    with shop_lock(settings):
        pulled = None
        if options.as_of:
            night = night_of(settings, options.as_of)
            if not night.is_replay:
                pulled = pull_files(settings, night.moment, return_state=True)
        else:  # the newest file that came says of which moment the night is
            pulled = pull_files(settings, return_state=True)
            night = night_of(settings, None)
        states = {
            platform: normalize_platform(night, platform, return_state=True)
            for platform in platforms_of(night.shop, night.moment)
        }
        record_sightings(night)
        load_facts(night)
        if not night.is_replay:
            destroy_due_files(night)
    failed = [platform for platform, state in states.items() if not state.is_completed()]
    rows = sum(state.result() for platform, state in states.items() if platform not in failed)
    say(f"{count(rows, 'row')} read from {count(len(states) - len(failed), 'platform')}")
    for platform in failed:
        say(f"{platform} failed; the other platforms are loaded")
        states[platform].result()  # raises the first failure, if any
    if pulled:
        pulled.result()  # raises if a source failed
    return int(rows)
