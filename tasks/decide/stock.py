"""What every channel may sell: from the stock position to a number per listing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from config.shop import Shop
from config.stock import Pool as PoolName
from config.stock import Promotion
from tasks.decide.last_decision import known_until
from tasks.decide.overrides import Overrides, overrides
from tasks.decide.stock_facts import Promoted, StockFacts, stock_facts
from tasks.ledger import Ledger, Oversell
from tasks.rules.buffer import Buffers, Raises
from tasks.rules.classes import Abc
from tasks.rules.columns import Flags, Floats, Ints
from tasks.rules.listing import Limits, Listings
from tasks.rules.shelf import Parts, Pool, Stock, Ways
from tasks.rules.stock import Published, publish
from tasks.run.night import Night
from tasks.warehouse.columns import write_columns
from tasks.warehouse.tables import fetch

ABC = [abc.value for abc in Abc]  # the most valuable first
OVERSOLD = """
    select sku, pool, open_units, available_units, short_units, places, channels, promotions, in_promotion,
        amount_at_stake, currency
    from ops.oversold order by sku, pool
"""


@dataclass(frozen=True)
class Skus:
    """Every SKU by number: its place in `names`.

    `parts` leave the shelf when one is sold: itself, or the components of a bundle. `abc` is the place of
    its class in ABC, `is_echo` says whether its count repeats what a channel was sent.
    """

    names: pa.Array
    parts: Parts
    is_bundle: Flags
    abc: Ints
    is_echo: Flags

    @classmethod
    def of(cls, facts: StockFacts) -> "Skus":
        """Return every SKU that the facts name."""
        names = pa.chunked_array(
            [chunk for column in facts.skus for chunk in column.chunks], pa.string()
        ).unique()
        bundle = _places(facts.bundles["bundle_sku"], names)
        is_bundle, is_echo = np.zeros((2, len(names)), dtype=bool)
        is_bundle[bundle] = True
        is_echo[_places(facts.echoes["sku"], names)] = True
        single = np.flatnonzero(~is_bundle)
        component, units = (facts.bundles[name] for name in ("component_sku", "component_units"))
        parts = Parts(
            np.concatenate([single, bundle]),
            np.concatenate([single, _places(component, names)]),
            np.concatenate([np.ones_like(single), units.to_numpy()]),
        )
        abc = np.full(len(names), ABC.index(Abc.C))
        abc[_places(facts.classes["sku"], names)] = _places(facts.classes["abc"], ABC)
        return cls(names, parts[np.argsort(parts.product, kind="stable")], is_bundle, abc, is_echo)

    def worst(self, column: Ints | Floats | Flags, of: np.ufunc) -> Any:
        """Return of each SKU the worst of its parts, by `of`."""
        return of.reduceat(column[self.parts.sku], self.parts.starts)


@dataclass(frozen=True)
class Decided:
    """What is published of each listing, and until when deciding again would publish the same, if nothing comes."""

    published: Published
    holds_until: datetime


@dataclass(frozen=True)
class _Way:
    """How those listings of a channel are filled that we ship, or those that Amazon ships."""

    pool: PoolName
    locations: tuple[str, ...]
    read_only: bool

    @classmethod
    def of(cls, shop: Shop, name: str, *, is_fba: bool) -> "_Way":
        """Return the way of a channel's listings."""
        channel = shop.channels[name]
        places, fba = channel.locations, channel.fba_location
        return cls(
            pool="fba" if is_fba else next(iter(shop.pools_of(name)), "merchant"),
            locations=(fba,) if is_fba and fba else places,
            read_only=is_fba or all(shop.locations[place].read_only for place in places),
        )


