"""What every channel may sell: from the stock position to a number per listing."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import product

import duckdb

from config.shop import Shop
from config.stock import Pool, Promotion
from tasks.decide.overrides import overrides
from tasks.decide.reorder_facts import classes
from tasks.ledger import Ledger, Oversell
from tasks.rules.buffer import Buffer, Raise
from tasks.rules.classes import Abc
from tasks.rules.listing import Limits, Listing, Stock
from tasks.rules.ration import Cell
from tasks.rules.stock import Published, publish
from tasks.run.night import Night
from tasks.warehouse.tables import fetch, write_rows

# The share of the units in the books that counts did not find, of a SKU, a class or a whole location.
COUNT_ERRORS = """
    select location, scope, subject, cast(missing_units / book_units as decimal(9, 6))
    from ops.record_accuracy where book_units > 0
"""
PROMOTIONS = """
    select channel, sku, title, coalesce(expected_uplift_rate, 1) as expected_uplift_rate
    from core.promotions cross join settings.run
    where run.business_date between start_date and end_date
    order by expected_uplift_rate, title
"""
POSITIONS = """
    select sku, location, on_hand_units, unavailable_units, reserved_units,
        cast(date_diff('second', source_as_of, as_of) as decimal(18, 4)) / 3600 as age_hours
    from ops.stock_position cross join settings.run
"""
OVERSOLD = """
    select sku, pool, open_units, available_units, short_units, places, channels, promotions, in_promotion,
        amount_at_stake, currency
    from ops.oversold order by sku, pool
"""
# The listings of the channels that we push or that Amazon ships, with the units that each sells a day. `shown_units`
# is what it was last sent, less what it sold since; null where nothing was sent.
LISTINGS = """
    with fba as (
        select distinct stock_levels.platform, stock_levels.channel_sku
        from valid.stock_levels
        inner join settings.locations using (location)
        where locations.kind = 'amazon'
    ),
    -- Without any file of Amazon's stock the newest order says who ships a listing. Where none says it and Amazon
    -- ships for the channel, nobody knows: a figure of ours must not reach a listing that Amazon may fill.
    amazon_ships as (
        select distinct channel from core.order_lines where fulfilled_by = 'amazon'
    ),
    shipped as (
        select channel, channel_sku, arg_max(fulfilled_by = 'amazon', (ordered_at, order_id, line_id)) as is_fba
        from core.order_lines group by channel, channel_sku
    ),
    listed as (
        select channel, channel_sku, sku from core.sku_map
        union
        -- A channel without a map sells under the seller's own SKUs.
        select channels.channel, listings.channel_sku, listings.channel_sku
        from core.listings inner join settings.channels using (platform)
        where channels.channel not in (select channel from core.sku_map)
    ),
    sold as (
        select order_lines.channel, order_lines.channel_sku,
            sum(order_lines.demand_units) / any_value(stock.window_days) as velocity
        from core.order_lines cross join settings.run cross join settings.stock
        where order_lines.is_demand
            and order_lines.business_date >= run.business_date - cast(stock.window_days as integer)
            and order_lines.business_date < run.business_date
        group by order_lines.channel, order_lines.channel_sku
    ),
    sent as (
        select channel, channel_sku, units, pushed_at from ledger.stock_pushes cross join settings.run
        where state = 'written' and pushed_at < run.as_of
        qualify row_number() over (partition by channel, channel_sku order by pushed_at desc, push_batch desc) = 1
    ),
    sold_since as (
        select sent.channel, sent.channel_sku, sum(order_lines.quantity_units) as units
        from sent inner join core.order_lines
            on sent.channel = order_lines.channel and sent.channel_sku = order_lines.channel_sku
            and sent.pushed_at < order_lines.ordered_at and not order_lines.is_cancelled
        group by sent.channel, sent.channel_sku
    )
    select listed.channel, listed.channel_sku, listed.sku,
        fba.channel_sku is not null or (
            channels.fba_location is not null
            and channels.platform not in (select fba.platform from fba)
            and coalesce(shipped.is_fba, amazon_ships.channel is not null)
        ) as is_fba,
        coalesce(sold.velocity, 0) as velocity,
        cast(
            case when sent.units is not null then greatest(sent.units - coalesce(sold_since.units, 0), 0) end as bigint
        ) as shown_units
    from listed
    inner join settings.channels using (channel)
    left join fba on channels.platform = fba.platform and listed.channel_sku = fba.channel_sku
    left join shipped on listed.channel = shipped.channel and listed.channel_sku = shipped.channel_sku
    left join amazon_ships on listed.channel = amazon_ships.channel
    left join sold on listed.channel = sold.channel and listed.channel_sku = sold.channel_sku
    left join sent on listed.channel = sent.channel and listed.channel_sku = sent.channel_sku
    left join sold_since on listed.channel = sold_since.channel and listed.channel_sku = sold_since.channel_sku
    where channels.is_pushed or fba.channel_sku is not null
    order by all
