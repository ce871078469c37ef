"""A night that does not happen is noticed: by a look at the ledger that needs no server and no run."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from cronsim import CronSim

from config.shop import Shop
from tasks.ledger import Alert, Ledger
from tasks.run.night import HOUR, last_night_by
from tasks.run.wording import short_day

GRACE = timedelta(hours=3)  # from when a night is due to when it must have ended
ABOUT = "night"


def due_by(shop: Shop, now: datetime) -> datetime | None:
    """Return the start of the last night that must have ended by `now`; None if only by hand."""
    line = shop.schedules.get("nightly", f"0 {HOUR} * * *")
    if line is None:
        return None
    local = (now - GRACE).astimezone(shop.zone)
    before = local + timedelta(seconds=1)  # the start itself is one of those before it
    return next(CronSim(line, before, reverse=True)).astimezone(UTC)


def fault_of_last_night(shop: Shop, runs: Iterable[Mapping[str, Any]], now: datetime) -> str | None:
    """Return what is wrong with the shop's last night; None where it is whole, or none is due.

    `runs` are the ledger's. A night that somebody started late, or again, counts.
    """
    due = due_by(shop, now)
    if due is None:
        return None
    since = last_night_by(due, shop.zone)
    nights = [run for run in runs if run["as_of"] >= since]
    if any(run["state"] == "completed" for run in nights):
        return None
    started = f"the night due {due.astimezone(shop.zone):%Y-%m-%d %H:%M}"
    if failed := [run for run in nights if run["state"] == "failed"]:
        return f"{started} failed: {failed[-1]['note'] or 'its run says why'}"
    if nights:
        return f"{started} has begun and not ended"
    return f"{started} did not happen"


def record_fault(shop: Shop, ledger: Ledger, fault: str, now: datetime) -> bool:
    """Record the alert about a night that is not whole, once a day; whether it is new."""
    due = due_by(shop, now) or now
    day = due.astimezone(shop.zone).date()
    person = shop.people.get("operations") or next(iter(shop.people.values()))
    return ledger.record_alert(
        Alert(
            alert_key=f"{ABOUT}/{day}",
            kind="night.missed",
            about=ABOUT,
            business_date=day,
            station="analytics",
            severity="high",
            owner=person.owner,
            deputy=person.deputy,
            sent_to=shop.answers_on(person, now.astimezone(shop.zone).date()),
            subject=f"No whole night on {short_day(day)}",
            body=f"Observed: {fault}\n"
            "Why it matters: every figure is as old as the last whole night, and no stock file is new.\n"
            f"Next step: run `backroom doctor --shop {shop.name}`; it says what to fix. Then run"
            f" `backroom nightly --shop {shop.name}`.",
        ),
        at=now,
    )


def record_recovery(shop: Shop, ledger: Ledger, now: datetime) -> bool:
    """Record that there was a whole night again; whether one had been missed."""
    day = now.astimezone(shop.zone).date()
    return ledger.record_recovery(ABOUT, business_date=day, at=now) is not None
