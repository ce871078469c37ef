"""One server for all tests that need one up: the real command, with two flows of our own."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from config.strict import ROOT
from tasks.server import free_port
from tests.flows.browser import browser as browser

UP = """
import sys
from pathlib import Path
from flows.deployments import serve_all
serve_all([("demo", "Asia/Kolkata")], port=int(sys.argv[1]), home=Path(sys.argv[2]),
          packages=["tests.flows.served"])
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the minute that one test waits for pass while the others run."""
    items.sort(key=lambda item: item.path.name == "test_schedule.py")


@pytest.fixture(scope="session")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Yield the address of a server that serves `tests/flows/served/` for the shop demo."""
    home, port = tmp_path_factory.mktemp("up"), free_port()
    command = subprocess.Popen(
        [sys.executable, "-c", UP, str(port), str(home)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    with command:
        assert command.stdout
        said = command.stdout.readline()
        assert said.startswith(f"Backroom is up: http://127.0.0.1:{port} "), said
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            command.terminate()
            assert command.wait(60) == 0
