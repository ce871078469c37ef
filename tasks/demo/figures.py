"""The truth about the shop, computed from its own past and never from the files."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

from tasks.demo import catalog, clock, demand, trade
from tasks.demo.delivery import cents
from tasks.demo.orders import Order
from tasks.demo.payouts import Payout
from tasks.demo.stock import Place, Purchase

ZONES = {
    "shopify": clock.NEW_YORK,
    "amazon": clock.UTC_ZONE,
    "tiktok": clock.LOS_ANGELES,
    "wholesale": clock.NEW_YORK,
}
# working days, cut-off hour, zone of the cut-off
SLA = {
    "shopify": (1, 14, clock.NEW_YORK),
    "amazon": (1, 14, clock.NEW_YORK),
    "tiktok": (2, 12, clock.LOS_ANGELES),
}
VELOCITY_DAYS = 90
_KPI_WEEKS = 4

DEFINITIONS = {
    "parcels": "of our two warehouses: lost, without an arrival for 10 days; without_tracking; wrong_carrier, "
    "not that of the packing table; wrong_weight, a third too light; wrong_location, not as routed",
    "business_day": "local date of the order's creation in the channel's own zone",
    "counted_orders": "not cancelled as of now, no test gateway, copies by Source 4383523 "
    "excluded, Non-Amazon excluded, quarantined rows excluded, voided and expired payments excluded; "
    "lines cancelled alone excluded; POS counts; Amazon Pending counts units with gross 0; a line "
    "without SKU or with one in no map counts",
    "gross": "sum of quantity x unit price before discounts, without shipping and tax",
    "net": "gross less the discounts of line and order, without tax",
    "velocity_90": "counted orders of business days t-90 .. t-1 (t = as-of date in New York), "
    "bundles exploded, less what was refunded before it left, free replacements and what needs no "
    "shipping; one_off_units = of them, those of a "
    "bulk order that is no pattern; in-stock days = days whose close of day on hand over all locations is > 0",
    "reserved": "component units of all channels' lines created, not cancelled, not shipped, not "
    "refunded before they left and not sent by somebody else; web shop orders are at the main "
    "warehouse if it stocks the SKU, else at the 3PL, but for those that the web shop's own "
    "inventory commits at the 3PL",
    "available": "on_hand - unavailable - reserved",
    "committed_shopify": "the web shop's own part of reserved, as its inventory export shows it",
    "on_time": "due = counted order shipped by ourselves (no FBA, no POS), paid or payable, not on "
    "hold, not pre-ordered, whose deadline is in "
    "the ISO week (New York) and is not after now; on time if shipped by the deadline",
    "deadline": "placed before the cut-off on a working day: that day is day 0, else the next "
    "working day; deadline = 23:59:59 local, n working days later; wholesale: the requested date",
    "weeks": "the running week counts its closed days only",
    "cancel": "orders (no voided or expired payments) created in the ISO week (New York), and those "
    "of them cancelled by now",
    "cycle_hours": "created to shipped, own fulfilment without POS and wholesale, by ISO week of "
    "shipment (New York); median and P90 by linear interpolation",
    "backlog_24h": "own fulfilment without POS and wholesale, paid, open and older than 24 h at "
    "the end of the ISO week or now, whichever is first",
    "payouts": "reconciled = the bank shows the same amount; lines do not sum = the header differs "
    "from the sum of its lines by 0.01",
    "margins": "cogs = cost of the units sold and not taken back before they left, by channel and month of "
    "the order, at the cost sheet's cost of the day, else the maker's; restocked = what of it came back to be sold "
    "again, by the month of the return; ad_spend by month and SKU, blank: none; "
    "below_floor = earns too little wherever it is sold; raised_fees = what a channel takes more of",
    "supplier_on_time": "PO lines promised in the quarter and before today; otif = in full by the "
    "promised day",
    "returns": "SKU and month (New York) of the day it came back; restocked + quarantined + scrapped + pending = "
    "what came back; Amazon pays for what it cannot sell again, which counts as scrapped",
    "disputes": "of the web shop; hours_left are whole hours to the deadline of one that waits for evidence",
    "cycle_counts": "records with a count of the last 120 days; wrong = beyond any tolerance; count_again "
    "= the newest count of a SKU is wrong and the first; adjust = counted - book where a second count "
    "within 7 days was wrong, too",
    "service": "every ticket of the help desk; unanswered = no reply for more than 24 hours; satisfied = five of "
    "five stars; broken links = "
    "found by the newest crawl, fixed = by an older one alone",
    "inbound": "shipments to Amazon that left in the last 150 days; missing = sent and never received, to_come = "
    "sent and not received yet",
    "edi": "open orders that their maker answered, the one whose first line it promises half of, and what it "
    "announced with the day it expects",
    "unapproved": "a supplier that the sheet says no to, and the SKUs that it offers below their cost",
}


def counted(orders: Iterable[Order], now: int) -> list[Order]:
    """Return the sales: see DEFINITIONS."""
    return [order for order in orders if order.is_sale(now)]


def business_day(order: Order) -> date:
    """Return the day a sale belongs to."""
    return clock.local_day(order.created, ZONES[order.channel])


def known_gross(order: Order, now: int) -> int:
    """Return the gross an export can know: none while Amazon's payment is pending."""
    if order.channel == "amazon" and order.paid > now:
        return 0
    return sum(line.gross for line in order.sold(now))


