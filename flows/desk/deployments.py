"""What is served: every flow of this folder for every shop, on the schedule its file names."""

import asyncio
import importlib
import inspect
import pkgutil
import signal
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from prefect import Flow
from prefect.automations import Automation
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterTags
from prefect.client.schemas.objects import (
    ConcurrencyLimitConfig,
    ConcurrencyLimitStrategy,
    StateType,
)
from prefect.deployments.runner import RunnerDeployment
from prefect.events.actions import ChangeFlowRunState
from prefect.events.schemas.automations import EventTrigger, Posture
from prefect.runner import Runner
from prefect.schedules import Cron, Schedule
from prefect.types.entrypoint import EntrypointType

from config.errors import FatalError
from config.folders import data_root
from config.shop import Shop
from flows.desk.choices import choices_of, offer
from tasks.run.server import HEARTBEAT_SECONDS, local_server, sign_in

FLOWS = ("flows",)  # the packages of which every file holds a flow of its own name
SILENCE = timedelta(seconds=3 * HEARTBEAT_SECONDS)  # two heartbeats may be lost


@dataclass(frozen=True)
class Served:
    """The flow of a file, its usual schedule, and the station of which it is, where it is of one."""

    name: str
    flow: Flow[..., Any]
    schedule: str | None
    station: str


def deployments(
    shops: Sequence[Shop], *, packages: Sequence[str] = FLOWS
) -> list[RunnerDeployment]:
    """Return one deployment per flow and shop.

    A flow file of the packages may set `SCHEDULE`, a cron line in the shop's time, or in UTC where
    it runs several times a day; without one its flow waits for a person. A shop file may set
    another for its own flow, or none. `STATION` says of which station it is, for the tags.

    Raises:
        FatalError: a file sets `SCHEDULE` and has no flow of its own name.
    """
    return [
        deployment(found, shop)
        for package in packages
        for found in served_flows(package)
        for shop in shops
    ]


def deployment(found: Served, shop: Shop) -> RunnerDeployment:
    """Return a flow as the shop's people find it: its name, tags, plain words, and choices in its form."""
    schedule = shop.schedules.get(found.name, found.schedule)
    made = RunnerDeployment.from_flow(
        found.flow,
        # The verb first: a narrow list cuts the end.
        name=f"{found.name.replace('_', ' ')} ({shop.name})",
        description=(inspect.getdoc(found.flow.fn) or "").partition("\nArgs:\n")[0].strip(),
        tags=[shop.name, *tags_of(found, schedule)],
        parameters={"shop": shop.name},
        schedule=cron(schedule, shop.timezone) if schedule else None,
        concurrency_limit=ConcurrencyLimitConfig(
            limit=1, collision_strategy=collision_strategy(schedule)
        ),
        # By module, not by path: the run then finds the same classes wherever it starts.
        entrypoint_type=EntrypointType.MODULE_PATH,
        enforce_parameter_schema=True,
        paused=False,
    )
    offer(made._parameter_openapi_schema.properties, choices_of(shop))
    return made


def tags_of(found: Served, schedule: str | None) -> list[str]:
    """Return what the list of deployments can be narrowed to: the station, and who starts it."""
    asks_who = "who" in inspect.signature(found.flow.fn).parameters
    starts = "schedule" if schedule else "people" if asks_who else "by hand"
    return [*filter(None, [found.station]), starts]


def served_flows(package: str) -> Iterator[Served]:
    """Yield what each file of the package serves.

    Raises:
        FatalError: a file sets `SCHEDULE` and has no flow of its own name.
    """
    for found in pkgutil.iter_modules(importlib.import_module(package).__path__):
        module = importlib.import_module(f"{package}.{found.name}")
        flow = getattr(module, found.name, None)
        if isinstance(flow, Flow):
            schedule, station = getattr(module, "SCHEDULE", None), getattr(module, "STATION", "")
            yield Served(found.name, flow, schedule, station)
        elif hasattr(module, "SCHEDULE"):
            raise FatalError(
                f"{package}/{found.name}.py sets SCHEDULE and has no @flow named {found.name}. Give"
                " its flow the name of the file, or delete SCHEDULE."
            )


