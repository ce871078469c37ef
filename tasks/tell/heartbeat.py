"""A sign of life to a monitor outside: each whole night is reported, and silence is what it alarms on."""

import json

from tasks.run.night import Night
from tasks.tell.webhooks import post


def beat(night: Night) -> bool:
    """Report a whole night to the shop's monitor; whether it has one.

    Raises:
        RetryableError: the monitor is away or busy.
        FatalError: it refused, or the variable holds no address.
    """
    variable = night.shop.heartbeat_env
    if variable is None or night.is_replay:
        return False
    fields = {"shop": night.shop.name, "business_date": str(night.business_date)}
    post(variable, json.dumps(fields).encode())
    return True