def known_net(order: Order, now: int) -> int:
    """Return the gross less discounts, without tax, that an export can know."""
    if order.channel == "amazon" and order.paid > now:
        return 0
    return known_gross(order, now) - order.discount


def channel_day(sales: Iterable[Order], now: int) -> dict[str, dict[str, Any]]:
    """Return orders, lines, units, gross and net of every business day and channel."""
    totals: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0, 0])
    for order in sales:
        total = totals[f"{business_day(order)}|{order.channel}"]
        lines = order.sold(now)
        total[0] += 1
        total[1] += len(lines)
        total[2] += sum(line.quantity for line in lines)
        total[3] += known_gross(order, now)
        total[4] += known_net(order, now)
    return {
        key: {
            "orders": orders,
            "lines": lines,
            "units": units,
            "gross": cents(gross),
            "net": cents(net),
        }
        for key, (orders, lines, units, gross, net) in sorted(totals.items())
    }


def stock_as_of(
    on_hand: dict[Place, int], reserved: dict[Place, int], committed: dict[Place, int]
) -> dict[str, dict[str, dict[str, int]]]:
    """Return SKU, location and the layers from on hand to available."""
    found: dict[str, dict[str, dict[str, int]]] = defaultdict(dict)
    for (sku, location), units in sorted(on_hand.items()):
        away, held = catalog.unsellable(sku, location), reserved.get((sku, location), 0)
        found[sku][location] = {
            "on_hand": units,
            "unavailable": away,
            "reserved": held,
            "committed_shopify": committed.get((sku, location), 0),
            "available": units - away - held,
        }
    return dict(found)


def velocity_90(
    sales: Iterable[Order], closes: dict[date, dict[Place, int]], today: date, now: int
) -> dict[str, dict[str, int]]:
    """Return each SKU's exploded units and in-stock days of the last 90 closed days."""
    first = today - timedelta(days=VELOCITY_DAYS)
    in_stock: dict[str, set[date]] = defaultdict(set)
    for day, levels in closes.items():
        if day >= first:
            held: Counter[str] = Counter()
            for (sku, _), quantity in levels.items():
                held[sku] += quantity
            for sku, quantity in held.items():
                if quantity > 0:
                    in_stock[sku].add(day)
    units: Counter[str] = Counter()
    one_off: Counter[str] = Counter()
    for order in sales:
        day = business_day(order)
        if first <= day < today:
            for sku, quantity in order.wanted(now):
                units[sku] += quantity
                one_off[sku] += quantity if order.hard == "bulk_order" else 0
    return {
        product.sku: {
            "units_exploded": units[product.sku],
            "one_off_units": one_off[product.sku],
            "in_stock_days": len(in_stock[product.sku]),
        }
        for product in catalog.PRODUCTS
    }


def deadline(order: Order) -> int:
    """Return the last on-time second of an order we ship ourselves."""
    if order.channel == "wholesale":
        return order.requested
    days, cutoff, zone = SLA[order.channel]
    return clock.ship_deadline(order.created, days, cutoff, zone)


def _quantile(values: Sequence[float], share: float) -> float | None:
    if not values:
        return None
    spot = (len(values) - 1) * share
    low = int(spot)
    high = min(low + 1, len(values) - 1)
    return round(values[low] + (values[high] - values[low]) * (spot - low), 4)


