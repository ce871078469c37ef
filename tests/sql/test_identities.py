"""Figures that must agree do agree, on shops that are made up at random.

Every order is made up on its own, from what channels and warehouses really write: words known and
unknown, edits, refunds, holds, cancellations, parcels of three kinds, blank and unmapped SKUs,
bundles, copies, tests, two files with two states. Each check is a query for the rows that break an
identity between core and marts; it names the order, so that a failure needs no shrinking.
"""

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from duckdb import DuckDBPyConnection

from config.strict import ROOT
from config.words import load_words
from tasks.warehouse.build import build
from tasks.warehouse.models import read_models, read_rules
from tasks.warehouse.registry_tables import pattern
from tasks.warehouse.tables import insert
from tests.sql.golden import read_shared

Row = dict[str, Any]

SEEDS = range(4)
ORDERS = 400  # enough that every verdict is reached, by the rarest word of a platform too
AS_OF = datetime(2026, 1, 10, 6, tzinfo=UTC)
PLATFORMS = {"shop": "shopify", "vat": "shopify", "fair": "tiktok", "amazon": "amazon"}
MAPPED = ("fair", "amazon")  # the other channels sell under the seller's own SKUs
SKUS = ("CUP", "POT", "JUG", "SET")
MODELS = (
    "core.word_meanings", "core.order_refs", "core.shipments", "core.order_parcels", "core.order_headers",
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
        _build(con, _made_up(random.Random(request.param)))
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


def _build(con: DuckDBPyConnection, tables: dict[str, list[Row]]) -> None:
    """Create what the models read, from the shared tables' columns, and build them."""
    models = [model for model in read_models(ROOT / "sql") if model.table in MODELS]
    shared = read_shared(Path(__file__).parent / "given")
    for name in {name for model in models for name in model.inputs} - set(MODELS):
        types = {header.name: header.type for header in shared[name].columns}
        con.execute(f"create schema if not exists {name.split('.')[0]}")
        columns = ", ".join(f"{column} {kind}" for column, kind in types.items())
        con.execute(f"create table {name} ({columns})")
        if rows := tables.get(name):
            assert not {column for row in rows for column in row} - set(types), name
            insert(con, name, [[row.get(column) for column in types] for row in rows])
    build(con, models, read_rules(ROOT / "sql"))


def _made_up(rng: random.Random) -> dict[str, list[Row]]:
    tables: dict[str, list[Row]] = {
        "settings.run": [
            {"shop": "demo", "as_of": AS_OF, "business_date": AS_OF.date(), "timezone": "UTC", "currency": "USD"}
        ],
        "settings.channels": [
            {"channel": channel, "platform": platform, "business_timezone": "UTC", "sla_timezone": "UTC",
             "currency": "USD", "rate": 1, "test_gateway": "bogus", "cutoff_hour": 14, "by_requested_date": False,
             "fba_location": "FBA" if platform == "amazon" else None, "is_tax_inclusive": channel == "vat",
             "are_titles_skus": False, "is_split": channel != "vat"}
            for channel, platform in PLATFORMS.items()
        ],
        "settings.picking": [{"batch_by": rng.choice(["size", "zone", "due"]), "wave_orders": 12}],
        "settings.exception_types": [
            {"type": "incomplete_address", "is_blocking": True}, {"type": "seen", "is_blocking": False}
        ],
        "ledger.exceptions": [
            {"exception_id": f"{number}", "type": rng.choice(["incomplete_address", "seen"]),
             "channel": channel, "order_id": f"id{number}", "state": rng.choice(["open", "closed"]),
             "opened_at": AS_OF}
            for number in range(1, ORDERS, 5) for channel in PLATFORMS
        ],
        "settings.locations": [{"location": "Main", "kind": "own", "pool": "merchant"}],
        "valid.stock_levels": [
            _at({"platform": "shopify", "channel_sku": sku, "location": "Main", "bin": f"A-{number}"}, 0, number)
            for number, sku in enumerate(SKUS[:3], 1)
        ],
        "core.stock_levels": [
            {"sku": sku, "location": "Main", "on_hand_units": rng.randint(5, 15), "unavailable_units": 1,
             "snapshot_at": AS_OF}
            for sku in SKUS[:2]
        ],
        "settings.stock": [{"stale_hours": 48}],
        "settings.rates": [{"currency": "USD", "rate": 1}],
        "settings.channel_locations": [
            {"channel": channel, "location": "Main", "preference": 1} for channel in PLATFORMS
        ],
        "settings.synced_sources": [{"channel": "shop", "source": "4711", "owner_channel": "fair"}],
        "settings.due_dates": [
            {"channel": channel, "ordered_date": date(2026, 1, day), "is_before_cutoff": early,
             "due_date": date(2026, 1, day + 2 - early)}
            for channel in PLATFORMS for day in range(1, 12) for early in (True, False)
        ],
        "settings.order_words": [
            {"platform": platform, "axis": axis, "word": pattern(word), "meaning": meaning}
            for platform, words in load_words().items() for axis, word, meaning in words.rows()
        ],
        "valid.bundles": [
            _at({"bundle_sku": bundle, "component_sku": part, "component_units": units}, 0, number)
            for number, (bundle, part, units) in enumerate([("SET", "CUP", 2), ("SET", "POT", 1)], 1)
        ],
        "valid.sku_map": [
            _at({"channel": channel, "channel_sku": f"{channel}-{sku}", "sku": sku}, 0, number)
            for number, (channel, sku) in enumerate(((c, s) for c in MAPPED for s in SKUS), 1)
        ],
        "valid.orders": [],
        "valid.order_lines": [],
        "valid.shipments": [],
    }  # fmt: skip
    for number in range(1, ORDERS + 1):
        orders, lines, parcels = _order(rng, number)
        tables["valid.orders"] += orders
        tables["valid.order_lines"] += lines
        tables["valid.shipments"] += parcels
    return tables


def _at(row: Row, file: int, number: int) -> Row:
    exported = datetime(2026, 1, 8 + file, 6, tzinfo=UTC)
    return row | {"file_id": f"file-{file}", "line_no": number, "exported_at": exported}


def _words(rng: random.Random, platform: str, axis: str) -> str:
    """A word of the platform for `axis`, of any meaning; one in twenty is in no list."""
    if rng.random() < 0.05:
        return "wort"
    words: dict[str, tuple[str, ...]] = getattr(load_words()[platform], axis)
    return rng.choice(words[rng.choice(list(words))]).strip("*")


def _order(rng: random.Random, number: int) -> tuple[list[Row], list[Row], list[Row]]:
    """An order in one file, or in two with two states; its lines; and its parcels."""
    channel = rng.choice(list(PLATFORMS))
    platform = PLATFORMS[channel]
    ordered_at = AS_OF - timedelta(hours=rng.randrange(1, 200))
    # Some pairs of orders share a number.
    name = f"#{number - 1 if rng.random() < 0.05 else number}"
    lines = [
        _line(rng, channel, platform, number, line) for line in range(1, rng.randint(1, 4) + 1)
    ]
    goods = sum(line["gross_amount"] - line["discount_amount"] for line in lines)
    hidden = rng.choice([0, 0, goods, rng.randint(0, goods)])
    taxes = rng.choice([None, rng.randint(0, (goods - hidden) // 5)])
    order = {
        "platform": platform, "channel": channel, "order_id": f"id{number}", "order_name": name,
        "ordered_at": ordered_at, "currency": "USD",
        "payment_state": _words(rng, platform, "payment"),
        "fulfilment_state": rng.choice([None, _words(rng, platform, "fulfilment")]),
        "payment_method": rng.choice(["card", "card", "cod", "bogus" if rng.random() < 0.3 else "card"]),
        "is_phone_valid": rng.choice([True, True, False, None]),
        "missing_address_fields": rng.choice(["", "", "street"]),
        "cancelled_at": ordered_at if rng.random() < 0.08 else None,
        "shipped_at": ordered_at + timedelta(hours=5) if rng.random() < 0.15 else None,
        "source": "4711" if rng.random() < 0.1 else "web",
        "is_pos": rng.random() < 0.05,
        "discount_amount": hidden + sum(line["discount_amount"] for line in lines),
        "subtotal_amount": goods - hidden, "tax_amount": taxes,
        "refunded_amount": rng.choice([None, 0, rng.randint(0, goods)]),
    }  # fmt: skip
    money = [key for key in order if key.endswith("_amount")]
    order |= {key: _cents(order[key]) for key in money}
    lines = [
        line | {key: _cents(line[key]) for key in line if key.endswith("_amount")} for line in lines
    ]
    orders = [_at(order | {"updated_at": ordered_at + timedelta(hours=6)}, 1, number)]
    lines = [_at(line, 1, number * 10 + place) for place, line in enumerate(lines)]
    if rng.random() < 0.2:  # an older state, with other lines, in a file that came later
        older = order | {"updated_at": ordered_at + timedelta(hours=1), "cancelled_at": None}
        orders.append(_at(older, 2, number))
        lines.append(_at(lines[0] | {"quantity_units": 99, "line_id": "old"}, 2, number * 10))
    if channel == "shop" and rng.random() < 0.2:  # Amazon ships the first line of it for the shop
        there = {"platform": "amazon", "channel": "amazon", "order_id": f"S{number}"}
        state = {"payment_state": "Unshipped", "fulfilment_state": "Unshipped", "source": "web"}
        external = {"external_order_id": name.removeprefix("#"), "is_off_channel": True}
        priceless = dict.fromkeys(money)
        orders.append(_at(order | there | state | external | priceless, 1, number + ORDERS))
        words = {
            "fulfilled_by": "Amazon",
            "fulfilment_state": None,
            "kind": None,
            "discount_amount": None,
        }
        listing = {"channel_sku": f"amazon-{lines[0]['channel_sku']}"}
        lines.append(_at(lines[0] | there | words | listing, 1, (number + ORDERS) * 10))
    return orders, lines, _parcels(rng, channel, number, name, lines)


def _line(rng: random.Random, channel: str, platform: str, number: int, line: int) -> Row:
    units = rng.choice([1, 1, 2, 3, 10, 0])
    known = rng.choice(SKUS)
    listing = f"{channel}-{known}" if channel in MAPPED else known
    gross = units * rng.choice([0, 1, 333, 1999])
    current = rng.choice([None, None, None, rng.randint(0, units)])
    return {
        "platform": platform, "channel": channel, "order_id": f"id{number}", "line_id": str(line),
        "channel_sku": rng.choice([listing] * 8 + [None, "NEW"]), "title": "Thing", "quantity_units": units,
        "gross_amount": gross, "discount_amount": rng.choice([0, 0, gross // 4]), "currency": "USD",
        "removed_units": rng.choice([None] * 9 + [rng.randint(0, units)]),
        "current_units": current,
        "open_units": rng.choice([None, None, rng.randint(0, units if current is None else current)]),
        "shipped_units": rng.choice([None] * 9 + [rng.randint(0, units)]),
        "fulfilment_state": _words(rng, platform, "fulfilment") if rng.random() < 0.2 else None,
        "needs_shipping": rng.choice([None, None, None, False]),
        "kind": _words(rng, platform, "kind") if platform != "wholesale" and rng.random() < 0.15 else None,
        "fulfilled_by": rng.choice([None, None, _words(rng, platform, "shipper")]),
    }  # fmt: skip


def _cents(amount: int | None) -> str | None:
    return None if amount is None else f"{amount // 100}.{amount % 100:02}"


def _parcels(
    rng: random.Random, channel: str, number: int, name: str, lines: list[Row]
) -> list[Row]:
    """No parcel; or parcels by SKU, by order with units, or by order without."""
    kind = rng.choice(["none", "none", "sku", "units", "order"])
    rows = []
    for place, line in enumerate(lines if kind == "sku" else lines[:1]):
        if kind == "none" or rng.random() < 0.2:
            continue
        row: Row = {
            "store": channel, "order_name": rng.choice([name, f"id{number}"]), "tracking_id": f"T{number}",
            "location": rng.choice([None, "Main", "East"]),
            "shipped_at": rng.choice([None, AS_OF - timedelta(hours=rng.randrange(1, 90))]),
            "sku": rng.choice([line["channel_sku"], *SKUS]) if kind == "sku" else None,
            "shipped_units": None if kind == "order" else rng.randint(0, 6),
        }  # fmt: skip
        rows.append(_at(row, 2, number * 10 + place))
    return rows
