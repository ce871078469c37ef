"""Shops that are made up at random: what any test of identities is held to.

Every order is made up on its own, from what channels and warehouses really write: words known and
unknown, edits, refunds, holds, cancellations, parcels of three kinds, blank and unmapped SKUs,
bundles, copies, tests, two files with two states.
"""

import random
from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from duckdb import DuckDBPyConnection

from config.words import load_words
from tasks.warehouse.models import Model
from tasks.warehouse.registry_tables import pattern
from tasks.warehouse.tables import insert
from tests.sql.golden import read_shared

Row = dict[str, Any]

ORDERS = 400  # enough that every verdict is reached, by the rarest word of a platform too
AS_OF = datetime(2026, 1, 10, 6, tzinfo=UTC)
PLATFORMS = {"shop": "shopify", "vat": "shopify", "fair": "tiktok", "amazon": "amazon"}
MAPPED = ("fair", "amazon")  # the other channels sell under the seller's own SKUs
SKUS = ("CUP", "POT", "JUG", "SET")


def fill_shop(
    con: DuckDBPyConnection, tables: Mapping[str, list[Row]], models: Collection[Model]
) -> None:
    """Create what `models` read and do not build, from the shared tables' columns, and fill it."""
    shared = read_shared(Path(__file__).parent / "given")
    built = {model.table for model in models}
    for name in {name for model in models for name in model.inputs} - built:
        types = {header.name: header.type for header in shared[name].columns}
        con.execute(f"create schema if not exists {name.split('.')[0]}")
        columns = ", ".join(f"{column} {kind}" for column, kind in types.items())
        con.execute(f"create table {name} ({columns})")
        add_rows(con, name, tables.get(name, []))


def add_rows(con: DuckDBPyConnection, name: str, rows: list[Row]) -> None:
    """Insert rows that name some of the table's columns."""
    columns = [column for column, *_ in con.execute(f"describe {name}").fetchall()]
    assert not {column for row in rows for column in row} - set(columns), name
    if rows:
        insert(con, name, [[row.get(column) for column in columns] for row in rows])


def made_up(rng: random.Random) -> dict[str, list[Row]]:
    """Return the rows of a shop of `ORDERS` orders, by table."""
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
        "settings.validation": [
            {"channel": channel, "phone_rule": "required", "is_address_checked": True} for channel in PLATFORMS
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
