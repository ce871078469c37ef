"""What a pipeline must know about Fern & Pine before it reads a file."""

from typing import Any

from tasks.demo import catalog, clock, shopify

_NEW_YORK, _LOS_ANGELES = "America/New_York", "America/Los_Angeles"


def shop(year: int) -> dict[str, Any]:
    """Return the facts of the shop's file, with the holidays of a year and its neighbors."""
    rest_days = sorted(day for near in (-1, 0, 1) for day in clock.holidays(year + near))
    return {
        "name": "Fern & Pine",
        "timezone": _NEW_YORK,
        "base_currency": catalog.CURRENCY,
        "holidays": [str(day) for day in rest_days],
        "channels": {
            "shopify": {
                "timezone": _NEW_YORK,
                "currency": "USD",
                "priority": 1,
                "locations": [catalog.MAIN, catalog.EAST],
                "ship_sla": {"working_days": 1, "cutoff_hour": 14, "timezone": _NEW_YORK},
                "test_gateway": shopify.TEST_GATEWAY,
                "synced_sources": {shopify.TIKTOK_APP: "tiktok"},
                "tax": "exclusive",
            },
            "amazon": {
                "timezone": "UTC",
                "currency": "USD",
                "priority": 2,
                "locations": [catalog.MAIN],
                "fba_location": catalog.FBA,
                "sales_channel": "Amazon.com",
                "settlement_days": 14,
                "ship_sla": {"working_days": 1, "cutoff_hour": 14, "timezone": _NEW_YORK},
            },
            "tiktok": {
                "timezone": _LOS_ANGELES,
                "currency": "USD",
                "priority": 3,
                "locations": [catalog.EAST, catalog.MAIN],
                "ship_sla": {"working_days": 2, "cutoff_hour": 12, "timezone": _LOS_ANGELES},
            },
            "wholesale": {
                "timezone": _NEW_YORK,
                "currency": "USD",
                "priority": 4,
                "locations": [catalog.MAIN],
                "ship_sla": {"rule": "requested ship date"},
            },
        },
        "locations": [
            {"name": catalog.MAIN, "kind": "own", "working_days": "Mon-Fri"},
            {"name": catalog.EAST, "kind": "3pl", "working_days": "Mon-Fri"},
            {"name": catalog.FBA, "kind": "amazon", "read_only": True},
        ],
    }
