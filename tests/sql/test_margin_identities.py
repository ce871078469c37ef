"""The margin adds up: by channel, month and currency to the orders and the payouts, cent by cent.

Shops are made up at random: orders of several lines and months, with and without SKU, bundle or
cost; payout lines of every bucket, of an order, of a SKU, of neither, and of an order nobody knows;
labels, advertising, two currencies of which one has no rate. The sums are taken in Python, from what
was made up and not from what SQL made of it.
"""

import random
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from duckdb import DuckDBPyConnection

from config.bucket import BUCKETS
from config.strict import ROOT
from tasks.warehouse.build import build
from tasks.warehouse.models import read_models, read_rules
from tasks.warehouse.tables import insert
from tests.sql.golden import read_shared

Row = dict[str, Any]
Tables = Mapping[str, list[Row]]
Key = tuple[str, str, str]  # channel, month, currency

SEEDS = range(6)
ORDERS = 120
CHANNELS = {
    "shop": "USD",
    "isle": "GBP",
    "cove": "SEK",
}  # no rate for SEK; cove's orders state no refund
MONTHS = ("2025-11", "2025-12", "2026-01")
SKUS = ("CUP", "POT", "JUG", "SET", "NEW", None)
FEES = ("commission", "storage", "subscription", "other_fee", "adjustment", "chargeback", "reimbursement",
        "fulfilment_fee", "advertising")  # fmt: skip
MODELS = ("ops.sale_costs", "ops.returned_costs", "ops.fee_levels", "marts.selling_costs", "marts.margin_costs",
          "marts.sku_margin", "marts.profit_bridge", "marts.channel_fees")  # fmt: skip


def cents(amount: int) -> Decimal:
    return Decimal(amount) / 100


def made_up(rng: random.Random) -> Tables:
    tables: dict[str, list[Row]] = {
        "settings.run": [
            {"shop": "demo", "as_of": datetime(2026, 1, 20, tzinfo=UTC), "business_date": date(2026, 1, 20),
             "timezone": "UTC", "currency": "USD"}
        ],
        "settings.channels": [
            {"channel": name, "platform": name, "business_timezone": "UTC", "currency": currency}
            for name, currency in CHANNELS.items()
        ],
        "settings.rates": [{"currency": "USD", "rate": 1}, {"currency": "GBP", "rate": Decimal("0.75")}],
        "settings.margin": [{"shared_by": rng.choice(["sales", "units"])}],
        "settings.fee_free_channels": [],
        "core.bundles": [
            {"bundle_sku": "SET", "component_sku": part, "component_units": 2} for part in ("CUP", "POT")
        ],
        "core.unit_costs": [
            {"sku": sku, "from_date": since, "unit_cost_amount": cents(rng.randint(50, 900)), "currency": currency,
             "cost_source": "sheet", "is_dated": since.year > 1}
            for sku, currency in (("CUP", "USD"), ("POT", "GBP"), ("JUG", "SEK"))
            for since in (date(1, 1, 1), date(2025, 12, 5))
        ],
        "core.orders": [], "core.order_lines": [], "core.shipments": [], "core.ad_spend": [],
        "core.returns": [], "core.payouts": [], "core.payout_lines": [], "marts.payout_lines": [],
        "ops.report_presence": [],
    }  # fmt: skip
    for number in range(ORDERS):
        _order(rng, number, tables)
    for number in range(ORDERS * 3):
        tables["marts.payout_lines"].append(_payout_line(rng, number, tables["core.orders"]))
    tables["core.payout_lines"] += [{"channel": name} for name in CHANNELS]
    tables["core.stated_totals"] = [
        {
            "channel": name,
            "states_refunds": name != "cove",
            "states_shipping_charge": name != "cove",
        }
        for name in CHANNELS
    ]
    for number in range(30):
        channel = rng.choice([*CHANNELS, "unknown"])
        tables["core.ad_spend"].append(
            {"platform": rng.choice(["google", channel]), "channel": channel, "spend_date": _day(rng),
             "campaign": str(number), "channel_sku": "", "sku": rng.choice([None, "CUP", "PIN"]),
             "spend_amount": cents(rng.randint(0, 900)), "currency": rng.choice(["USD", "GBP", "SEK"])}
        )  # fmt: skip
    return tables


