"""Listings and the stock behind them as rows, for tests of what is published: rules take columns."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, TypeVar

import numpy as np

from tasks.rules import buffer as buffers
from tasks.rules import ration as rations
from tasks.rules import shelf, stock
from tasks.rules.buffer import Buffers, Raises
from tasks.rules.listing import Limits, Listings
from tasks.rules.ration import NO_LIMIT, Claims
from tasks.rules.shelf import Parts, Pool, Ways
from tests.rules.rows import plain, value

Thing = TypeVar("Thing")
Cell = tuple[str, str]  # a SKU at a place
Published = Any  # a SimpleNamespace of the fields of tasks.rules.stock.Published


@dataclass(frozen=True)
class Buffer:
    """A row of Buffers."""

    units: int = 0
    percent: Decimal = Decimal(0)
    days: Decimal = Decimal(0)
    count_error: bool = False
    risk: Decimal | None = None
    at_least_one: bool = False
    floor: int = 0
    cap: int | None = None
    rule: str = "shop"


@dataclass(frozen=True)
class Raise:
    """A row of Raises."""

    title: str = ""
    factor: Decimal = Decimal(1)
    units: int = 0


@dataclass(frozen=True)
class Stock:
    """A cell of Stock; `age_hours` is None where no accepted file says when it was counted."""

    on_hand: int
    unavailable: int = 0
    reserved: int = 0
    age_hours: Decimal | None = Decimal(0)


NOT_COUNTED = Stock(0, age_hours=None)


@dataclass(frozen=True)
class Listing:
    """A row of Listings, with its rank, its places and what it sells; None where a column has NaN."""

    channel: str
    channel_sku: str
    sku: str
    priority: int
    locations: tuple[str, ...]
    buffer: Buffer = field(default_factory=Buffer)
    velocity: Decimal | None = None
    previous: int | None = None
    shown: int | None = None
    components: Mapping[str, int] = field(default_factory=dict)
    read_only: bool = False
    is_echo: bool = False
    count_error_rate: Decimal | None = None
    promotion: Raise | None = None

    @property
    def parts(self) -> Mapping[str, int]:
        """What leaves the shelf when one is sold."""
        return self.components or {self.sku: 1}

    @property
    def key(self) -> tuple[int, str, str, str]:
        """Who is served first; ties go by name."""
        return self.priority, self.channel, self.channel_sku, self.sku


def publish(
    pool: str, cells: Mapping[Cell, Stock], listings: Iterable[Listing], limits: Limits
) -> list[Published]:
    """Return what is published of the listings of a pool, by rank."""
    return publish_all(pool, [(cells, listings)], limits)[0]


def publish_all(
    pool: str, worlds: Sequence[tuple[Mapping[Cell, Stock], Iterable[Listing]]], limits: Limits
) -> list[list[Published]]:
    """Return what is published in each of many worlds, whose SKUs are not one another's; made together."""
    return publish_within(pool, worlds, limits, 0)[0]


