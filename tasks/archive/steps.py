"""The door of the archive: a run begins, what is due is destroyed, a customer is erased."""

from collections.abc import Sequence
from datetime import UTC, datetime

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.runtime import flow_run

from config.shop import Shop
from tasks.archive import erasure
from tasks.archive.raw import Raw
from tasks.archive.replays import make, past_of
from tasks.ledger import ledger_of
from tasks.reading.masking import masked
from tasks.run.night import Night, last_night_by
from tasks.run.progress import say


def last_night(shop: Shop, now: datetime) -> datetime:
    """Return the moment a night stands for: the last 02:00 of the shop, or a file that came later.

    So the same files give the same figures however often a night is run that day. It is never
    before the last night there was: no night is a replay unless it is asked for.
    """
    came = [landing.came_at for landing in Raw(shop.folder.raw).landings(now)]
    return not_before_last_night(shop, max([last_night_by(now, shop.zone), *came]))


def not_before_last_night(shop: Shop, moment: datetime) -> datetime:
    """Return `moment`, or that of the shop's last night where it is later."""
    with ledger_of(shop) as ledger:
        before = ledger.last_night()
    return max(moment, before) if before else moment


REPLAY = "a replay as of {moment:%Y-%m-%d %H:%M} UTC: it reports, and changes nothing else"


def begin(shop: Shop, moment: datetime, run_id: str, flow: str) -> Night:
    """Return the night of `shop` as of `moment`, and note in the ledger that there is one.

    A moment before the shop's last night is a replay.
    """
    with ledger_of(shop) as ledger:
        past = past_of(shop, moment, ledger)
        night = Night(past or shop, moment, run_id)
        if past is None:
            ledger.begin_night(night.moment, night.business_date, flow=flow)
        else:
            if str(flow_run.id) == run_id:  # once, and not by each flow that the first one calls
                say(REPLAY.format(moment=moment))
            make(night, ledger)
    return night


@task(cache_policy=NO_CACHE)
def end(night: Night, failures: Sequence[str]) -> None:
    """Note in the ledger how the night ended; `failures` say what failed. A replay notes nothing."""
    if not night.is_replay:
        with ledger_of(night.shop) as ledger:
            ledger.end_night(
                night.moment,
                "failed" if failures else "completed",
                at=datetime.now(UTC),
                note=masked("\n".join(failures)),
            )


@task(cache_policy=NO_CACHE)
def destroy_due_files(night: Night) -> int:
    """Destroy the sealed files with personal data that are older than the shop keeps them."""
    destroyed = erasure.destroy_due(night.shop, night.moment)
    if destroyed:
        say(f"{destroyed} files with personal data were due and are destroyed")
    return destroyed


@task(cache_policy=NO_CACHE)
def erase_customer(night: Night, key: str, who: str, why: str) -> int:
    """Erase a customer and note who did it and why."""
    with ledger_of(night.shop) as ledger:
        done = erasure.forget(night.shop, key)
        ledger.record_erasure(
            key, files=done.files, readings=done.readings, who=who, why=masked(why), at=night.moment
        )
    say(f"forgotten: {done.readings} readings blanked, {done.files} sealed files destroyed")
    return done.readings
