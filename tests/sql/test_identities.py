"""Figures that must agree do agree, on shops that are made up at random.

Each check is a query for the rows that break an identity between core and marts; it names the order,
so that a failure needs no shrinking.
"""

import random
from collections.abc import Iterator

import duckdb
import pytest
from duckdb import DuckDBPyConnection

from config.strict import ROOT
from tasks.warehouse.build import build
from tasks.warehouse.models import read_models, read_rules
from tests.sql.made_up import fill_shop, made_up

SEEDS = range(4)
MODELS = (
    "core.word_meanings", "core.order_refs", "core.shipments", "core.order_parcels", "core.order_sources",
    "core.order_headers", "core.lines_sent_elsewhere",
    "core.stated_lines", "core.line_units", "core.line_money", "core.order_lines", "core.orders",
    "core.bundles", "core.sku_map", "core.shelf_places", "core.sku_listings", "ops.line_routes", "ops.open_lines",
    "ops.open_demand", "ops.left_since_count", "ops.committed_stock", "ops.held_stock",
    "ops.stock_position", "ops.fulfilment_orders", "ops.pick_lines", "ops.blocked_orders", "marts.pick_list",
    "marts.sales_daily", "marts.backlog", "marts.order_lines", "marts.order_inbox",
    "marts.fulfilment_daily", "marts.revenue_vs_plan",
)  # fmt: skip

