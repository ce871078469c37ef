"""Nights of many shops on Prefect workers: one flow run a shop in a work pool, from which workers take.

On this machine one command starts it all: a PostgreSQL, the server on it, and the workers. With
PREFECT_API_URL set, that server's workers are used, wherever they are (config/deploy/README.md).
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from config.errors import FatalError, UsageError
from config.folders import data_root
from config.shop import Shop
from tasks.run.postgres import private_postgres
from tasks.run.rights import close_folder
from tasks.run.server import local_server, sign_in

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient as Client

POOL = "backroom"
TRIES = 3  # runs a shop's night may have where the process of each was killed
LOOK_SECONDS = 2.0
PAGE = 200  # runs that one answer of the server holds
PENDING_SECONDS = 300  # taken by a worker and not begun: the worker was killed between the two
RECORDS = "PREFECT_SERVER_DATABASE_CONNECTION_URL"
SETTINGS = {
    "PREFECT_WORKER_QUERY_SECONDS": "1"
}  # by the default of 10 a worker rests between nights


@dataclass
class Turn:
    """The night of one shop: its run, how often it was begun, and what came of it (None: not yet)."""

    shop: str
    run_id: UUID
    tries: int = 1
    fault: str | None = None


@dataclass
class Workers:
    """The workers that we started on this machine; one that is gone is replaced."""

    home: Path
    wanted: int
    running: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)
    started: int = 0

    def start_missing(self, done: int) -> list[str]:
        """Start as many as are missing; return the names of those that were found gone.

        `done` nights have ended so far: for each, one more worker may be lost.

        Raises:
            FatalError: they end as soon as they start.
        """
        gone = [name for name, worker in self.running.items() if worker.poll() is not None]
        for name in gone:
            del self.running[name]
        while len(self.running) < self.wanted:
            if self.started >= TRIES * self.wanted + done:
                log = self.home / "workers.log"
                raise FatalError(f"Workers end without being asked to: {log} says why.")
            self.started += 1
            self._start(f"worker-{self.started}")
        return gone

    def _start(self, name: str) -> None:
        command = [sys.executable, "-m", "flows.desk.cli", "worker", "--pool", POOL, "--name", name]
        with (self.home / "workers.log").open("ab") as log:
            self.running[name] = subprocess.Popen(  # noqa: S603, our own command
                [*command, "--while-read"], stdin=subprocess.PIPE, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip

    def stop(self) -> None:
        """End them, and what they run: a night may be ended anywhere and run again."""
        for worker in self.running.values():
            worker.terminate()
        for worker in self.running.values():
            worker.communicate()


@contextmanager
def cluster(workers: int) -> Iterator[Workers]:
    """Give the workers, with the server that they and the environment of this process point to.

    Raises:
        FatalError: there is no PostgreSQL to keep the server's records in.
    """
    home = data_root() / ".cluster"
    given = os.environ.get(RECORDS)
    is_ours = "PREFECT_API_URL" not in os.environ
    needs = is_ours and not given
    with (
        private_postgres(data_root() / ".postgres") if needs else nullcontext(given) as database,
        local_server(home, schedules=True, database=database, is_shared=bool(given)) as url,
    ):
        if is_ours:
            print(f"Watch it while it runs: {sign_in(url, home)}", file=sys.stderr, flush=True)
        close_folder(home)
        ours = Workers(home, workers)
        try:
            yield ours
        finally:
            ours.stop()


def nights_on_workers(
    names: Sequence[str], workers: int, say: Callable[[str], None]
) -> dict[str, str]:
    """Run the night of each shop on workers; return what was wrong with each, empty where nothing.

    A night whose process was killed is begun again by another worker; it finishes what the killed
    one had begun. One that failed is not: it has tried again what waiting can help.
    """
    from prefect.client.orchestration import get_client

    from flows.desk.deployments import watch_for_silence

    with cluster(workers) as ours, get_client(sync_client=True) as client:
        deployment = deploy_nights()
        watch_for_silence()
        turns = [Turn(name, begin(client, deployment, name)) for name in names]
        while waiting := [turn for turn in turns if turn.fault is None]:
            gone = ours.start_missing(len(turns) - len(waiting))
            for turn, run in runs_of(client, waiting):
                _look(client, turn, run, deployment, gone)
                if turn.fault is not None:
                    done = sum(each.fault is not None for each in turns)
                    how = turn.fault or f"done in {run.total_run_time.total_seconds():.0f} s"
                    say(f"{turn.shop}: {how} ({done} of {len(turns)})")
            time.sleep(LOOK_SECONDS * (1 + len(waiting) // PAGE))
    return {turn.shop: turn.fault or "" for turn in turns}


def deploy_nights() -> UUID:
    """Let the server know the flow that workers run, and their pool; safe to call again."""
    from prefect.deployments.runner import RunnerDeployment
    from prefect.types.entrypoint import EntrypointType

    from flows.nightly import nightly

    require_pool(POOL)
    made = RunnerDeployment.from_flow(
        nightly,
        name="nightly (any shop, on workers)",
        entrypoint_type=EntrypointType.MODULE_PATH,
        work_pool_name=POOL,
    )
    return UUID(str(made.apply(work_pool_name=POOL)))


def require_pool(name: str) -> None:
    """Make the work pool, for our own kind of worker, unless there is one, of whatever kind."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.actions import WorkPoolCreate
    from prefect.exceptions import ObjectNotFound

    from flows.desk.worker import NightWorker

    template = NightWorker.get_default_base_job_template()
    with get_client(sync_client=True) as client:
        try:
            client.read_work_pool(name)
        except ObjectNotFound:
            client.create_work_pool(
                WorkPoolCreate(name=name, type=NightWorker.type, base_job_template=template)
            )


