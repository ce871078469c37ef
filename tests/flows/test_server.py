"""The server of one command: it keeps everything, and it does not outlive its owner."""

import fcntl
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from config.errors import FatalError, RetryableError
from config.strict import ROOT
from tasks.run.server import HOST, SECRET_FILE, _credentials, _secret, local_server, sign_in

TASK_RUNS = 40  # in each of two flows; far more than the server records before the last one ends

NIGHT = f"""
import os, sys
from pathlib import Path
from tasks.run.server import local_server

before = dict(os.environ)
with local_server(Path(sys.argv[1])):
    from prefect import flow, task
    from prefect.artifacts import create_markdown_artifact
    from prefect.events import emit_event

    @task
    def step(number):
        return number

    @flow
    def station():
        for future in step.map(range({TASK_RUNS})):
            future.result()

    @flow
    def night():
        station()
        station()
        create_markdown_artifact("# Tonight", key="tonight")
        emit_event("shop.closed", resource={{"prefect.resource.id": "shop.demo"}})

    night()
assert dict(os.environ) == before
"""

KILLED = """
import os, sys, time
from pathlib import Path
from tasks.run.server import local_server

with local_server(Path(sys.argv[1])) as url:
    from prefect import flow

    @flow
    def endless():
        print(url, flush=True)
        time.sleep(600)

    endless()
"""


SCHEDULED = """
import sys, time
from datetime import timedelta
from pathlib import Path
from tasks.run.server import local_server

with local_server(Path(sys.argv[1]), schedules=True):
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.actions import DeploymentScheduleCreate
    from prefect.client.schemas.schedules import IntervalSchedule
    from prefect.states import Cancelling, Running

    with get_client(sync_client=True) as client:
        daily = DeploymentScheduleCreate(schedule=IntervalSchedule(interval=timedelta(days=1)))
        for name, state in (("night", Running()), ("unwanted", Cancelling())):
            flow = client.create_flow_from_name(name)
            client.create_deployment(flow, name, schedules=[daily], parameters={"shop": name})
            while not (runs := [run for run in client.read_flow_runs() if run.flow_id == flow]):
                time.sleep(0.5)
            first = min(runs, key=lambda run: run.expected_start_time)
            assert first.auto_scheduled
            client.set_flow_run_state(first.id, state, force=True)
    print("begun", flush=True)
    time.sleep(600)
"""


def command(program: str, home: Path) -> list[str]:
    return [sys.executable, "-c", program, str(home)]


def rows(home: Path, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(home / "prefect.db")) as kept:
        return kept.execute(query).fetchall()


