"""A night in this process, step by step and without a Prefect server: for tests that run many."""

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import wraps
from pathlib import Path
from typing import Concatenate, ParamSpec, cast

import pytest
from prefect import events

from config.shop import load_shop
from tasks.decide import steps as decided
from tasks.intake import steps as intake
from tasks.outbox import steps as outbox
from tasks.run.night import Night
from tasks.tell import steps as tell
from tasks.warehouse import steps as warehouse

P = ParamSpec("P")


@contextmanager
def place(data: Path, shops: Path) -> Iterator[None]:
    """Let the data folder and the shop files be these, and nobody listen to events."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BACKROOM_DATA", str(data))
        patch.setenv("BACKROOM_SHOPS", str(shops))
        patch.setattr(events, "emit_event", lambda *_, **__: None)
        logging.getLogger("great_expectations").setLevel(logging.ERROR)
        os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
        yield


def night_of(shop: str, as_of: datetime) -> Night:
    """Return the night of the shop as of the moment."""
    return Night(load_shop(shop), as_of, "in process")


def steps(of: Callable[Concatenate[Night, P], None]) -> Callable[Concatenate[Night, P], None]:
    """Let the warehouse stay open from one step to the next, as a night does."""

    @wraps(of)
    def run(night: Night, *args: P.args, **kwargs: P.kwargs) -> None:
        with warehouse.warehouse_kept_open(night.shop):
            of(night, *args, **kwargs)

    return cast(Callable[Concatenate[Night, P], None], run)


@steps
def read(night: Night) -> None:
    """Bring every file of the drop folder into the warehouse; facts are not loaded yet."""
    if not night.is_replay:
        intake.pull_files.fn(night.shop, night.moment)
    for platform in intake.platforms_of(night.shop, night.moment):
        intake.normalize_platform.fn(night, platform)


@steps
def decide(night: Night, *, dry_run: bool = True) -> None:
    """Compute everything from what is staged: facts, decisions, marts, judged KPIs."""
    intake.record_sightings.fn(night)
    warehouse.load_facts.fn(night)
    outbox.push_stock.fn(night, decided.decide_stock.fn(night).published, dry_run)
    decided.plan_and_suggest.fn(night)
    if not dry_run:
        outbox.write_orders_to_place.fn(night)
    warehouse.reconcile.fn(night)
    decided.require_decisions(night)
    warehouse.build_findings.fn(night)
    decided.sync_exceptions.fn(night)
    warehouse.build_kpis.fn(night)
    decided.check_expectations.fn(night)
    warehouse.build_all_marts.fn(night)


@steps
def publish(night: Night) -> None:
    """Deliver the alerts and publish, as the end of a night does."""
    tell.deliver_alerts.fn(night)
    warehouse.build_all_marts.fn(night)
    outbox.publish_marts.fn(night)
    outbox.write_journal.fn(night)
    outbox.write_books.fn(night)
    outbox.write_workbook.fn(night)
    outbox.write_worklists.fn(night)
    outbox.write_orders_to_pick.fn(night)
    outbox.write_counts_to_make.fn(night)
    tell.write_pages.fn(night)
