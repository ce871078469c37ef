"""Write the demo shop's exports and the truth about them.

    generate(Path("data/demo"), as_of=datetime(2026, 11, 24, 18, tzinfo=UTC))

fills `data/demo/inbox/` with what the seller of Fern & Pine would download at that moment, and
`data/demo/truth.json` with what a careful reader must find in it.
"""

import json
import os
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from tasks.demo import (
    amazon,
    catalog,
    clock,
    costs,
    demand,
    ebay,
    edi,
    facts,
    figures,
    hard,
    inbound,
    parcels,
    payouts,
    rejects,
    returns,
    service,
    settlements,
    shop,
    shopify,
    shopify_api,
    stock_files,
    tiktok,
    trade,
)
from tasks.demo.delivery import Delivery, cents
from tasks.demo.orders import Order
from tasks.demo.payouts import Payout

_SHOPIFY_DAYS = 90
_OLDER_EXPORT = 7 * clock.DAY + 9 * clock.HOUR
_LATE_DAYS = 9  # since somebody last exported the catalogue
_BANK_SETTLES_IN = 35  # days from which on every line of a payout belongs to an exported order


@dataclass(frozen=True)
class Truth:
    """What the exports hold: the sections of `truth.json`, see `figures.DEFINITIONS`."""

    meta: dict[str, Any]
    shop: dict[str, Any]
    definitions: dict[str, str]
    files: dict[str, dict[str, Any]]
    channel_day: dict[str, dict[str, Any]]
    stock_as_of: dict[str, dict[str, dict[str, int]]]
    velocity_90: dict[str, dict[str, int]]
    oversold: list[dict[str, Any]]
    promotions: list[dict[str, str]]
    margins: dict[str, Any]
    payouts: list[dict[str, Any]]
    payouts_by_status: dict[str, int]
    settlement_chain: list[dict[str, Any]]
    kpi_weeks: dict[str, Any]
    supplier_on_time: dict[str, dict[str, dict[str, int]]]
    cycle_counts: dict[str, Any]
    returns: dict[str, dict[str, int]]
    disputes: dict[str, dict[str, Any]]
    suspects: dict[str, Any]
    service: dict[str, Any]
    inbound: dict[str, dict[str, Any]]
    unapproved: dict[str, list[str]]
    edi: dict[str, Any]
    parcels: dict[str, Any]
    hard_orders: list[dict[str, Any]]
    picking: dict[str, dict[str, Any]]
    listings: dict[str, list[str]]
    anomalies: list[dict[str, Any]]
    anomaly_kinds: dict[str, int]

    @property
    def rejected_files(self) -> dict[str, str]:
        """Files to be refused whole, and what each of them is."""
        return self._whole(rejects.REJECTED)

    @property
    def unknown_files(self) -> dict[str, str]:
        """Files no reader knows: left where they are, and listed."""
        return self._whole(rejects.LEFT)

    def _whole(self, expected: str) -> dict[str, str]:
        return {
            name: entry["kind"]
            for name, entry in self.files.items()
            if entry.get("expected") == expected
        }


