"""The night of a flow run."""

from datetime import UTC, datetime

from prefect.runtime import flow_run

from config.errors import UsageError
from config.shop import Shop
from tasks.archive.steps import begin, last_night, not_before_last_night
from tasks.run.night import Night, on_clock


def night_of(shop: Shop, as_of: datetime | None, *, now: bool = False) -> Night:
    """Return the night of this run: as asked, else by its scheduled start, never by the clock.

    Without `as_of` a night is of the shop's last 02:00, or for a file that came after it;
    with `now` for the scheduled start itself, where the age of a figure decides, or for the last
    night, where a late run was due before it: what that night knew is known. A moment before
    the shop's last night is a replay: it changes nothing but its own report.

    Raises:
        UsageError: `as_of` is in the future.
    """
    scheduled = flow_run.scheduled_start_time or datetime.now(UTC)
    run_id = str(flow_run.root_flow_run_id or flow_run.id)
    if now and as_of is None:
        return Night(shop, not_before_last_night(shop, scheduled).astimezone(UTC), run_id)
    moment = moment_of(shop, as_of) if as_of else last_night(shop, scheduled)
    return begin(shop, moment.astimezone(UTC), run_id, str(flow_run.flow_name))


def moment_of(shop: Shop, as_of: datetime) -> datetime:
    """Return the moment asked for, in UTC; without a time zone it is read on the shop's clock.

    Raises:
        UsageError: it is in the future.
    """
    moment = on_clock(as_of, shop.zone)
    if moment > datetime.now(UTC):
        raise UsageError(f"as_of {as_of} is in the future: a night is over before it is counted.")
    return moment
