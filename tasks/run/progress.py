"""What a run says while it works: a line to its log, and to the terminal of whoever waits."""

import os
import sys

from prefect.exceptions import MissingContextError
from prefect.logging import get_run_logger

TERMINAL = "BACKROOM_PROGRESS"  # set by the command line: Prefect's own log stays quiet there


def say(line: str) -> None:
    """Log one line of progress. No row contents, no secrets: logs are kept."""
    try:
        get_run_logger().info(line)
    except MissingContextError:
        print(line, file=sys.stderr)
        return
    if os.environ.get(TERMINAL):
        print(f"  {line}", file=sys.stderr, flush=True)