def generate(
    folder: Path,
    *,
    seed: int = 7,
    as_of: datetime,
    days: int = 150,
    orders_per_day: float = 25,
    opened: date = shop.OPENED,
) -> Truth:
    """Write the inbox and `truth.json` of one moment; return the truth.

    The same seed, rate and opening day give the same past on every later `as_of`: ids, orders and
    stock of two exports agree where they overlap. Orders are exported from `days` before `as_of`
    on, at the earliest from the opening. Writing the same moment twice gives the same bytes; files
    that an earlier moment left in the folder stay. For a benchmark of a large shop let it open
    shortly before the window, because every day since the opening is lived.

    Raises:
        ValueError: if `as_of` has no time zone, or is before the shop's second week.
    """
    if as_of.tzinfo is None:
        raise ValueError("as_of has no time zone; give an aware moment, for example in UTC.")
    now = int(as_of.timestamp())
    today = clock.local_day(now)
    if today < opened + timedelta(days=14):
        raise ValueError(f"as_of {today} is before {opened + timedelta(days=14)}: too early.")
    first_day = max(opened, today - timedelta(days=days))
    delivery = Delivery(folder, now, clock.moment(first_day, 0))
    story = shop.live(seed, opened, today, orders_per_day)
    past = [order for order in story.orders if order.created <= now]
    past.sort(key=lambda order: order.created)
    shown = past[bisect_left(past, delivery.start, key=lambda order: order.created) :]
    by_channel = {
        channel: [order for order in shown if order.channel == channel] for channel in demand.SHARES
    }

    shelves = stock_files.write(delivery, story, past)
    _write_orders(delivery, by_channel)
    money = _write_money(delivery, past, opened)
    trade.write_wholesale(delivery, by_channel["wholesale"])
    parcels.write(delivery, shown)
    after = returns.write(delivery, shown)
    since = max(opened, today - timedelta(days=400))
    trade.write_suppliers(delivery, story.shelves.purchases, since)
    shipments = inbound.write(delivery, story.shelves.purchases)
    answers = edi.write(delivery, story.shelves.purchases)
    trade.write_plan(delivery, orders_per_day)
    promotions = trade.write_promotions(delivery, [row["sku"] for row in shelves.oversold])
    trade.write_catalog(delivery)
    listings = tiktok.write_template(delivery)
    _write_products(delivery)
    asked = service.tickets(shown, now)
    service.write_tickets(delivery, asked)
    service.write_account(delivery)
    service.write_links(delivery)
    ebay.write_orders(delivery)
    statements = [p.settlement.name for p in money if p.settlement is not None]
    arrived = [name for name in statements if name in delivery.files]
    rejects.drop(delivery, by_channel, arrived[-1] if arrived else "")

    sales = figures.counted(shown, now)
    margins = costs.write(delivery, sales)
    punctuality = figures.supplier_on_time(story.shelves.purchases, since, today)
    trade.note_bad_supplier(delivery, punctuality)
    truth = Truth(
        meta={
            "seed": seed,
            "as_of": clock.stamp(now),
            "as_of_date": str(today),
            "first_date": str(first_day),
            "days": days,
            "orders_per_day": str(orders_per_day),
            "opened": str(opened),
            "orders": len(shown),
            "lines": sum(len(order.lines) for order in shown),
            "skus": len(catalog.PRODUCTS),
        },
        shop=facts.shop(today.year),
        definitions=figures.DEFINITIONS,
        files=dict(sorted(delivery.files.items())),
        channel_day=figures.channel_day(sales, now),
        stock_as_of=shelves.as_of,
        velocity_90=figures.velocity_90(sales, shelves.closes, today, now),
        oversold=shelves.oversold,
        promotions=promotions,
        margins=margins,
        payouts=figures.payouts(money, today),
        payouts_by_status=dict(sorted(Counter(p.status(today) for p in money).items())),
        settlement_chain=_chain(money),
        kpi_weeks=figures.kpi_weeks(shown, now, orders_per_day),
        supplier_on_time=punctuality,
        cycle_counts=shelves.counted,
        returns=after.returns,
        disputes=after.disputes,
        suspects=after.suspects,
        service=service.truth(asked, now),
        inbound=shipments,
        edi=answers,
        parcels=parcels.truth(shown, now),
        unapproved={trade.UNAPPROVED: [product.sku for product in trade.cheaper()]},
        hard_orders=hard.verdicts(shown, now, _order_key, _channel_sku),
        picking=hard.picking(shown, now),
        listings={**listings, "forbidden_characters": [amazon.SHOUTED]},
        anomalies=sorted(
            delivery.anomalies, key=lambda a: (a["kind"], a["file"], a["line"] or 0, a["key"] or "")
        ),
        anomaly_kinds=dict(sorted(Counter(a["kind"] for a in delivery.anomalies).items())),
    )
    path = folder / "truth.json"
    path.write_text(json.dumps(asdict(truth), indent=1, ensure_ascii=False) + "\n", "utf-8")
    os.utime(path, (now, now))
    return truth


def _write_products(delivery: Delivery) -> None:
    """Write the catalogue, which nobody has exported for more than a week."""
    late = max(delivery.now - _LATE_DAYS * clock.DAY, delivery.start)
    name = f"shopify/products_export_{clock.local_day(late)}.csv"
    shopify.write_products(delivery, name, late)
    note = f"last exported {_LATE_DAYS} days ago, a weekly report"
    delivery.anomaly("late_report", name, note=note)


