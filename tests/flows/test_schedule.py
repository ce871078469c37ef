"""With the locked versions a schedule makes runs, and they complete.

With SQLAlchemy 2.1 everything starts and looks well, and the scheduler never makes a run.
"""

import time

from prefect.client.orchestration import get_client
from prefect.client.schemas import filters
from prefect.client.schemas.objects import FlowRun
from prefect.settings import PREFECT_API_URL, temporary_settings

DEADLINE_SECONDS = 150


def completed_run(server: str, flow: str) -> FlowRun:
    """Return the first run of the flow that its schedule made and that completed."""
    scheduled = filters.FlowRunFilter.model_validate(
        {"state": {"name": {"any_": ["Completed"]}}, "tags": {"all_": ["auto-scheduled"]}}
    )
    named = filters.FlowFilter.model_validate({"name": {"any_": [flow]}})
    deadline = time.monotonic() + DEADLINE_SECONDS
    with (
        temporary_settings({PREFECT_API_URL: f"{server}/api"}),
        get_client(sync_client=True) as client,
    ):
        while time.monotonic() < deadline:
            runs = client.read_flow_runs(flow_filter=named, flow_run_filter=scheduled)
            if runs:
                return runs[0]
            time.sleep(0.5)
    raise AssertionError(f"No scheduled run of {flow} completed in {DEADLINE_SECONDS} s.")


def test_an_every_minute_schedule_completes_a_run_meant_for_a_full_minute(up: str) -> None:
    run = completed_run(up, "each-minute")
    assert run.expected_start_time is not None
    assert (run.expected_start_time.second, run.expected_start_time.microsecond) == (0, 0)
    assert run.parameters == {"shop": "demo"}
