"""The bare floor of a run: server, imports, and one flow with as many tasks that do nothing."""

import sys
from pathlib import Path

from flows.desk.running import quiet
from tasks.run.server import local_server


def main() -> None:
    """Run it: `python -m tests.bench_floor TASKS FOLDER`; without a task nothing is imported but Prefect."""
    quiet()
    with local_server(Path(sys.argv[2])):
        tasks = int(sys.argv[1])
        if tasks:
            import great_expectations  # noqa: F401, what checks files and KPIs is part of the baseline
        from prefect import flow, task

        @task
        def nothing() -> None:
            """Do nothing."""

        @flow
        def floor() -> None:
            """Do nothing many times."""
            for _ in range(tasks):
                nothing()

        floor()


if __name__ == "__main__":
    main()