"""


@dataclass(frozen=True)
class _Way:
    """How those listings of a channel are filled that we ship, or those that Amazon ships.

    `counted` are the channel's own places, whose counts say how far stock may be off.
    """

    pool: Pool
    priority: int
    locations: tuple[str, ...]
    counted: tuple[str, ...]
    read_only: bool

    @classmethod
    def of(cls, shop: Shop, name: str, *, is_fba: bool) -> "_Way":
        """Return the way of a channel's listings."""
        channel = shop.channels[name]
        places, fba = channel.locations, channel.fba_location
        return cls(
            pool="fba" if is_fba else next(iter(shop.pools_of(name)), "merchant"),
            priority=channel.priority,
            locations=(fba,) if is_fba and fba else places,
            counted=places,
            read_only=is_fba or all(shop.locations[place].read_only for place in places),
        )


@dataclass(frozen=True)
class _Position:
    """The stock of a SKU at a location; None where no accepted file says it."""

    sku: str
    location: str
    on_hand_units: int | None
    unavailable_units: int | None
    reserved_units: int
    age_hours: float | None


@dataclass(frozen=True)
class _Promoted:
    """A promotion that runs; without a channel or SKU it is of every one."""

    channel: str | None
    sku: str | None
    title: str
    expected_uplift_rate: Decimal


def decide_stock(con: duckdb.DuckDBPyConnection, night: Night, ledger: Ledger) -> list[Published]:
    """Return what is published of each listing, and keep it with all its layers as ops.channel_stock."""
    shop = night.shop
    previous = ledger.last_pushes(before=night.moment)
    bundles: dict[str, dict[str, int]] = defaultdict(dict)
    for bundle, component, units in con.execute("from core.bundles").fetchall():
        bundles[bundle][component] = units
    echoed = {sku for (sku,) in con.execute("select distinct sku from ops.stock_echo").fetchall()}
    abc = classes(con)
    errors = {tuple(of): rate for *of, rate in con.execute(COUNT_ERRORS).fetchall()}
    promoted = {(each.channel, each.sku): each for each in fetch(con, _Promoted, PROMOTIONS)}
    stated = overrides(con)
    pools: dict[Pool, list[Listing]] = {"merchant": [], "3pl": [], "fba": []}
    ways = {
        (name, is_fba): _Way.of(shop, name, is_fba=is_fba)
        for name in shop.channels
        for is_fba in (False, True)
    }
    buffers: dict[tuple[int, str], Buffer] = {}
    for channel, channel_sku, sku, is_fba, velocity, shown in con.execute(LISTINGS).fetchall():
        way = ways[channel, is_fba]
        components = bundles.get(sku, {})
        skus = list(components) or [sku]
        setting, rule = shop.buffer_of(sku, _class_of(skus, abc), channel)
        if (id(setting), rule) not in buffers:
            buffers[id(setting), rule] = Buffer(**setting.model_dump(), rule=rule)
        buffer = buffers[id(setting), rule]
        if (units := stated.buffer_units(sku, night.business_date)) is not None:
            buffer = buffer.overridden(units)
        pools[way.pool].append(
            Listing(
                channel=channel,
                channel_sku=channel_sku,
                sku=sku,
                priority=way.priority,
                locations=way.locations,
                buffer=buffer,
                velocity=Decimal(str(velocity)),
                previous=previous.get((channel, channel_sku)),
                shown=shown,
                components=components,
                read_only=way.read_only,
                is_echo=not is_fba and not echoed.isdisjoint(skus),
                count_error_rate=_count_error_rate(skus, way.counted, abc, errors),
                promotion=_raise_of(channel, sku, promoted, shop.stock.promotion),
            )
        )
    limits = Limits(
        tight_units=shop.stock.tight_units,
        tight_days=shop.stock.tight_days,
        sync_hours=shop.stock.sync_hours,
        stale_hours=shop.stock.stale_hours,
        hold_hours=shop.stock.hold_hours,
        conservative_units=shop.stock.conservative_units,
    )
    stock = _stock(con, shop)
    published = [
        row
        for pool, listings in pools.items()
        for row in publish(pool, stock[pool], listings, limits)
    ]
    write_rows(con, "ops.channel_stock", Published, published)
    return published


