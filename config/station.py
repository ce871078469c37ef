"""The twelve stations of the back office, and what of the business each of them carries."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal, get_args

from config.strict import CONFIG, SettingsError, Strict, named

# In the order in which a shop makes systems of them, which is the order in which their cases come first.
Station = Literal[
    "orders", "fulfilment", "inventory", "customer_service", "returns", "fraud", "finance",
    "catalog", "marketing", "storefront", "analytics", "onboarding",
]  # fmt: skip
STATIONS: tuple[Station, ...] = get_args(Station)

Fundamental = Literal[
    "store presentation", "order taking", "inventory", "fulfilment", "return handling", "customer service",
]  # fmt: skip
Flow = Literal[
    "marketing and sales", "order processing", "inventory management", "shipping", "returns and refunds",
    "customer service", "store management", "financial management", "data analysis", "training",
    "technical support", "product research", "office and warehouse", "sustainability",
]  # fmt: skip


class StationParts(Strict):
    """What of the business a station carries."""

    title: str
    area: Literal["marketing", "fulfilment", "leadership"]
    fundamentals: tuple[Fundamental, ...] = ()
    flows: tuple[Flow, ...] = ()


class StationMap(Strict):
    """The twelve stations, and the flows of a business that none of them carries, each with why."""

    stations: dict[Station, StationParts]
    outside: dict[Flow, str]


@cache
def load_stations(path: Path = CONFIG / "stations.yaml") -> Mapping[Station, StationParts]:
    """Return what each station carries, in the order of the stations.

    Raises:
        SettingsError: a station is missing, or a fundamental or flow of a business is nobody's.
    """
    known = StationMap.read(path)
    carried = known.stations.values()
    lacking = [
        *(set(STATIONS) - set(known.stations)),
        *(set(get_args(Fundamental)) - {each for parts in carried for each in parts.fundamentals}),
        *(set(get_args(Flow)) - {each for parts in carried for each in parts.flows} - set(known.outside)),
    ]  # fmt: skip
    if lacking:
        raise SettingsError(
            f"{named(path)} says nothing of {', '.join(sorted(lacking))}: enter each under a station,"
            " or a flow under `outside` with the reason."
        )
    return {station: known.stations[station] for station in STATIONS}
