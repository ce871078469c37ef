"""What is done before a private Prefect server stops: no run is left open, nothing is left in a queue."""

import logging
import sqlite3
import sys
import time
import uuid
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any


def close_left_runs() -> None:
    """Mark as crashed the runs that were killed before they could say so; frees their slots.

    Right only before the first run and after the last: we hold the home's lock, so a run that is
    open then is nobody's.
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
        for run in client.read_flow_runs(flow_run_filter=still_open):
            client.set_flow_run_state(run.id, crashed, force=True)


def drain(database: Path, started: datetime, timeout: float) -> None:
    """Wait until the server has kept every event we sent and recorded every task run.

    The queues at our end are emptied first, a mark last. Once the mark is kept, so is all before
    it; the recorder then has to write one state for each kept event of a task run, under its id.
    """
    from prefect.events import emit_event
    from prefect.events.worker import EventsWorker
    from prefect.logging.handlers import APILogWorker

    logging.getLogger("EventsWorker").setLevel(logging.ERROR)  # it warns of our own mark
    EventsWorker.drain_all(timeout=timeout, at_exit=True)
    APILogWorker.drain_all(timeout=timeout, at_exit=True)
    mark = uuid.uuid4()
    emit_event("backroom.drain", resource={"prefect.resource.id": "backroom.server"}, id=mark)
    EventsWorker.drain_all(timeout=timeout, at_exit=True)
    deadline = time.monotonic() + timeout
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=timeout)) as kept:
        while not _is_drained(kept, mark, started):
            if time.monotonic() > deadline:
                print(
                    f"The Prefect server did not record everything within {timeout:g} s: some task"
                    " runs will show as running. The work itself is done.",
                    file=sys.stderr,
                )
                return
            time.sleep(0.1)


def _is_drained(kept: sqlite3.Connection, mark: uuid.UUID, started: datetime) -> bool:
    """Say whether the mark is kept, and every event of a task run since the start recorded.

    Both tables are the server's own; the same question asked of its API is a request per task run.
    """
    (marks,) = kept.execute("select count(*) from events where id = ?", [str(mark)]).fetchone()
    (behind,) = kept.execute(
        """
        select count(*) from events
        where event like 'prefect.task-run.%'
            and json_extract(resource, '$."prefect.orchestration"') = 'client'
            and occurred >= ?
            and id not in (select id from task_run_state)
        """,
        [f"{started:%Y-%m-%d %H:%M:%S}"],
    ).fetchone()
    return bool(marks) and not behind