def note_oversells(con: duckdb.DuckDBPyConnection, night: Night, ledger: Ledger) -> None:
    """Keep in the ledger what is promised beyond what a pool can give, and since when."""
    ledger.sync_oversells(fetch(con, Oversell, OVERSOLD), at=night.moment)


def _class_of(skus: Iterable[str], abc: Mapping[str, Abc]) -> Abc:
    """Return the class of a listing; a bundle has that of its most valuable component."""
    return min(abc.get(sku, Abc.C) for sku in skus)


def _count_error_rate(
    skus: Iterable[str],
    places: Iterable[str],
    abc: Mapping[str, Abc],
    errors: Mapping[tuple[str, ...], Decimal],
) -> Decimal | None:
    """Return the largest share of units that counts did not find; None where nothing was counted.

    Of a SKU at a place its own counts say it, else those of its class there, else all of the place.
    """
    if not errors:
        return None
    found = []
    for sku, place in product(skus, places):
        for of in (
            (place, "sku", sku),
            (place, "class", abc.get(sku, Abc.C)),
            (place, "location", place),
        ):
            if of in errors:
                found.append(errors[of])
                break
    return max(found, default=None)


def _raise_of(
    channel: str,
    sku: str,
    promoted: Mapping[tuple[str | None, str | None], _Promoted],
    setting: Promotion,
) -> Raise | None:
    """Return how the promotion of a listing that expects most raises its buffer."""
    if not promoted:
        return None
    running = [
        promoted[key]
        for key in (
            (channel, sku),
            (None, sku),
            (channel, None),
            (None, None),
        )
        if key in promoted
    ]
    if not running:
        return None
    most = max(running, key=lambda each: each.expected_uplift_rate)
    expected = max(most.expected_uplift_rate, Decimal(1))
    return Raise(most.title, setting.factor or expected, setting.units)


def _stock(con: duckdb.DuckDBPyConnection, shop: Shop) -> dict[Pool, dict[Cell, Stock]]:
    """Return the units by pool, SKU and location; FBA stock never enters the merchant's."""
    pools: dict[Pool, dict[Cell, Stock]] = {"merchant": {}, "3pl": {}, "fba": {}}
    for at in fetch(con, _Position, POSITIONS):
        if at.location in shop.locations:
            pools[shop.locations[at.location].pool][at.sku, at.location] = Stock(
                at.on_hand_units or 0,
                at.unavailable_units or 0,
                at.reserved_units,
                None if at.age_hours is None else Decimal(str(at.age_hours)),
            )
    return pools
