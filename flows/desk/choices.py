"""What a form offers instead of free text: the words that one shop's deployments take."""

from collections.abc import Iterable, Mapping
from typing import Any

from config.kpi import load_exceptions, load_sops
from config.shop import Shop
from config.station import STATIONS
from tasks.run.refusals import REFUSAL

ANY = "any"


def choices_of(shop: Shop) -> Mapping[str, list[str]]:
    """Return the words that a parameter of each name takes in this shop."""
    return {
        "shop": [shop.name],
        "who": shop.names,
        "sop": sorted(load_sops()),
        "type": [ANY, *sorted(load_exceptions())],
        "station": [ANY, *STATIONS],
    }


def offer(properties: dict[str, dict[str, Any]], choices: Mapping[str, Iterable[str]]) -> None:
    """Let the form's fields of these names be choices: the UI shows them, the server refuses others."""
    for name in properties.keys() & choices.keys():
        is_optional = properties[name].get("default") == ""
        words = [*([""] if is_optional else []), *choices[name]]
        for narrower in ("pattern", "minLength", "maxLength", REFUSAL):
            properties[name].pop(narrower, None)
        properties[name]["enum"] = words
