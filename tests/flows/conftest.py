"""One server for all tests that need one up: the real command, with two flows of our own."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

import pytest

from config.strict import ROOT
from tasks.run.server import free_port

UP = """
import sys
from pathlib import Path
from config.shop import load_shop
from flows.desk.deployments import serve_all
# Else a test's own run is dropped at every half hour, while the one that is due then is running.
by_hand = {"timezone": "Asia/Kolkata", "schedules": {"nightly": None, "sync_stock": None}}
serve_all([load_shop("demo").model_copy(update=by_hand)], port=int(sys.argv[1]), home=Path(sys.argv[2]),
          packages=["flows", "tests.flows.served"])
"""


class Server(NamedTuple):
    """A server that is up: where, the secret it asks for, and the link that signs a browser in."""

    address: str
    secret: str
    sign_in: str
    home: Path


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups, wherever pytest is told to look
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the minute that one test waits for pass while the others run."""
    items.sort(key=lambda item: item.path.name == "test_schedule.py")
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("server"))


@pytest.fixture(scope="session")
def demo_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of a demo shop whose exports of today are read."""
    data = tmp_path_factory.mktemp("data")
    env = {**os.environ, "BACKROOM_DATA": str(data)}
    for command in (["demo"], ["ingest"]):
        subprocess.run(
            [sys.executable, "-m", "flows.desk.cli", *command],
            cwd=ROOT,
            env=env,
            check=True,
            capture_output=True,
        )
    return data


@pytest.fixture(scope="session")
def up(tmp_path_factory: pytest.TempPathFactory, demo_data: Path) -> Iterator[Server]:
    """Yield a server that serves every real flow for the demo shop, its files there."""
    home, port = tmp_path_factory.mktemp("up"), free_port()
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    env = {**os.environ, "PYTHONPATH": path, "BACKROOM_DATA": str(demo_data)}
    command = subprocess.Popen(
        [sys.executable, "-c", UP, str(port), str(home)],
        cwd=ROOT,
        env=env,
        stdout=subprocess.PIPE,
        text=True,
    )
    address = f"http://127.0.0.1:{port}"
    with command:
        assert command.stdout
        line = command.stdout.readline()
        assert line.startswith(f"Backroom is up. Open {address}/sign-in#"), line
        link = line.split()[-1]
        try:
            yield Server(address, unquote(link.partition("#")[2]), link, home)
        finally:
            command.terminate()
            assert command.wait(60) == 0
