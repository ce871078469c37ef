"""The night a flow run stands for."""

from datetime import UTC, datetime

from prefect.runtime import flow_run

from config.errors import FatalError
from config.shop import Shop
from tasks.night import Night
from tasks.steps import last_night


def night_of(shop: Shop, as_of: datetime | None, *, now: bool = False) -> Night:
    """Return the night of this run: as asked, else by its scheduled start, never by the clock.

    Without `as_of` a night stands for the shop's last 02:00, or for a file that came after it;
    with `now` for the scheduled start itself, where the age of a figure decides.

    Raises:
        FatalError: `as_of` has no time zone or lies after the run's start.
    """
    scheduled = flow_run.scheduled_start_time or datetime.now(UTC)
    if as_of is not None:
        if as_of.tzinfo is None:
            as_of = as_of.replace(tzinfo=shop.zone)
        if as_of > datetime.now(UTC):
            raise FatalError(
                f"as_of {as_of} is in the future: a night is over before it is counted."
            )
        moment = as_of
    else:
        moment = scheduled if now else last_night(shop, scheduled)
    return Night(shop, moment.astimezone(UTC), str(flow_run.root_flow_run_id or flow_run.id))