def decide_stock(con: duckdb.DuckDBPyConnection, night: Night) -> Decided:
    """Decide what is published of each listing, and keep it with all its layers as ops.channel_stock."""
    shop, facts = night.shop, stock_facts(con)
    skus = Skus.of(facts)
    ways = [
        _Way.of(shop, name, is_fba=is_fba) for name in shop.channels for is_fba in (False, True)
    ]
    listings = _listings(night, facts, skus, ways, overrides(con))
    limits = Limits(
        tight_units=shop.stock.tight_units,
        tight_days=shop.stock.tight_days,
        sync_hours=shop.stock.sync_hours,
        stale_hours=shop.stock.stale_hours,
        hold_hours=shop.stock.hold_hours,
        conservative_units=shop.stock.conservative_units,
    )
    until = known_until(con, night)
    minute, found = timedelta(minutes=1), [Published.of_rows([])]
    for pool in ("merchant", "3pl", "fba"):
        rows = np.flatnonzero(np.array([way.pool == pool for way in ways])[listings.way])
        if len(rows):
            of_pool, within = _pool(pool, shop, facts, skus, ways), until - night.moment
            those, minutes = publish(of_pool, listings[rows], limits, -(-within // minute))
            found.append(those)
            until = min(until, night.moment + minutes * minute)
    published = Published.joined(found)
    write_columns(con, "ops.channel_stock", published)
    return Decided(published, until)


def note_oversells(con: duckdb.DuckDBPyConnection, night: Night, ledger: Ledger) -> None:
    """Keep in the ledger what is promised beyond what a pool can give, and since when."""
    ledger.sync_oversells(fetch(con, Oversell, OVERSOLD), at=night.moment)


def _places(values: pa.ChunkedArray, among: pa.Array | Sequence[str]) -> Ints:
    """Return the place of each value among others that hold them all."""
    found = pc.index_in(values, value_set=pa.array(among, pa.string()))
    return np.asarray(found.to_numpy(), dtype=np.int64)


def _listings(
    night: Night, facts: StockFacts, skus: Skus, ways: Sequence[_Way], stated: Overrides
) -> Listings:
    shop, listed = night.shop, facts.listings
    channels = list(shop.channels)
    sku, channel = _places(listed["sku"], skus.names), _places(listed["channel"], channels)
    way = 2 * channel + listed["is_fba"].to_numpy()
    names, abc = skus.names.to_numpy(zero_copy_only=False), skus.worst(skus.abc, np.minimum)
    # What is of a listing by its class and channel is found once for all of them; some SKUs have their own.
    own = {of for of, _, _ in shop.buffers_by_key} | {of for _, of in facts.promotions}
    is_own = pc.is_in(skus.names, value_set=pa.array({*own, *stated.of_sku} - {None}, pa.string()))
    kind = np.where(is_own.to_numpy(zero_copy_only=False)[sku], sku + 1, 0)
    kind = (kind * len(channels) + channel) * len(ABC) + abc[sku]
    _, first, of_kind = np.unique(kind, return_index=True, return_inverse=True)
    kinds = [(channels[channel[at]], names[sku[at]], ABC[abc[sku[at]]]) for at in first]
    buffers = Buffers.of_rows(_buffer(shop, *of) for of in kinds)
    held = [stated.buffer_units(of, night.business_date) for _, of, _ in kinds]
    raises = Raises.of_rows(
        raise_of(of, one, facts.promotions, shop.stock.promotion) for of, one, _ in kinds
    )
    return Listings(
        channel=np.array(channels, dtype=object)[channel],
        channel_sku=listed["channel_sku"].to_numpy(),
        sku=names[sku],
        is_bundle=skus.is_bundle[sku],
        product=sku,
        way=way,
        buffer=buffers.overridden(np.array(held, dtype=np.float64))[of_kind],
        velocity=listed["velocity"].to_numpy(),
        previous=listed["previous"].to_numpy().astype(np.float64),
        shown=listed["shown"].to_numpy().astype(np.float64),
        read_only=np.array([each.read_only for each in ways], dtype=bool)[way],
        is_echo=(way % 2 == 0) & skus.worst(skus.is_echo, np.logical_or)[sku],
        count_error_rate=count_error_rates(shop, facts, skus)[sku, channel],
        promotion=raises[of_kind],
    )


def _buffer(shop: Shop, channel: str, sku: str, abc: str) -> dict[str, Any]:
    setting, rule = shop.buffer_of(sku, abc, channel)
    return setting.model_dump() | {"rule": rule}


def raise_of(
    channel: str,
    sku: str,
    promoted: Mapping[tuple[str | None, str | None], Promoted],
    setting: Promotion,
) -> dict[str, Any]:
    """Return how the promotion of a listing that expects most raises its buffer."""
    keys = ((channel, sku), (None, sku), (channel, None), (None, None))
    running = [promoted[key] for key in keys if key in promoted]
    if not running:
        return {"title": "", "factor": 1, "units": 0}
    most = max(running, key=lambda each: each.expected_uplift_rate)
    factor = setting.factor or max(most.expected_uplift_rate, 1)
    return {"title": most.title, "factor": factor, "units": setting.units}


def count_error_rates(shop: Shop, facts: StockFacts, skus: Skus) -> Floats:
    """Return the largest share of units that counts did not find at a channel's places [SKU × channel].

    Of a SKU at a place its own counts say it, else those of its class there, else all of the place;
    NaN where nothing was counted.
    """
    places, errors = list(shop.locations), facts.count_errors
    rates = np.full((len(skus.names), len(places)), np.nan)
    number = {name: at for at, name in enumerate(skus.names.to_pylist())} if len(errors) else {}
    for error in errors.to_pylist():  # the closest last
        subject = error["subject"]
        rows: Any = slice(None)
        if error["scope"] == "class":
            rows = skus.abc == ABC.index(subject)
        elif error["scope"] == "sku":
            rows = number.get(subject, [])
        rates[rows, places.index(error["location"])] = error["rate"]
    worst = skus.worst(rates, np.fmax)
    found: Floats = np.full((len(skus.names), len(shop.channels)), np.nan)
    for at, channel in enumerate(shop.channels.values()):
        own = [places.index(place) for place in channel.locations]
        found[:, at] = np.fmax.reduce(worst[:, own], axis=1, initial=np.nan)
    return found


def _pool(name: PoolName, shop: Shop, facts: StockFacts, skus: Skus, ways: Sequence[_Way]) -> Pool:
    """Return what is in a pool; FBA stock never enters the merchant's."""
    own = {of for of, location in shop.locations.items() if location.pool == name}
    places = sorted(own.union(*(way.locations for way in ways)))
    counted = facts.positions.filter(
        pc.is_in(facts.positions["location"], value_set=pa.array(own, pa.string()))
    )
    cells = _places(counted["sku"], skus.names), _places(counted["location"], places)

    def column(of: str, otherwise: float, kind: type) -> Any:
        found: Any = np.full((len(skus.names), len(places)), otherwise, dtype=kind)
        found[cells] = counted[of].to_numpy()
        return found

    stock = Stock(
        on_hand=column("on_hand", 0, np.int64),
        unavailable=column("unavailable", 0, np.int64),
        reserved=column("reserved", 0, np.int64),
        age_hours=column("age_hours", np.nan, np.float64),
    )
    return Pool(name, stock, skus.parts, Ways.of([way.locations for way in ways], places))
