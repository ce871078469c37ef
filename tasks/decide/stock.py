"""What every channel is told it may sell: from the stock position to a file per channel."""

import importlib
import importlib.util
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import duckdb

from config.shop import Shop
from tasks.ledger import Ledger, Push
from tasks.rules.listing import Buffer, Limits, Listing, Stock
from tasks.rules.stock import Mode, Published, publish
from tasks.run.night import Night
from tasks.warehouse.tables import write_rows

MERCHANT, FBA = "merchant", "fba"
AGE = "cast(date_diff('second', source_as_of, as_of) as decimal(18, 4)) / 3600"
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
    )
    select listed.channel, listed.channel_sku, listed.sku,
        fba.channel_sku is not null or (
            channels.fba_location is not null
            and channels.platform not in (select fba.platform from fba)
            and coalesce(shipped.is_fba, amazon_ships.channel is not null)
        ) as is_fba,
        coalesce(sold.velocity, 0) as velocity
    from listed
    inner join settings.channels using (channel)
    left join fba on channels.platform = fba.platform and listed.channel_sku = fba.channel_sku
    left join shipped on listed.channel = shipped.channel and listed.channel_sku = shipped.channel_sku
    left join amazon_ships on listed.channel = amazon_ships.channel
    left join sold on listed.channel = sold.channel and listed.channel_sku = sold.channel_sku
    where channels.is_pushed or fba.channel_sku is not null
    order by all
"""


@dataclass(frozen=True)
class PushFile:
    """One file that tells a channel its stock; `rows` are the numbers that changed."""

    channel: str
    path: Path
    rows: int


def decide_stock(con: duckdb.DuckDBPyConnection, night: Night, ledger: Ledger) -> list[Published]:
    """Return what each listing is told, and keep it with all its layers as ops.channel_stock."""
    shop = night.shop
    previous = ledger.last_pushes(before=night.moment)
    bundles: dict[str, dict[str, int]] = defaultdict(dict)
    for bundle, component, units in con.execute("from core.bundles").fetchall():
        bundles[bundle][component] = units
    echoed = {sku for (sku,) in con.execute("select distinct sku from ops.stock_echo").fetchall()}
    pools: dict[str, list[Listing]] = {MERCHANT: [], FBA: []}
    for channel, channel_sku, sku, is_fba, velocity in con.execute(LISTINGS).fetchall():
        places = shop.channels[channel].locations
        fba = shop.channels[channel].fba_location
        buffer, rule = shop.buffer_of(sku, channel)
        pools[FBA if is_fba else MERCHANT].append(
            Listing(
                channel=channel,
                channel_sku=channel_sku,
                sku=sku,
                priority=shop.channels[channel].priority,
                locations=(fba,) if is_fba and fba else places,
                buffer=Buffer(**buffer.model_dump(), rule=rule),
                velocity=Decimal(str(velocity)),
                previous=previous.get((channel, channel_sku)),
                components=bundles.get(sku, {}),
                read_only=is_fba or all(shop.locations[place].read_only for place in places),
                is_echo=not is_fba and not echoed.isdisjoint(bundles.get(sku) or {sku}),
            )
        )
    limits = Limits(
        tight_units=shop.stock.tight_units,
        sync_hours=shop.stock.sync_hours,
        stale_hours=shop.stock.stale_hours,
        hold_hours=shop.stock.hold_hours,
        conservative_units=shop.stock.conservative_units,
    )
    told = [
        row for pool in pools for row in publish(pool, _stock(con, shop, pool), pools[pool], limits)
    ]
    write_rows(con, "ops.channel_stock", Published, told)
    return told


def _stock(con: duckdb.DuckDBPyConnection, shop: Shop, pool: str) -> dict[tuple[str, str], Stock]:
    """Return the units of one pool by SKU and location; FBA stock never enters the merchant's."""
    rows = con.execute(
        f"select sku, location, on_hand_units, unavailable_units, reserved_units, {AGE}"
        " from ops.stock_position cross join settings.run"
    ).fetchall()
    return {
        (sku, place): Stock(
            on_hand or 0, unavailable or 0, reserved, None if age is None else Decimal(str(age))
        )
        for sku, place, on_hand, unavailable, reserved, age in rows
        if place in shop.locations and (shop.locations[place].kind == "amazon") == (pool == FBA)
    }


def push_stock(
    con: duckdb.DuckDBPyConnection, night: Night, ledger: Ledger, told: Sequence[Published]
) -> list[PushFile]:
    """Write a stock file per channel and log every number; numbers that did not change are left out.

    First the ledger, then the file, then the ledger's mark: a kill in between leaves a batch that
    the next run replaces. The same numbers again write nothing. Other numbers for the same moment,
    after a setting was changed, are logged as a correction, and the channel's file is written again
    with all that it is told at that moment.
    """
    files = []
    written = ledger.last_pushes()
    for channel, settings in night.shop.channels.items():
        writer = writer_of(settings.platform)
        offered = [row for row in told if row.channel == channel and row.mode is not Mode.READ_ONLY]
        changed = [
            row
            for row in offered
            if written.get((row.channel, row.channel_sku)) != row.published_units
        ]
        if not (settings.push and writer and changed):
            continue
        moment = f"{night.moment:%Y%m%dT%H%M%S}"
        batch = ledger.next_batch(moment, channel)
        in_file = {row.channel_sku for row in changed} | ledger.written_in(moment, channel)
        ledger.record_pushes(
            batch,
            [Push(row.channel, row.channel_sku, row.published_units) for row in changed],
            run_id=night.run_id,
            business_date=night.business_date,
            at=night.moment,
        )
        folder = night.shop.folder.outbox / "stock"
        folder.mkdir(parents=True, exist_ok=True)
        rows = [row for row in offered if row.channel_sku in in_file]
        path = writer(con, night, channel, rows, folder)
        ledger.mark_written(batch, channel, path.name, at=night.moment)
        files.append(PushFile(channel, path, len(rows)))
    return files


def writer_of(platform: str):  # type: ignore[no-untyped-def]
    """Return the function that writes a platform's stock file; None where no file is known for it."""
    name = f"tasks.outbox.push.{platform}"
    if importlib.util.find_spec(name) is None:
        return None
    return importlib.import_module(name).write