def cron(schedule: str, timezone: str) -> Schedule:
    """Return a cron line as a schedule.

    Once a day it follows the shop's clock. Several times a day it follows UTC: on the night on
    which clocks are set back, local time would leave out the hour that comes twice.
    """
    return Cron(schedule, timezone="UTC" if _is_all_day(schedule) else timezone)


def _is_all_day(schedule: str) -> bool:
    return not schedule.split()[1].isdigit()


def collision_strategy(schedule: str | None) -> ConcurrencyLimitStrategy:
    """Return what becomes of a run that is due while the one before still runs.

    Several times a day, it is dropped: the next one sees all it would have seen, and a morning
    after an outage must not begin with a queue. Once a day or by hand, it waits its turn: each
    such run has a day, or a decision, of its own.
    """
    if schedule and _is_all_day(schedule):
        return ConcurrencyLimitStrategy.CANCEL_NEW
    return ConcurrencyLimitStrategy.ENQUEUE


def serve_all(
    shops: Sequence[Shop],
    *,
    port: int = 4200,
    home: Path | None = None,
    packages: Sequence[str] = FLOWS,
) -> None:
    """Run the server with its UI, and every flow on its schedule, until Ctrl-C or SIGTERM.

    Schedules stay active when it stops: what fell due meanwhile runs at the next start. With
    PREFECT_API_URL set, that server is used.

    Raises:
        FatalError: the port is taken, or a flow's file cannot be loaded.
        RetryableError: it already runs.
    """
    served = deployments(shops, packages=packages)
    home = home or data_root() / ".prefect"
    with local_server(home, port=port, schedules=True) as url:
        forget_others(served, shops)
        watch_for_silence()
        runner = _Runner(pause_on_shutdown=False)
        for deployment in served:
            runner.add_deployment(deployment)
        print(
            f"Backroom is up. Open {sign_in(url, home)}\n"
            "  This link signs your browser in: it is for you alone. Ctrl-C stops the server.",
            flush=True,
        )
        signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's `&` had it ignored
        with suppress(KeyboardInterrupt):
            asyncio.run(runner.start())


class _Runner(Runner):
    """Prefect's runner, for which SIGTERM is a Ctrl-C: its own answer drops its runs' last words."""

    def handle_sigterm(self, *_: Any, **__: Any) -> None:
        signal.raise_signal(signal.SIGINT)


def forget_others(served: Sequence[RunnerDeployment], shops: Sequence[Shop]) -> None:
    """Delete deployments of these shops that are served under their name no more.

    Left there, their schedules would go on making runs that nobody starts. Those of other shops
    may be served elsewhere, where several machines use one server.
    """
    names = {each.name for each in served}
    with get_client(sync_client=True) as client:
        for shop in shops:
            tagged = DeploymentFilter(tags=DeploymentFilterTags(all_=[shop.name]))
            for known in client.read_deployments(deployment_filter=tagged):
                is_ours = (known.entrypoint or "").startswith(tuple(f"{one}." for one in FLOWS))
                if is_ours and known.name not in names:
                    client.delete_deployment(known.id)


def watch_for_silence() -> None:
    """Have the server mark a run as crashed once its heartbeats stop; safe to call again.

    Only a run whose process and runner were both killed falls silent; all others say their end.
    """
    last_words = ("Completed", "Failed", "Cancelled", "Crashed", "Suspended", "Paused")
    heartbeat = "prefect.flow-run.heartbeat"
    automation = Automation(
        name="a silent run has crashed",
        description="Marks a run as crashed when its process was killed with the whole machine.",
        trigger=EventTrigger(
            match={"prefect.resource.id": ["prefect.flow-run.*"]},
            for_each={"prefect.resource.id"},
            after={heartbeat},
            expect={heartbeat, *(f"prefect.flow-run.{word}" for word in last_words)},
            posture=Posture.Proactive,
            threshold=1,
            within=SILENCE,
        ),
        actions=[
            ChangeFlowRunState(
                state=StateType.CRASHED,
                message=f"No heartbeat for {SILENCE.seconds} s: its process is gone.",
            )
        ],
    )
    with get_client(sync_client=True) as client:
        for earlier in client.read_automations_by_name(automation.name):
            client.delete_automation(earlier.id)
    automation.create()