def kpi_weeks(orders: Sequence[Order], now: int, orders_per_day: float) -> dict[str, Any]:
    """Return the last ISO weeks' figures, the running week included."""
    today = clock.local_day(now)
    this_monday = today - timedelta(days=today.weekday())
    mondays = [this_monday - timedelta(weeks=back) for back in reversed(range(_KPI_WEEKS))]
    long_ago = clock.moment(mondays[0] - timedelta(days=60), 0)
    recent = [order for order in orders if order.created >= long_ago]
    return {
        clock.iso_week(monday): _week(recent, monday, now, orders_per_day) for monday in mondays
    }


def _week(orders: Sequence[Order], monday: date, now: int, orders_per_day: float) -> dict[str, Any]:
    opens, closes = clock.moment(monday, 0), clock.moment(monday + timedelta(days=7), 0)
    until = min(closes, now)
    # Today is not over: its orders and deadlines belong to tomorrow's figure.
    closes = min(closes, clock.moment(clock.local_day(now), 0))
    on_time = {channel: {"due": 0, "on_time": 0} for channel in demand.SHARES}
    cancel = {channel: {"orders": 0, "cancelled": 0} for channel in demand.SHARES}
    gross = dict.fromkeys(demand.SHARES, 0)
    hours: list[float] = []
    backlog = 0
    for order in orders:
        if not order.counts:
            continue
        is_cancelled = order.is_cancelled(now)
        if order.is_void and not is_cancelled:
            continue
        if opens <= order.created < closes:
            cancel[order.channel]["orders"] += 1
            cancel[order.channel]["cancelled"] += is_cancelled
        if not is_cancelled and monday <= business_day(order) < monday + timedelta(days=7):
            gross[order.channel] += known_gross(order, now)
        if order.location == catalog.FBA or order.kind == "pos" or order.shipper:
            continue
        if order.is_due(now) and opens <= (due := deadline(order)) < closes and due <= now:
            on_time[order.channel]["due"] += 1
            on_time[order.channel]["on_time"] += order.is_shipped(due)
        if order.channel == "wholesale":
            continue
        if order.shipped is not None and opens <= order.shipped < closes and order.shipped <= now:
            hours.append((order.shipped - order.created) / clock.HOUR)
        is_waiting = order.is_open(until) and order.is_due(until)
        backlog += is_waiting and until - order.created > clock.DAY
    hours.sort()
    return {
        "on_time": on_time,
        "cancel": cancel,
        "cycle_hours": {
            "n": len(hours),
            "median": _quantile(hours, 0.5),
            "p90": _quantile(hours, 0.9),
        },
        "backlog_24h": backlog,
        "revenue": {
            channel: {
                "actual_usd": cents(gross[channel]),
                "plan_usd": cents(trade.plan(monday, channel, orders_per_day) * 100),
            }
            for channel in demand.SHARES
        },
    }


def payouts(found: Iterable[Payout], today: date) -> list[dict[str, Any]]:
    """Return every payout with its components and its state today."""
    rows = []
    for payout in found:
        deposit = payout.paid_in
        row: dict[str, Any] = {
            "channel": payout.channel,
            "payout_id": payout.payout_id,
            "currency": catalog.CURRENCY,
            "date": str(payout.day),
            "amount": cents(payout.amount),
            "reference": payout.reference,
            "lines": payout.lines,
            "components": {name: cents(amount) for name, amount in payout.components.items()},
            "sum_of_lines": cents(sum(payout.components.values())),
            "bank": {"date": str(deposit.day), "amount": cents(deposit.amount)}
            if deposit and deposit.day <= today
            else None,
            "status": payout.status(today),
        }
        if payout.settlement is not None:
            is_missing = payout.planted == "missing_settlement"
            row["file"] = None if is_missing else payout.settlement.name
            row["window"] = [
                clock.stamp(payout.settlement.start),
                clock.stamp(payout.settlement.end),
            ]
        rows.append(row)
    return rows


def supplier_on_time(
    purchases: Iterable[Purchase], since: date, today: date
) -> dict[str, dict[str, dict[str, int]]]:
    """Return each maker's promised lines and those in full on time, by quarter."""
    found: dict[str, dict[str, dict[str, int]]] = {}
    for purchase in purchases:
        due = purchase.promised
        if not (since <= purchase.ordered < today and due < today):
            continue
        quarter = f"{due.year}-Q{(due.month - 1) // 3 + 1}"
        maker = found.setdefault(purchase.supplier.supplier_id, {})
        score = maker.setdefault(quarter, {"due": 0, "otif": 0})
        score["due"] += 1
        score["otif"] += purchase.received(due) >= purchase.quantity
    return {maker: dict(sorted(quarters.items())) for maker, quarters in sorted(found.items())}
