"""A flow with nothing to do, every minute."""

from prefect import flow
from prefect.runtime import flow_run

SCHEDULE = "* * * * *"


@flow
def each_minute(shop: str) -> str:
    """Say which minute this run is for.

    Args:
        shop: The shop's name.
    """
    return f"{shop}: {flow_run.scheduled_start_time}"
