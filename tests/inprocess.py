"""A night in this process, step by step and without a Prefect server: for tests that run many."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pytest
from prefect import events

from config.shop import load_shop
from tasks import steps
from tasks.run.night import Night
from tasks.warehouse.build import build
from tasks.warehouse.connection import open_warehouse
from tasks.warehouse.ledger_tables import write_ledger_tables
from tasks.warehouse.models import read_models, read_rules


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


def read(night: Night) -> None:
    """Bring every file of the drop folder into the warehouse; facts are not loaded yet."""
    steps.pull_files.fn(night.shop, night.moment)
    for platform in steps.platforms_of(night.shop, night.moment):
        steps.normalize_platform.fn(night, platform)


def decide(night: Night) -> None:
    """Compute everything from what is staged: facts, decisions, marts, judged KPIs."""
    steps.load_facts.fn(night)
    steps.tell_channels.fn(night, True)
    steps.plan_and_suggest.fn(night)
    steps.reconcile.fn(night)
    steps.build_all_marts.fn(night)
    steps.check_expectations.fn(night)
    with open_warehouse(night.shop.folder) as con, steps.ledger_of(night.shop) as ledger:
        write_ledger_tables(con, ledger)
        build(con, read_models(steps.SQL), read_rules(steps.SQL))
