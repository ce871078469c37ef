"""What the stock of a channel is decided by: one query a fact."""

from dataclasses import dataclass
from decimal import Decimal

import duckdb
import pyarrow as pa

from tasks.warehouse.tables import fetch

# The share of the units in the books that counts did not find, of a SKU, a class or a whole location; the closest last.
COUNT_ERRORS = """
    select location, scope, subject, cast(cast(missing_units / book_units as decimal(9, 6)) as double) as rate
    from ops.record_accuracy where book_units > 0
    order by list_position(['location', 'class', 'sku'], scope), location, subject
"""
PROMOTIONS = """
    select channel, sku, title, coalesce(expected_uplift_rate, 1) as expected_uplift_rate
    from core.promotions cross join settings.run
    where run.business_date between start_date and end_date
    order by expected_uplift_rate, title
"""
POSITIONS = """
    select sku, location, coalesce(on_hand_units, 0) - left_since_units as on_hand,
        coalesce(unavailable_units, 0) as unavailable, reserved_units as reserved,
        date_diff('second', source_as_of, as_of) / 3600 as age_hours
    from ops.stock_position cross join settings.run
"""
BUNDLES = "select bundle_sku, component_sku, component_units from core.bundles"
CLASSES = "select sku, abc from ops.sku_classes"
ECHOES = "select distinct sku from ops.stock_echo"
# The listings of the channels that we push or that Amazon ships, with the units that each sells a day; who is served
# first is first, ties go by name. `previous` is what it was last sent, `shown` that less what it sold since; null where
# nothing was sent.
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
        sent.units as previous,
        case when sent.units is not null then greatest(sent.units - coalesce(sold_since.units, 0), 0) end as shown
    from listed
    inner join settings.channels using (channel)
    left join fba on channels.platform = fba.platform and listed.channel_sku = fba.channel_sku
    left join shipped on listed.channel = shipped.channel and listed.channel_sku = shipped.channel_sku
    left join amazon_ships on listed.channel = amazon_ships.channel
    left join sold on listed.channel = sold.channel and listed.channel_sku = sold.channel_sku
    left join sent on listed.channel = sent.channel and listed.channel_sku = sent.channel_sku
    left join sold_since on listed.channel = sold_since.channel and listed.channel_sku = sold_since.channel_sku
    where channels.is_pushed or fba.channel_sku is not null
    order by channels.priority, listed.channel, listed.channel_sku, listed.sku
"""


@dataclass(frozen=True)
class Promoted:
    """A promotion that runs; without a channel or SKU it is of every one."""

    channel: str | None
    sku: str | None
    title: str
    expected_uplift_rate: Decimal


@dataclass(frozen=True)
class StockFacts:
    """The rows of each query, with its names."""

    listings: pa.Table
    positions: pa.Table
    bundles: pa.Table
    classes: pa.Table
    echoes: pa.Table
    count_errors: pa.Table
    promotions: dict[tuple[str | None, str | None], Promoted]

    @property
    def skus(self) -> list[pa.ChunkedArray]:
        """Every column with SKUs."""
        named = (self.listings, self.positions, self.classes, self.echoes)
        return [*(table["sku"] for table in named), *self.bundles.columns[:2]]


def stock_facts(con: duckdb.DuckDBPyConnection) -> StockFacts:
    """Return what is known; of two promotions of the same listings the one that expects more."""

    def rows(sql: str) -> pa.Table:
        return con.sql(sql).to_arrow_table()

    return StockFacts(
        listings=rows(LISTINGS),
        positions=rows(POSITIONS),
        bundles=rows(BUNDLES),
        classes=rows(CLASSES),
        echoes=rows(ECHOES),
        count_errors=rows(COUNT_ERRORS),
        promotions={(each.channel, each.sku): each for each in fetch(con, Promoted, PROMOTIONS)},
    )
