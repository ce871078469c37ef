"""Servers and a shop for the sources: real ones, on this machine."""

import logging
from collections.abc import Iterator

import pytest

from tests.postgres import postgres as postgres  # the fixture
from tests.sources.api import Server

PLAN = "iso_week,channel,plan_usd\n2026-W47,shopify,1\n"


@pytest.fixture
def server() -> Iterator[Server]:
    """An HTTP server that answers what a test asks for."""
    with Server() as running:
        yield running


@pytest.fixture(autouse=True)
def everything_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """A secret in any log line, however chatty, is one too many."""
    caplog.set_level(logging.DEBUG)
