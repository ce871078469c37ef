"""What is done before a private Prefect server stops: no run is left open, nothing is left in a queue."""

import asyncio
import logging
import sqlite3
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from typing import Any


def close_left_runs() -> None:
    """Mark as crashed the runs that were killed before they could say so, and begin those of a schedule again.

    Their slots are free then. A night would else wait for its next start, a day later. Right only
    before the first run and after the last: we hold the home's lock, so a run that is open then is
    nobody's.
    """
    from prefect.client.orchestration import get_client
    from prefect.client.schemas import filters
    from prefect.client.schemas.objects import State, StateType
    from prefect.states import Crashed

    still_open = filters.FlowRunFilter(
        state=filters.FlowRunFilterState(
            type=filters.FlowRunFilterStateType(
                any_=[StateType.PENDING, StateType.RUNNING, StateType.CANCELLING]
            )
        )
    )
    crashed: State[Any] = Crashed(message="It was killed before it could say how it ended")
    with get_client(sync_client=True) as client:
        left = client.read_flow_runs(flow_run_filter=still_open)
        for run in left:
            client.set_flow_run_state(run.id, crashed, force=True)
        again = {
            run.deployment_id: run.parameters
            for run in left
            if run.deployment_id and run.auto_scheduled and run.state_type != StateType.CANCELLING
        }
        for deployment, parameters in again.items():
            client.create_flow_run_from_deployment(deployment, parameters=parameters)


def send_queues(timeout: float) -> None:
    """Send what this process still holds for the server: events and log lines."""
    from prefect.events.worker import EventsWorker
    from prefect.logging.handlers import APILogWorker

    EventsWorker.drain_all(timeout=timeout, at_exit=True)
    APILogWorker.drain_all(timeout=timeout, at_exit=True)


def drain(database: str, started: datetime, timeout: float) -> None:
    """Wait until the server has kept every event we sent and recorded every task run.

    `database` is the address of the server's own records.

    The queues at our end are emptied first, a mark last. Once the mark is kept, so is all before
    it; the recorder then has to write one state for each kept event of a task run, under its id.
    """
    from prefect.events import emit_event
    from prefect.events.worker import EventsWorker

    logging.getLogger("EventsWorker").setLevel(logging.ERROR)  # it warns of our own mark
    send_queues(timeout)
    mark = uuid.uuid4()
    emit_event("backroom.drain", resource={"prefect.resource.id": "backroom.server"}, id=mark)
    EventsWorker.drain_all(timeout=timeout, at_exit=True)
    deadline = time.monotonic() + timeout
    with _records(database, timeout) as ask:
        while not _is_drained(ask, mark, started):
            if time.monotonic() > deadline:
                print(
                    f"The Prefect server did not record everything within {timeout:g} s: some task"
                    " runs will show as running. The work itself is done.",
                    file=sys.stderr,
                )
                return
            time.sleep(0.1)


ORCHESTRATION = """json_extract(resource, '$."prefect.orchestration"')"""  # as SQLite reads it
AS_POSTGRES = {ORCHESTRATION: "resource ->> 'prefect.orchestration'", "?": "$1"}
Ask = Callable[[str, object], int]  # a query that counts, and the value of its `?`


@contextmanager
def _records(database: str, timeout: float) -> Iterator[Ask]:
    """Give the way to ask the server's own records; the same asked of its API is a request a task run."""
    if not database.startswith("sqlite"):
        import asyncpg

        address = database.replace("+asyncpg", "", 1)
        with asyncio.Runner() as loop:
            kept = loop.run(asyncpg.connect(address, timeout=timeout))

            def ask(query: str, value: object) -> int:
                for ours, theirs in AS_POSTGRES.items():
                    query = query.replace(ours, theirs)
                return int(loop.run(kept.fetchval(query, value)))

            try:
                yield ask
            finally:
                loop.run(kept.close())
        return
    path = database.partition(":///")[2]
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=timeout)) as file:
        yield lambda query, value: file.execute(query, [_as_sqlite(value)]).fetchone()[0]


def _as_sqlite(value: object) -> str:
    return f"{value:%Y-%m-%d %H:%M:%S}" if isinstance(value, datetime) else str(value)


def _is_drained(ask: Ask, mark: uuid.UUID, started: datetime) -> bool:
    """Say whether the mark is kept, and every event of a task run since the start recorded."""
    if not ask("select count(*) from events where id = ?", mark):
        return False
    return not ask(
        f"""
        select count(*) from events
        where event like 'prefect.task-run.%'
            and {ORCHESTRATION} = 'client'
            and occurred >= ?
            and id not in (select id from task_run_state)
        """,
        started,
    )
