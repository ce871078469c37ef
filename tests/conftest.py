"""What tests of several folders share."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.exports.door import Door

# One browser of a whole run: two cannot be steered from one process.
from tests.flows.browser import browser as browser

# No test depends on the speed of the machine.
settings.register_profile("any_speed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any_speed")


@pytest.fixture
def door(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Door:
    """The sample shop, empty."""
    return Door(tmp_path, monkeypatch)


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name bytes by their argument: an archive holds the time it was made, a test's name must not."""
    return argname if isinstance(val, bytes) else None
