"""`backroom worker`: runs what waits in the pool of a Prefect server, each run in a process of its own.

A run's process is forked from one that has imported everything already and done nothing else: it
costs milliseconds where a new Python costs seconds, and nothing of one shop is in the memory of
another's. A worker starts one run at a time: as many workers as there are cores.
"""

import asyncio
import logging
import multiprocessing
import os
import resource
import runpy
import signal
import sys
import threading
from collections.abc import Mapping
from typing import Any

import anyio.abc
import anyio.to_thread
from prefect.client.schemas.objects import FlowRun
from prefect.exceptions import InfrastructureNotFound
from prefect.workers.base import (
    BaseJobConfiguration,
    BaseVariables,
    BaseWorker,
    BaseWorkerResult,
)

from tasks.run.drain import send_queues
from tasks.run.server import stop_when_left

IMPORTED = ["flows.desk.warm"]
DRAIN_SECONDS = 20


class NightWorker(BaseWorker[BaseJobConfiguration, BaseVariables, BaseWorkerResult]):
    """Prefect's worker, for which a run is a fork of a process that is warm."""

    type = "backroom"
    job_configuration = BaseJobConfiguration
    _description = "Forks each run from a process that has imported Backroom already."

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._forks = multiprocessing.get_context("forkserver")
        self._forks.set_forkserver_preload(IMPORTED)

    async def run(
        self,
        flow_run: FlowRun,  # noqa: ARG002, its id is in the environment
        configuration: BaseJobConfiguration,
        task_status: anyio.abc.TaskStatus[int] | None = None,
    ) -> BaseWorkerResult:
        """Run a flow run to its end; a process that was killed is reported as crashed by Prefect."""
        process = self._forks.Process(target=_run, args=(configuration.env,))
        process.start()
        if task_status:
            task_status.started(process.pid or 0)
        await anyio.to_thread.run_sync(process.join)
        return BaseWorkerResult(status_code=process.exitcode or 0, identifier=str(process.pid))

    async def kill_infrastructure(
        self,
        infrastructure_pid: str,
        configuration: BaseJobConfiguration,  # noqa: ARG002
        grace_seconds: int = 30,  # noqa: ARG002, its files bear any kill
    ) -> None:
        """End the process of a run that was cancelled before it began."""
        try:
            os.kill(int(infrastructure_pid), signal.SIGTERM)
        except ProcessLookupError as error:
            raise InfrastructureNotFound(infrastructure_pid) from error


def _run(env: Mapping[str, str]) -> None:
    """Be the process of a flow run: what `python -m prefect.engine` is, without its imports."""
    os.environ.update(env)
    sys.argv = ["prefect.engine", env["PREFECT__FLOW_RUN_ID"]]
    threading.Thread(target=_end_with_worker, daemon=True).start()
    try:
        runpy.run_module("prefect.engine", run_name="__main__")
    finally:
        send_queues(DRAIN_SECONDS)
        used = resource.getrusage(resource.RUSAGE_SELF)
        cpu, peak = used.ru_utime + used.ru_stime, used.ru_maxrss / 1024
        print(f"{sys.argv[1]} ended: {cpu:.1f} CPU s, {peak:.0f} MB", file=sys.stderr, flush=True)


def _end_with_worker() -> None:
    """End a run whose worker is gone: nobody would report how it ended, or could cancel it."""
    worker = multiprocessing.parent_process()
    if worker is not None:
        worker.join()
        os.kill(os.getpid(), signal.SIGKILL)


def work(pool: str, name: str | None = None, *, while_read: bool = False) -> None:
    """Work until SIGTERM or Ctrl-C, or until standard input ends; what runs then is ended.

    A run that was ended so may be run again: a night may be ended anywhere.
    """
    if while_read:
        threading.Thread(target=stop_when_left, daemon=True).start()
    logging.getLogger("prefect").setLevel(logging.WARNING)
    worker = NightWorker(work_pool_name=pool, name=name, limit=1, create_pool_if_not_found=False)
    asyncio.run(worker.start(printer=lambda line: print(line, file=sys.stderr, flush=True)))
