"""What the SQL of an export may name of the shop."""

import re

from config.export import Export
from config.shop import Shop
from tasks.rules.sql_text import literals


def parameters(shop: Shop, export: Export) -> dict[str, str]:
    """Return the shop's facts that an export's SQL names: `$currencies` and the like."""
    channels = shop.platform(export.platform)
    currencies = {c.currency for c in channels.values()} or {shop.currency}
    fba = next((c.fba_location for c in channels.values() if c.fba_location), "FBA")
    named = [
        channel.sales_channel.lower() for channel in channels.values() if channel.sales_channel
    ]
    amazon = [name for name, place in shop.locations.items() if place.kind == "amazon"]
    facts = {
        "sales_channels": literals(sorted(named)) if named else "''",
        "currencies": literals(sorted(currencies)),
        "currency": next(iter(c.currency for c in channels.values()), shop.currency),
        "locations": literals(shop.locations),
        "amazon_locations": literals(amazon) if amazon else "''",
        "channels": literals(shop.channels),
        "fba_location": fba,
    }
    # What an export does not name decides nothing of how its rows are read.
    return {name: facts[name] for name in _named(export) if name in facts}


def _named(export: Export) -> list[str]:
    """Return every `$name` of the export's file; a regular expression's `$` is none."""
    return sorted(set(re.findall(r"\$([a-z_]+)", export.model_dump_json())))
