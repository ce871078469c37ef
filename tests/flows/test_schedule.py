"""With the locked versions a schedule makes runs, and they complete.

With SQLAlchemy 2.1 everything starts and looks well, and the scheduler never makes a run.
"""

import time
from pathlib import Path

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas import filters
from prefect.client.schemas.objects import ConcurrencyLimitStrategy, FlowRun
from prefect.client.schemas.schedules import CronSchedule
from prefect.deployments.runner import RunnerDeployment
from prefect.settings import PREFECT_API_AUTH_STRING, PREFECT_API_URL, temporary_settings

from config.errors import FatalError
from config.shop import load_shop
from flows.desk.deployments import collision_strategy, deployments
from tests.flows.conftest import Server

DEADLINE_SECONDS = 150


def completed_run(server: Server, flow: str) -> FlowRun:
    """Return the first run of the flow that its schedule made and that completed."""
    scheduled = filters.FlowRunFilter.model_validate(
        {"state": {"name": {"any_": ["Completed"]}}, "tags": {"all_": ["auto-scheduled"]}}
    )
    named = filters.FlowFilter.model_validate({"name": {"any_": [flow]}})
    deadline = time.monotonic() + DEADLINE_SECONDS
    with (
        temporary_settings(
            {PREFECT_API_URL: f"{server.address}/api", PREFECT_API_AUTH_STRING: server.secret}
        ),
        get_client(sync_client=True) as client,
    ):
        while time.monotonic() < deadline:
            runs = client.read_flow_runs(flow_filter=named, flow_run_filter=scheduled)
            if runs:
                return runs[0]
            time.sleep(0.5)
    raise AssertionError(f"No scheduled run of {flow} completed in {DEADLINE_SECONDS} s.")


def test_an_every_minute_schedule_completes_a_run_meant_for_a_full_minute(up: Server) -> None:
    run = completed_run(up, "each-minute")
    assert run.expected_start_time is not None
    assert (run.expected_start_time.second, run.expected_start_time.microsecond) == (0, 0)
    assert run.parameters == {"shop": "demo"}


def test_a_schedule_without_its_flow_names_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "misnamed").mkdir()
    (tmp_path / "misnamed" / "nightly.py").write_text('SCHEDULE = "0 2 * * *"\n')
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(FatalError, match=r"misnamed/nightly\.py sets SCHEDULE and has no @flow"):
        deployments([load_shop("demo")], packages=["misnamed"])


def test_what_runs_all_day_drops_an_overlap_and_what_runs_once_waits_its_turn() -> None:
    assert collision_strategy("*/30 * * * *") is ConcurrencyLimitStrategy.CANCEL_NEW
    assert collision_strategy("0 2 * * *") is ConcurrencyLimitStrategy.ENQUEUE
    assert collision_strategy(None) is ConcurrencyLimitStrategy.ENQUEUE


def test_a_shop_file_may_set_when_its_flows_start() -> None:
    own = {"nightly": "30 3 * * *", "sync_stock": None, "plan_reorders": "*/10 * * * *"}
    shops = [load_shop("demo"), load_shop("demo").model_copy(update={"schedules": own})]
    usual, changed = (
        {each.flow_name: starts(each) for each in deployments([shop])} for shop in shops
    )
    assert (usual["nightly"][0][0], usual["sync-stock"][0][0]) == ("0 2 * * *", "*/30 * * * *")
    assert changed["nightly"] == [("30 3 * * *", "America/New_York")]
    assert (changed["sync-stock"], changed["plan-reorders"]) == ([], [("*/10 * * * *", "UTC")])


def starts(deployment: RunnerDeployment) -> list[tuple[str, str | None]]:
    """The cron line and the clock of each schedule of a deployment."""
    found = [each.schedule for each in deployment.schedules or ()]
    return [(each.cron, each.timezone) for each in found if isinstance(each, CronSchedule)]