def _day(rng: random.Random) -> date:
    return date.fromisoformat(f"{rng.choice(MONTHS)}-{rng.randint(1, 19):02d}")


def _order(rng: random.Random, number: int, tables: Mapping[str, list[Row]]) -> None:
    channel = rng.choice(list(CHANNELS))
    order = {"channel": channel, "order_id": f"o{number}", "business_date": _day(rng)}
    tables["core.orders"].append(
        order | {
            "currency": rng.choice([CHANNELS[channel], "USD"]),
            "shipping_amount": None if channel == "cove" else cents(rng.randint(0, 900)),
            "refunded_amount": None if channel == "cove" else cents(rng.choice([0, 0, rng.randint(1, 900)])),
            "tax_amount": cents(rng.randint(0, 300)), "total_amount": cents(rng.randint(1000, 9000)),
        }
    )  # fmt: skip
    for line in range(rng.randint(1, 4)):
        gross = rng.choice([0, rng.randint(1, 4000)])
        discount = rng.randint(0, gross // 2)
        sku = rng.choice(SKUS)
        tables["core.order_lines"].append(
            order | {
                "line_id": str(line), "line_no": line, "sku": sku, "channel_sku": sku or rng.choice([None, "X-1"]),
                "currency": tables["core.orders"][-1]["currency"], "quantity_units": rng.randint(1, 4),
                "removed_units": rng.choice([0, 0, 1]), "cancelled_units": 0, "shipped_units": rng.randint(0, 2),
                "open_units": 0, "gross_amount": cents(gross), "discount_amount": cents(discount),
                "net_amount": cents(gross - discount), "is_tax_included": False, "tax_amount": None,
                "refunded_amount": cents(rng.choice([0, rng.randint(0, 200)])), "is_sale": rng.random() < 0.9,
                "demand_reason": "demand", "due_reason": rng.choice(["to_ship", "held"]),
            }
        )  # fmt: skip
        if rng.random() < 0.4:
            units = rng.randint(0, 3)
            tables["core.returns"].append(
                {"channel": channel, "order_id": rng.choice([order["order_id"], order["order_id"], None]),
                 "sku": rng.choice([sku, "POT"]), "source_file_id": "f", "line_no": number * 9 + line,
                 "returned_units": units, "returned_date": _day(rng) if units else None,
                 "disposition": rng.choice(["restocked", "restocked", "scrapped", "quarantined", "pending"])}
            )  # fmt: skip
    if rng.random() < 0.6:
        parcel = {"channel": channel, "order_name": f"#{number}", "tracking_id": f"T{number}",
                  "order_id": rng.choice([order["order_id"], order["order_id"], None]), "currency": "USD",
                  "shipped_at": datetime(2026, 1, 5, tzinfo=UTC),
                  "cost_amount": rng.choice([None, cents(rng.randint(0, 900))])}  # fmt: skip
        tables["core.shipments"] += [parcel | {"sku": sku} for sku in ("A", "B")]


def _payout_line(rng: random.Random, number: int, orders: list[Row]) -> Row:
    order = rng.choice(orders)
    kind = rng.choice(["order", "order", "unknown", "none"])
    channel = order["channel"]
    return {
        "shop": "demo", "channel": channel, "payout_id": "P", "line_no": number, "part": "a", "source_file_id": "f",
        "bucket": rng.choice(BUCKETS), "order_id": order["order_id"] if kind == "order" else None,
        "order_ref": None if kind == "none" else f"#{number}",
        "sku": rng.choice([*SKUS, "PIN"]),
        "match_status": {"order": "matched", "unknown": rng.choice(["no_orders", "paid_not_ordered"]),
                         "none": "not_an_order"}[kind],
        "posted_at": datetime(2025, 12, rng.randint(1, 28), tzinfo=UTC), "amount": cents(rng.randint(-900, 300)),
        "currency": rng.choice([CHANNELS[channel], "USD"]),
    }  # fmt: skip


@pytest.fixture(scope="module", params=SEEDS)
def shop(request: pytest.FixtureRequest) -> Iterator[tuple[DuckDBPyConnection, Tables]]:
    """A made-up shop, built, and what was made up."""
    tables = made_up(random.Random(request.param))
    models = [model for model in read_models(ROOT / "sql") if model.table in MODELS]
    shared = read_shared(Path(__file__).parent / "given")
    with duckdb.connect() as con:
        con.execute("set timezone = 'UTC'")
        for name in {name for model in models for name in model.inputs} - set(MODELS):
            types = {header.name: header.type for header in shared[name].columns}
            columns = ", ".join(f"{column} {kind}" for column, kind in types.items())
            con.execute(f"create schema if not exists {name.split('.')[0]}")
            con.execute(f"create table {name} ({columns})")
            rows = tables.get(name, [])
            assert not {column for row in rows for column in row} - set(types), name
            insert(con, name, [[row.get(column) for column in types] for row in rows])
        build(con, models, read_rules(ROOT / "sql"))
        yield con, tables


def sums(con: DuckDBPyConnection, sql: str) -> dict[Key, Decimal]:
    return {
        (channel, month, currency): amount
        for channel, month, currency, amount in con.execute(sql).fetchall()
        if amount
    }


def month_of_line(line: Row, orders: Mapping[tuple[str, str], Row]) -> str:
    order = orders.get((line["channel"], line["order_id"]))
    return f"{order['business_date'] if order else line['posted_at']:%Y-%m}"


def test_sales_and_refunds_are_those_of_the_orders(
    shop: tuple[DuckDBPyConnection, Tables],
) -> None:
    con, tables = shop
    for column, ours in (
        ("net_amount", "net_amount"),
        ("refunded_amount", "refunds_amount - payout_refunds_amount"),
    ):
        wanted: dict[Key, Decimal] = defaultdict(Decimal)
        for line in tables["core.order_lines"]:
            if line["is_sale"]:
                key = line["channel"], f"{line['business_date']:%Y-%m}", line["currency"]
                wanted[key] += line[column]
        found = sums(
            con,
            f"select channel, month, currency, sum({ours}) from marts.sku_margin group by all",
        )
        assert found == {key: amount for key, amount in wanted.items() if amount}


def test_fees_are_those_of_the_payouts_whoever_bears_them(
    shop: tuple[DuckDBPyConnection, Tables],
) -> None:
    con, tables = shop
    orders = {(order["channel"], order["order_id"]): order for order in tables["core.orders"]}
    wanted: dict[Key, Decimal] = defaultdict(Decimal)
    for line in tables["marts.payout_lines"]:
        is_fee = line["bucket"] in FEES or (
            line["bucket"] == "promotion" and line["order_ref"] is None
        )
        # Of refunds and shipping the payouts speak only where the channel's orders do not; of gift wrap, always.
        is_theirs = line["bucket"] == "gift_wrap" or (
            line["channel"] == "cove" and line["bucket"] in ("refund", "shipping")
        )
        if is_fee or is_theirs:
            wanted[line["channel"], month_of_line(line, orders), line["currency"]] -= line["amount"]
    found = sums(
        con,
        "select channel, month, currency, sum(amount) from marts.margin_costs"
        " where kind not in ('label', 'ad_spend') group by all",
    )
    assert found == {key: amount for key, amount in wanted.items() if amount}
    whole = "select channel, month, currency, sum({}) from marts.{} group by all"
    assert sums(con, whole.format("costs_amount", "sku_margin")) == sums(
        con, whole.format("amount", "margin_costs")
    )


def test_labels_and_advertising_are_all_borne_by_somebody(
    shop: tuple[DuckDBPyConnection, Tables],
) -> None:
    con, tables = shop
    parcels = {row["tracking_id"]: row["cost_amount"] for row in tables["core.shipments"]}
    [(usd,)] = con.execute(
        "select sum(amount) from marts.margin_costs where kind = 'label' and currency = 'USD'"
    ).fetchall()
    in_usd = {
        row["tracking_id"]
        for row in tables["core.shipments"]
        if _currency_of(row, tables["core.orders"]) == "USD"
    }
    assert usd == sum(parcels[name] or 0 for name in in_usd)
    in_payouts = {
        row["channel"] for row in tables["marts.payout_lines"] if row["bucket"] == "advertising"
    }
    kept = [
        row for row in tables["core.ad_spend"]
        if not (row["platform"] == row["channel"] and row["channel"] in in_payouts)
    ]  # fmt: skip
    [(sek,)] = con.execute(
        "select coalesce(sum(amount), 0) from marts.margin_costs where kind = 'ad_spend' and currency = 'SEK'"
    ).fetchall()
    assert sek == sum(row["spend_amount"] for row in kept if row["currency"] == "SEK")


def _currency_of(parcel: Row, orders: list[Row]) -> str:
    """Return the currency its cost is counted in: the order's, where the shop has its rate."""
    known = [
        order["currency"]
        for order in orders
        if (order["channel"], order["order_id"]) == (parcel["channel"], parcel["order_id"])
    ]
    wanted = known[0] if known else CHANNELS[parcel["channel"]]
    return wanted if wanted != "SEK" else "USD"


def test_what_is_in_stock_again_gives_back_no_more_than_was_sold(
    shop: tuple[DuckDBPyConnection, Tables],
) -> None:
    con, tables = shop
    given_back = con.execute(
        """
        with sold as (
            select channel, order_id, sku, sum(cogs_amount) as sold_amount from ops.sale_costs group by all
        )
        select count(*) filter (where back_amount > 0),
            count(*) filter (where least_amount < 0 or back_amount > sold_amount)
        from (
            select channel, order_id, sku, sum(cost_amount) as back_amount, min(cost_amount) as least_amount
            from ops.returned_costs group by all
        ) inner join sold using (channel, order_id, sku)
        """
    ).fetchall()[0]
    assert given_back[0] > 0
    assert given_back[1] == 0
    worthless = {"scrapped", "quarantined", "pending"}
    lost = {row["line_no"] for row in tables["core.returns"] if row["disposition"] in worthless}
    for line, amount in con.execute(
        "select line_no, cost_amount from ops.returned_costs"
    ).fetchall():
        assert line not in lost or amount == 0
    sold, back, margin = (
        sums(con, f"select channel, month, currency, sum({amount}) from {table} group by all")
        for amount, table in (
            ("cogs_amount", "ops.sale_costs where item in ('CUP', 'POT', 'SET')"),
            ("cost_amount", "ops.returned_costs where item in ('CUP', 'POT', 'SET')"),
            ("cogs_amount", "marts.sku_margin where item in ('CUP', 'POT', 'SET')"),
        )
    )
    wanted = {key: sold.get(key, Decimal(0)) - back.get(key, Decimal(0)) for key in sold | back}
    unknown = {
        row[:3]
        for row in con.execute(
            "select channel, month, currency from marts.sku_margin"
            " where item in ('CUP', 'POT', 'SET') and cogs_amount is null"
        ).fetchall()
    }
    assert {key: amount for key, amount in margin.items() if key not in unknown} == {
        key: amount for key, amount in wanted.items() if amount and key not in unknown
    }


def test_the_steps_of_the_bridge_add_up(shop: tuple[DuckDBPyConnection, Tables]) -> None:
    con, _ = shop
    broken = con.execute(
        """
        select month, channel, currency,
            sum(amount) filter (where step_no < 6) - sum(amount) filter (where step = 'net') as to_net,
            sum(amount) filter (where step_no between 6 and 11)
                - sum(amount) filter (where step = 'contribution') as to_contribution
        from marts.profit_bridge group by all
        having to_net != 0 or to_contribution != 0
        """
    ).fetchall()
    assert not broken


def test_an_unknown_cost_is_never_nothing(shop: tuple[DuckDBPyConnection, Tables]) -> None:
    con, _ = shop
    unknown = con.execute(
        "select count(*), count(margin_amount), count(cogs_amount), count(reason) from marts.sku_margin"
        " where not cost_known"
    ).fetchall()[0]
    assert unknown[0] > 0
    assert unknown[1:] == (0, 0, unknown[0])
    assert not con.execute("from meta.kept where reason = 'unexplained'").fetchall()