IDENTITIES = {
    "a line's units are removed, cancelled, shipped or open, and none of them below zero": """
        select channel, order_id, line_id from core.order_lines
        where quantity_units <> removed_units + cancelled_units + shipped_units + open_units
            or least(removed_units, cancelled_units, shipped_units, open_units) < 0
    """,
    "no order and no line of its newest file is lost": """
        (select distinct channel, order_id from valid.orders except select channel, order_id from core.orders)
        union all
        (
            select channel, order_id || '/' || line_id from valid.order_lines
            inner join core.orders using (channel, order_id) where file_id = source_file_id
            except select channel, order_id || '/' || line_id from marts.order_lines
        )
    """,
    "the lines' net, with the tax inside the prices, is the order's subtotal": """
        select lines.channel, lines.order_id from core.order_lines as lines
        inner join core.orders as orders using (channel, order_id)
        group by lines.channel, lines.order_id, orders.subtotal_amount, orders.tax_amount
        having orders.subtotal_amount <> sum(lines.net_amount)
            + case when bool_or(lines.is_tax_included) then orders.tax_amount else 0 end
    """,
    "the lines' discounts and refunds are the order's": """
        select lines.channel, lines.order_id from core.order_lines as lines
        inner join core.orders as orders using (channel, order_id)
        group by lines.channel, lines.order_id, orders.discount_amount, orders.refunded_amount
        having sum(lines.discount_amount) <> coalesce(orders.discount_amount, 0)
            or sum(lines.refunded_amount) <> coalesce(orders.refunded_amount, 0)
    """,
    "no line is sold for less than nothing": """
        select channel, order_id, line_id from core.order_lines where gross_amount - discount_amount < 0
    """,
    "net is unknown where a tax inside the price is": """
        select channel, order_id, line_id from core.order_lines
        where gross_amount is not null and (net_amount is null) <> (is_tax_included and tax_amount is null)
    """,
    "sales_daily adds up to the lines that are sales": """
        select daily.*, lines.* from
            (select sum(units) as units, sum(gross_amount) as gross, sum(pending_units) as pending,
                sum(refunds_amount) as refunds from marts.sales_daily) as daily
        cross join
            (select sum(quantity_units) as units, sum(gross_amount) as gross,
                coalesce(sum(quantity_units) filter (where sale_reason = 'pending'), 0) as pending,
                sum(refunded_amount) as refunds from core.order_lines where is_sale) as lines
        where daily is distinct from lines
    """,
    "revenue is the gross of sales_daily": """
        select * from (select sum(revenue_amount) as amount from marts.revenue_vs_plan) as revenue
        cross join (select sum(gross_amount) as amount from marts.sales_daily) as daily
        where revenue is distinct from daily
    """,
    "open_demand holds the open units of promised lines, bundles taken apart": """
        with promised as (
            select coalesce(component_sku, sku) as sku,
                sum(open_units * coalesce(component_units, 1)) as units
            from core.order_lines left join core.bundles on sku = bundle_sku where is_promised group by all
        ),
        held as (select sku, sum(open_units) as units from ops.open_demand group by sku)
        select * from promised full join held using (sku) where promised.units is distinct from held.units
    """,
    "backlog is the orders with something open to ship": """
        (
            select channel, order_id from core.order_lines where is_to_ship and open_units > 0
            except select channel, order_id from marts.backlog
        )
        union all
        (
            select channel, order_id from marts.backlog
            except select channel, order_id from core.order_lines where is_to_ship and open_units > 0
        )
    """,
    "what is demand or to ship is a sale; what is promised is a sale, or another channel's that we hold for": """
        select channel, order_id, line_id from core.order_lines
        where ((is_demand or is_to_ship) and not is_sale)
            or (is_promised and not is_sale and sale_reason <> 'other_channel')
    """,
    "a sale is counted, not cancelled, and every verdict has its reason": """
        select channel, order_id, line_id from core.order_lines
        where (is_sale and (is_cancelled or not is_counted))
            or sale_reason is null or demand_reason is null or promise_reason is null or due_reason is null
            or is_demand is null or is_promised is null or is_to_ship is null
    """,
    "demand is what was ordered and neither removed nor cancelled": """
        select channel, order_id, line_id from core.order_lines
        where demand_units <> case when is_demand then shipped_units + open_units else 0 end
    """,
    "a line holds stock only while something of it is open, and its SKU is known": """
        select channel, order_id, line_id from core.order_lines where is_promised and (open_units = 0 or sku is null)
    """,
    "a word that nobody knows opens nothing": """
        select channel, order_id, line_id from core.order_lines
        inner join core.stated_lines using (channel, order_id, line_id)
        inner join core.order_headers using (channel, order_id)
        where not is_off_channel and (is_sale or is_demand or is_promised or is_to_ship)
            and 'unknown' in (payment, order_headers.fulfilment, stated_lines.fulfilment,
                stated_lines.fulfilled_by, stated_lines.kind)
    """,
    "parcels ship no more than they hold, beyond what the channel itself calls shipped": """
        select order_lines.channel, order_lines.order_id from core.order_lines
        inner join core.order_parcels using (channel, order_id)
        inner join core.order_headers using (channel, order_id)
        inner join core.stated_lines using (channel, order_id, line_id)
        where order_parcels.shipped_units is not null and order_headers.fulfilment in ('open', 'unstated')
        group by order_lines.channel, order_lines.order_id, order_parcels.shipped_units
        having bool_and(stated_lines.fulfilment <> 'shipped' and stated_lines.shipped_units is null
                and order_headers.stated_shipped_at is null)
            and sum(order_lines.shipped_units) > order_parcels.shipped_units
    """,
    "an order is shipped when nothing of it is open, and partial when a part is": """
        select orders.channel, orders.order_id, orders.state from core.orders
        inner join core.order_lines using (channel, order_id)
        group by all
        having (orders.state = 'shipped' and (sum(open_units) > 0 or sum(shipped_units) = 0))
            or (orders.state = 'partial' and (sum(open_units) = 0 or sum(shipped_units) = 0))
            or (orders.state in ('open', 'held', 'pending') and (sum(open_units) = 0 or sum(shipped_units) > 0))
            or (orders.state = 'cancelled' and sum(open_units) > 0)
    """,
    "every due order is on time, late or undated in fulfilment_daily": """
        select * from (select sum(due) as due, sum(undated) as undated, sum(on_time) as on_time,
            sum(open_past_due) as waiting from marts.fulfilment_daily) as daily
        cross join (select count(*) filter (where is_on_time is not null) as due,
            count(*) filter (where is_on_time is null) as undated,
            count(*) filter (where is_on_time) as on_time,
            count(*) filter (where is_waiting) as waiting from ops.fulfilment_orders where is_due) as orders
        where daily is distinct from orders
    """,
    "no order that a case keeps from leaving is on the pick list": """
        select channel, order_id from marts.pick_list
        inner join ledger.exceptions using (channel, order_id)
        inner join settings.exception_types using (type)
        where is_blocking and state <> 'closed'
    """,
    "no order of a later day, on hold, unpaid or a marketplace's own is on the pick list": """
        select pick_list.channel, pick_list.order_id from marts.pick_list
        left join core.order_lines
            on pick_list.channel = order_lines.channel and pick_list.order_id = order_lines.order_id
                and is_to_ship and order_lines.open_units > 0 and fulfilled_by = 'merchant'
                and cast(order_lines.ship_by_at as date) <= pick_list.as_of
        where order_lines.order_id is null
    """,
    "no more is picked of an order than is open, bundles taken apart": """
        with listed as (select channel, order_id, sum(pick_units) as units, sum(open_units) as wanted
            from marts.pick_list group by all),
        open_ as (select channel, order_id, sum(open_units * coalesce(parts, 1)) as units from core.order_lines
            left join (select bundle_sku, sum(component_units) as parts from core.bundles group by all)
                on sku = bundle_sku
            where is_to_ship group by all)
        select * from listed inner join open_ using (channel, order_id)
        where listed.units > listed.wanted or listed.wanted > open_.units
    """,
    "no shelf gives more than it holds": """
        select location, sku from marts.pick_list inner join ops.stock_position using (location, sku)
        group by all having sum(pick_units) filter (where short_units is not null)
            > greatest(max(on_hand_units) - coalesce(max(unavailable_units), 0) - max(left_since_units), 0)
    """,
    "what is due and free to leave is on the pick list of its location": """
        select channel, order_id from ops.pick_lines cross join settings.run
        where ship_by_date <= business_date
        except
        (select channel, order_id from marts.pick_list union all select channel, order_id from ops.blocked_orders)
    """,
    "units due are units sent or still here": """
        select channel, order_id from ops.fulfilment_orders
        where ordered_units < shipped_units or (ordered_units > shipped_units) <> is_waiting
    """,
}