def publish_within(
    pool: str,
    worlds: Sequence[tuple[Mapping[Cell, Stock], Iterable[Listing]]],
    limits: Limits,
    within: int,
) -> tuple[list[list[Published]], int]:
    """Return what is published in each of many worlds, and for how many minutes of `within` all of it stays so."""
    ranked = [sorted(listings, key=lambda each: each.key) for _, listings in worlds]
    every = [each for listings in ranked for each in listings]
    of_world = [world for world, listings in enumerate(ranked) for _ in listings]
    parts = [
        tuple(((world, sku), need) for sku, need in each.parts.items())
        for world, each in zip(of_world, every, strict=True)
    ]
    ways, products = _numbered(each.locations for each in every), _numbered(parts)
    counted = {
        ((world, sku), place): stock
        for world, (cells, _) in enumerate(worlds)
        for (sku, place), stock in cells.items()
    }
    skus = _numbered([*(sku for sku, _ in counted), *(sku for one in parts for sku, _ in one)])
    places = sorted({place for _, place in counted}.union(*ways))
    kinds = {
        "object": ["channel", "channel_sku", "sku"],
        "float64": ["velocity", "previous", "shown", "count_error_rate"],
        "bool": ["read_only", "is_echo"],
    }
    columns: dict[str, Any] = {
        name: np.array([getattr(each, name) for each in every], dtype=kind)
        for kind, names in kinds.items()
        for name in names
    }
    found = Listings(
        is_bundle=np.array([bool(each.components) for each in every]),
        product=np.array([products[each] for each in parts]),
        way=np.array([ways[each.locations] for each in every]),
        buffer=Buffers.of_rows(asdict(each.buffer) for each in every),
        promotion=Raises.of_rows(asdict(each.promotion or Raise()) for each in every),
        **columns,
    )
    needed = [(number, skus[sku], need) for one, number in products.items() for sku, need in one]
    shelves = Pool(
        pool,
        stock_of(counted, list(skus), places),
        Parts(*np.array(needed, dtype=np.int64).T),
        Ways.of(list(ways), places),
    )
    published, minutes = stock.publish(shelves, found, limits, within)
    rows = iter(plain(published))
    made = [[SimpleNamespace(**next(rows)) for _ in listings] for listings in ranked]
    return made, minutes


def _numbered(things: Iterable[Thing]) -> dict[Thing, int]:
    return {thing: number for number, thing in enumerate(dict.fromkeys(things))}


def stock_of(cells: Mapping[Any, Stock], skus: Sequence[Any], places: Sequence[str]) -> shelf.Stock:
    """Return the cells [SKU × place]."""
    rows = [[cells.get((sku, place), NOT_COUNTED) for place in places] for sku in skus]
    kinds = {"on_hand": int, "unavailable": int, "reserved": int, "age_hours": float}
    return shelf.Stock(
        **{
            name: np.array([[getattr(cell, name) for cell in row] for row in rows], dtype=kind)
            for name, kind in kinds.items()
        }
    )


def available_units(cells: Mapping[Cell, Stock]) -> dict[Cell, int]:
    """Return what each place may still sell of each SKU."""
    skus, places = (sorted({cell[at] for cell in cells}) for at in (0, 1))
    found = stock_of(cells, skus, places).available
    return {cell: int(found[skus.index(cell[0]), places.index(cell[1])]) for cell in cells}


def hold_back(
    one: Buffer,
    sellable: int,
    velocity: Decimal | None,
    count_error_rate: Decimal | None = None,
    risk_units: int | None = None,
    promotion: Raise | None = None,
) -> Any:
    """Return what a buffer holds back, with `why` in words."""
    sizes = np.array([velocity, count_error_rate, risk_units], dtype=np.float64)[:, None]
    found = buffers.hold_back(
        Buffers.of_rows([asdict(one)]),
        np.array([sellable]),
        sizes[0],
        sizes[1],
        sizes[2],
        Raises.of_rows([asdict(promotion or Raise())]),
    )
    figures = {name: value(column) for name, column in vars(found).items()}
    return SimpleNamespace(**figures, why=buffers.words(int(found.why[0])))


@dataclass(frozen=True)
class Claim:
    """A row of Claims for one SKU at one place."""

    demand: int
    buffer: int = 0
    most: int = NO_LIMIT
    floor: int = 0
    at_least_one: bool = False


def ration(claims: Sequence[Claim], left: int) -> list[int]:
    """Return the units of one SKU at one place that are given to each claim, by rank."""
    count = len(claims)
    rows = {
        name: np.array([getattr(claim, name) for claim in claims], dtype=kind)
        for name, kind in {"demand": int, "buffer": int, "most": int, "floor": int}.items()
    }
    found = rations.ration(
        Claims(
            product=np.zeros(count, dtype=np.int64),
            preference=np.zeros((count, 1), dtype=np.int64),
            at_least_one=np.array([claim.at_least_one for claim in claims], dtype=bool),
            **rows,
        ),
        Parts(*np.array([[0], [0], [1]])),
        np.array([[left]]),
    )
    return [int(units) for units in found]