def wait_until_nobody_listens(port: int, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex((HOST, port)):
                return
        time.sleep(0.1)
    raise AssertionError(f"The server still listens on {port} after {seconds:g} s.")


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    """Return the home and the port of a server whose owner was killed in the middle of a flow."""
    home = tmp_path_factory.mktemp("night")
    with subprocess.Popen(
        command(KILLED, home), cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as run:
        assert run.stdout
        url = run.stdout.readline()
        run.send_signal(signal.SIGKILL)
    return home, int(url.removesuffix("/api\n").rpartition(":")[2])


def test_a_killed_command_leaves_no_server(killed: tuple[Path, int]) -> None:
    home, port = killed
    wait_until_nobody_listens(port)
    assert rows(home, "select state_type from flow_run") == [("RUNNING",)]


def test_the_next_command_keeps_all_it_did_and_closes_what_was_killed(
    killed: tuple[Path, int],
) -> None:
    home, port = killed
    wait_until_nobody_listens(port)
    subprocess.run(command(NIGHT, home), cwd=ROOT, check=True)

    assert rows(
        home, "select state_type, count(*) from task_run where name like 'step-%' group by 1"
    ) == [("COMPLETED", 2 * TASK_RUNS)]
    assert rows(
        home,
        "select f.name, r.state_type, count(*) from flow_run r join flow f on f.id = r.flow_id"
        " group by 1, 2 order by 1",
    ) == [("endless", "CRASHED", 1), ("night", "COMPLETED", 1), ("station", "COMPLETED", 2)]
    assert rows(home, "select key, data from artifact where type = 'markdown'") == [
        ("tonight", '"# Tonight"')
    ]
    assert rows(home, "select count(*) from events where event = 'shop.closed'") == [(1,)]


def test_a_night_that_was_killed_begins_again_once_the_server_is_back(tmp_path: Path) -> None:
    with subprocess.Popen(
        command(SCHEDULED, tmp_path), cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as run:
        assert run.stdout
        assert run.stdout.readline() == "begun\n"
        run.send_signal(signal.SIGKILL)
    for _ in range(2):  # the second start finds nothing left, and begins nothing
        subprocess.run(command(NIGHT, tmp_path), cwd=ROOT, check=True)

    by_hand = "select parameters, state_type from flow_run where deployment_id is not null and not auto_scheduled"
    assert rows(tmp_path, by_hand) == [('{"shop": "night"}', "SCHEDULED")]
    still_open = (
        "select name from flow_run where state_type in ('PENDING', 'RUNNING', 'CANCELLING')"
    )
    assert rows(tmp_path, still_open) == []


def test_a_server_that_dies_while_starting_is_named_with_its_last_words(tmp_path: Path) -> None:
    (tmp_path / "prefect.db").write_text("This is no database. " * 100)
    before = dict(os.environ)
    with (
        pytest.raises(FatalError, match=r"died while starting\. .*server\.log ends with"),
        local_server(tmp_path),
    ):
        pass
    assert dict(os.environ) == before


def test_a_port_that_is_taken_is_refused_before_anything_starts(tmp_path: Path) -> None:
    with closing(socket.create_server((HOST, 0))) as other:
        port = other.getsockname()[1]
        with (
            pytest.raises(FatalError, match=f"Port {port} .* is taken"),
            local_server(tmp_path, port=port),
        ):
            pass
    assert not (tmp_path / "server.log").exists()


@contextmanager
def locked(home: Path, address: str) -> Iterator[None]:
    with (home / "server.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write(address)
        lock.flush()
        yield


def test_a_home_in_use_names_the_server_to_join(tmp_path: Path) -> None:
    with (
        locked(tmp_path, "http://127.0.0.1:4200/api"),
        pytest.raises(
            RetryableError,
            match=r"PREFECT_API_URL=http://127\.0\.0\.1:4200/api and"
            r' PREFECT_API_AUTH_STRING="\$\(cat .*/server\.secret\)"',
        ),
        local_server(tmp_path),
    ):
        pass


def test_a_secret_is_kept_for_browsers_unless_somebody_else_could_read_it(tmp_path: Path) -> None:
    file = tmp_path / SECRET_FILE
    first = _secret(file, keep=True)
    assert file.stat().st_mode & 0o777 == 0o600
    assert _secret(file, keep=True) == first
    assert _secret(file, keep=False) != first
    file.chmod(0o644)
    assert _secret(file, keep=True) not in (first, file.read_text()[:-1])
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_secret_of_the_users_own_is_taken_and_never_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PREFECT_SERVER_API_AUTH_STRING", "olive:own")
    assert set(_credentials(tmp_path, keep=True).values()) == {"olive:own"}
    monkeypatch.setenv("PREFECT_API_AUTH_STRING", "olive:own")
    assert sign_in("http://127.0.0.1:4200/api", tmp_path) == "http://127.0.0.1:4200"


def test_a_server_that_is_given_is_used_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PREFECT_API_URL", "https://prefect.example/api")
    before = dict(os.environ)
    with local_server(tmp_path) as url:
        assert url == "https://prefect.example/api"
        assert sign_in(url, tmp_path) == "https://prefect.example"
        assert dict(os.environ) == before
    assert list(tmp_path.iterdir()) == []
