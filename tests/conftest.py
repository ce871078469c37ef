"""What tests of several folders share."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.exports.door import Door

# One browser of a whole run: two cannot be steered from one process.
from tests.flows.browser import browser as browser

HERE = Path(__file__).parent

# No test depends on the speed of the machine.
settings.register_profile("any_speed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any_speed")


# Folders of whole nights, servers, browsers, killed processes, thousands of damaged files and of worlds.
WHOLE = {"nights", "flows", "mutations", "proofs"}


def pytest_configure(config: pytest.Config) -> None:
    """Make a folder for what all processes of one run share: `BACKROOM_TEST_RUN`."""
    if not hasattr(config, "workerinput"):
        os.environ["BACKROOM_TEST_RUN"] = tempfile.mkdtemp(prefix="backroom-tests-")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove it with the process that made it."""
    if not hasattr(config, "workerinput"):
        shutil.rmtree(os.environ["BACKROOM_TEST_RUN"])


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Import none of those folders where none of their tests is asked for: each process of a run imports all."""
    unasked = config.option.markexpr == "not whole" and collection_path.parent == HERE
    return True if unasked and collection_path.name in WHOLE else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what `make test-whole` runs, and `make test` does not; a test elsewhere marks itself."""
    for item in items:
        if item.path.relative_to(HERE).parts[0] in WHOLE:
            item.add_marker(pytest.mark.whole)
        if item.get_closest_marker("whole") and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(900))


@pytest.fixture
def door(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Door:
    """The sample shop, empty."""
    return Door(tmp_path, monkeypatch)


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name bytes by their argument: an archive holds the time it was made, a test's name must not."""
    return argname if isinstance(val, bytes) else None