@pytest.fixture(scope="module", params=SEEDS)
def shop(request: pytest.FixtureRequest) -> Iterator[DuckDBPyConnection]:
    """A made-up shop, built."""
    with duckdb.connect() as con:
        con.execute("set timezone = 'UTC'")
        models = [model for model in read_models(ROOT / "sql") if model.table in MODELS]
        fill_shop(con, made_up(random.Random(request.param)), models)
        build(con, models, read_rules(ROOT / "sql"))
        yield con


@pytest.mark.parametrize("identity", IDENTITIES)
def test_identity_holds(shop: DuckDBPyConnection, identity: str) -> None:
    broken = shop.execute(IDENTITIES[identity]).fetchall()
    assert not broken, f"{identity}: {len(broken)} break it, as {broken[:5]}"


def test_the_made_up_shop_reaches_the_verdicts(shop: DuckDBPyConnection) -> None:
    reasons = {
        reason
        for column in ("sale_reason", "demand_reason", "promise_reason", "due_reason")
        for (reason,) in shop.execute(f"select distinct {column} from core.order_lines").fetchall()
    }
    assert reasons >= {
        "sale", "pending", "test", "copy", "cancelled", "voided", "unknown_word", "demand",
        "replacement", "needs_no_shipping", "unknown_sku", "removed", "refunded", "promised",
        "shipped_by_platform", "shipped_elsewhere", "other_channel", "nothing_open", "to_ship", "held",
        "not_paid", "shipped_by_channel",
    }  # fmt: skip


def test_the_made_up_shop_picks_whole_orders_and_parts(shop: DuckDBPyConnection) -> None:
    found = shop.execute("select distinct instruction from marts.pick_list").fetchall()
    assert {word for (word,) in found} >= {"pick", "pick_part"}