def _order_key(order: Order) -> str:
    """Return the channel's own id of an order, which in the web shop is not its number."""
    return shopify.own_id(order) if order.channel == "shopify" else order.order_id


def _channel_sku(order: Order, sku: str) -> str:
    """Return the SKU as the order's channel writes it."""
    if order.channel == "tiktok":
        return tiktok.seller_sku(sku, order)
    return amazon.seller_sku(sku, order) if order.channel == "amazon" else sku


def _write_orders(delivery: Delivery, by_channel: dict[str, list[Order]]) -> None:
    """Write every channel's orders; the web shop's twice, as of last week and as of now."""
    web = [order for order in by_channel["shopify"] if not shopify_api.is_api_only(order)]
    asked = delivery.now - _OLDER_EXPORT
    latest = clock.moment(delivery.today - timedelta(days=_SHOPIFY_DAYS), 0)
    for moment, since in ((asked, delivery.start), (delivery.now, latest)):
        if moment <= delivery.start:
            continue
        day = clock.local_day(moment)
        chosen = [order for order in reversed(web) if since <= order.created <= moment]
        shopify.write_orders(delivery, f"shopify/orders_export_{day}.csv", chosen, moment)
    shopify_api.write_orders(delivery, by_channel["shopify"])
    amazon.write_orders(delivery, by_channel["amazon"])
    newest_first = by_channel["tiktok"][::-1]
    tiktok.write_orders(delivery, f"tiktok/All order-{delivery.today}.csv", newest_first)


def _write_money(delivery: Delivery, past: Sequence[Order], opened: date) -> list[Payout]:
    """Write payouts, settlements, incomes and the bank; return the payouts they show."""
    today = delivery.today
    wait = min(_BANK_SETTLES_IN, (today - delivery.first_day).days // 4)
    bank_opens = delivery.first_day + timedelta(days=wait)
    web = payouts.shopify_payouts(payouts.transactions(past, delivery.now))
    incomes = tiktok.incomes(past, delivery.now)
    shown = [payout for payout in web if payout.expected_in_bank >= bank_opens]
    payouts.write_shopify(delivery, shown)
    everything = list(web)
    for settlement in settlements.settle(opened, past, delivery.now):
        payout = payouts.amazon_payout(settlement)
        everything.append(payout)
        if payout.expected_in_bank < bank_opens:
            continue
        shown.append(payout)
        if payout.planted == "missing_settlement":
            note = "never delivered: a gap in the windows, but its money is in the bank"
            delivery.anomaly(payout.planted, settlement.name, None, payout.payout_id, note)
        else:
            settlements.write(delivery, settlement, min(delivery.now, settlement.deposit))
        settlement.entries.clear()
    marketplace = payouts.tiktok_payouts(incomes)
    everything.extend(marketplace)
    settled = [payout for payout in marketplace if payout.expected_in_bank >= bank_opens]
    shown.extend(settled)
    first = settled[0].day if settled else today
    income_file = f"tiktok/income_{today:%Y%m%d}.csv"
    tiktok.write_income(
        delivery, income_file, (row for row in reversed(incomes) if row.settled >= first)
    )
    deposits = [payout.paid_in for payout in everything if payout.paid_in is not None]
    payouts.write_bank(delivery, [*deposits, *payouts.transfers(past)], bank_opens)
    for payout in shown:
        if payout.status(today) in {"bank missing", "bank differs"}:
            file, amount = f"bank/bank_statement_{today}.csv", payout.amount
            note = f"payout of {cents(amount)} is not in the bank as it should be"
            delivery.anomaly(payout.planted, file, None, payout.payout_id, note)
    return shown


def _chain(money: Sequence[Payout]) -> list[dict[str, Any]]:
    return [
        {
            "settlement_id": payout.payout_id,
            "start": clock.stamp(payout.settlement.start),
            "end": clock.stamp(payout.settlement.end),
            "delivered": payout.planted != "missing_settlement",
        }
        for payout in money
        if payout.settlement is not None
    ]
