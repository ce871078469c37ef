"""A pool of a server that is given: `up --pool` fills it, `worker` runs what is in it, wherever both are."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from config.errors import Exit
from config.strict import CONFIG, ROOT
from flows.desk.cli import main
from tasks.run.server import local_server
from tests import first_shop

pytestmark = [
    pytest.mark.whole,
    pytest.mark.timeout(900),
    pytest.mark.xdist_group("cluster"),
]


@pytest.fixture(scope="module")
def shops(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Two shops, a server that is given to every command, and one worker."""
    folder = tmp_path_factory.mktemp("pool")
    (folder / "shops").mkdir()
    for name in ("apple", "birch"):
        text = first_shop.SHOP.replace("PLATFORM", "shopify")
        (folder / "shops" / f"{name}.yaml").write_text(text, "utf-8")
        first_shop.write(
            folder / "data" / name / "inbox" / "orders.csv",
            first_shop.orders(first_shop.lately()), first_shop.lately(),
        )  # fmt: skip
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("BACKROOM_SHOPS", str(folder / "shops"))
        patched.setenv("BACKROOM_DATA", str(folder / "data"))
        with local_server(folder / "server", schedules=True):
            subprocess.run(
                [sys.executable, "-m", "flows.desk.cli", "up", "--pool", "backroom"],
                cwd=ROOT,
                check=True,
            )
            worker = subprocess.Popen(
                [sys.executable, "-m", "flows.desk.cli", "worker", "--name", "one", "--while-read"],
                cwd=ROOT, stdin=subprocess.PIPE,
            )  # fmt: skip
            try:
                yield folder
            finally:
                worker.communicate()


def test_every_flow_of_every_shop_is_in_the_pool_on_its_schedule(shops: Path) -> None:
    from prefect.client.orchestration import get_client

    with get_client(sync_client=True) as client:
        known = client.read_deployments(limit=200)
    assert {each.work_pool_name for each in known} == {"backroom"}
    names = [each.name for each in known]
    assert {"nightly (apple)", "nightly (birch)", "send alerts (apple)"} <= set(names)
    [night] = [each for each in known if each.name == "nightly (apple)"]
    assert [getattr(each.schedule, "timezone", None) for each in night.schedules] == [
        "America/New_York"
    ]
    assert night.parameters == {"shop": "apple"}


def test_a_worker_runs_what_a_person_or_a_schedule_put_there(shops: Path) -> None:
    from prefect.client.orchestration import get_client

    with get_client(sync_client=True) as client:
        [alerts] = [
            each for each in client.read_deployments(limit=200) if each.name == "ingest (apple)"
        ]
        run = client.create_flow_run_from_deployment(alerts.id)
        assert state_at_the_end(run.id) == "COMPLETED"
        assert client.read_flow_run(run.id).labels["prefect.worker.name"] == "one"
    assert (shops / "data" / "apple" / "warehouse.duckdb").exists()
    assert not (shops / "data" / "birch" / "warehouse.duckdb").exists()


def state_at_the_end(run: UUID, seconds: float = 300) -> str:
    from prefect.client.orchestration import get_client

    deadline = time.monotonic() + seconds
    with get_client(sync_client=True) as client:
        while time.monotonic() < deadline:
            state = client.read_flow_run(run).state
            if state is not None and state.is_final():
                return state.type.value
            time.sleep(0.5)
    raise AssertionError("it did not end")


def test_the_server_takes_the_pool_for_kubernetes(shops: Path) -> None:
    template = CONFIG / "deploy" / "kubernetes-pool.json"
    subprocess.run(
        [sys.executable, "-m", "prefect", "work-pool", "create", "--type", "kubernetes",
         "--base-job-template", str(template), "elsewhere"],
        env=os.environ, check=True, capture_output=True,
    )  # fmt: skip
    from prefect.client.orchestration import get_client

    with get_client(sync_client=True) as client:
        pool = client.read_work_pool("elsewhere")
    assert pool.base_job_template["variables"]["properties"]["image"]["default"] == "backroom"


def test_a_pool_without_a_server_is_refused(
    shops: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("PREFECT_API_URL")
    assert main(["up", "--pool", "backroom"]) == Exit.USAGE
    assert "PREFECT_API_URL" in capsys.readouterr().err
