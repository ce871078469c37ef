"""The bare floor of a night: server, imports, and one flow with as many tasks that do nothing."""

import sys
from pathlib import Path

from flows.desk.cli import quiet
from tasks.run.server import local_server


def main() -> None:
    """Run it: `python -m tests.bench_floor TASKS FOLDER`."""
    quiet()
    with local_server(Path(sys.argv[2])):
        import great_expectations  # noqa: F401, part of the baseline
        from prefect import flow, task

        @task
        def nothing() -> None:
            """Do nothing."""

        @flow
        def floor(tasks: int) -> None:
            """Do nothing many times."""
            for _ in range(tasks):
                nothing()

        floor(int(sys.argv[1]))


if __name__ == "__main__":
    main()