def put_into_pool(shops: Sequence[Shop], pool: str) -> int:
    """Let the workers of a pool run every flow of these shops on its schedule; return how many flows.

    Raises:
        UsageError: PREFECT_API_URL names no server, whose workers they would be.
    """
    if "PREFECT_API_URL" not in os.environ:
        raise UsageError("--pool needs PREFECT_API_URL: the server whose workers run the flows.")
    from flows.desk.deployments import deployments, forget_others, watch_for_silence

    made = deployments(shops)
    require_pool(pool)
    forget_others(made, shops)
    watch_for_silence()
    for each in made:
        each.apply(work_pool_name=pool)
    return len(made)


def begin(client: "Client", deployment: UUID, shop: str) -> UUID:
    """Put the night of a shop into the pool; return its run."""
    return client.create_flow_run_from_deployment(
        deployment, parameters={"shop": shop}, tags=[shop]
    ).id


def runs_of(client: "Client", turns: Sequence[Turn]) -> Iterator[tuple[Turn, Any]]:
    """Yield each turn with its run as the server knows it."""
    from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId

    for start in range(0, len(turns), PAGE):
        page = {turn.run_id: turn for turn in turns[start : start + PAGE]}
        wanted = FlowRunFilter(id=FlowRunFilterId(any_=list(page)))
        for run in client.read_flow_runs(flow_run_filter=wanted, limit=PAGE):
            yield page[run.id], run


def _look(client: "Client", turn: Turn, run: Any, deployment: UUID, gone: Sequence[str]) -> None:
    """See what became of a night; begin it again where its process was killed."""
    from prefect.states import Crashed

    state = run.state
    if not state.is_final():
        is_orphan = run.labels.get("prefect.worker.name") in gone
        age = time.time() - state.timestamp.timestamp()
        if not (is_orphan or (state.is_pending() and age > PENDING_SECONDS)):
            return
        state = Crashed(message="Its worker was killed")
        client.set_flow_run_state(run.id, state, force=True)
    if state.is_completed():
        turn.fault = ""
    elif state.is_crashed() and turn.tries < TRIES:
        turn.tries += 1
        turn.run_id = begin(client, deployment, turn.shop)
    else:
        turn.fault = f"{state.name}: {state.message or 'its run says why'}"
