"""The exports that come from no marketplace: wholesale, parcels, makers, stock, plan, catalogue."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from zlib import crc32

from tasks.demo import catalog, clock, demand, tiktok
from tasks.demo.delivery import Delivery, cents, names
from tasks.demo.life import TELEPHONE, order_id
from tasks.demo.mistakes import SPOILED_ORDERS
from tasks.demo.orders import Order
from tasks.demo.stock import Place, Purchase, received_through

WHOLESALE = names(
    "po_number,order_date,customer,requested_ship_date,sku,quantity,unit_price,currency,"
    "net_terms_days,status,invoice_number"
)
SUPPLIERS = names(
    "supplier_id,name,lead_time_days,moq_units,currency,review_period_days,payment_terms,approved"
)
SUPPLIER_ITEMS = names("supplier_id,sku,case_pack,unit_cost,currency")
PURCHASE_ORDERS = names(
    "po_number,supplier_id,ordered_at,promised_date,sku,quantity_ordered,unit_cost,currency,status,location"
)
RECEIPTS = names("receipt_id,po_number,sku,quantity_received,received_date,location")
STOCK_HISTORY = names("date,location,sku,on_hand")
PLAN = names("iso_week,channel,plan_usd")
PROMOTIONS = names(
    "promotion_id,title,channel,sku,start_date,end_date,discount_rate,expected_uplift_rate"
)
BUNDLES = names("bundle_sku,component_sku,quantity")
SKU_MAP = names("channel,channel_sku,sku")
POINTS = names("member,points,tier,changed_at")

INVOICE_DAYS = 60  # since the order, in which an invoice that is missing is asked for
_UNINVOICED = 23  # one wholesale order in so many leaves without an invoice
UNAPPROVED = "SUP-99"  # offers at half the cost, and nobody has approved it
HASTY = "SUP-06"  # says neither how long it takes nor when an order comes
HASTY_ORDER = "PO-7001", "FP-KEP-02", 24  # the only one it ever had
_HASTY_DAYS = 9  # since that order
_AVERAGE_ORDER = {"shopify": 4100, "amazon": 4300, "tiktok": 3900, "wholesale": 64_000}


def moment(instant: int) -> str:
    """Write an instant as New York wall time, without its offset."""
    return clock.wall(instant).isoformat(" ")[:19]


def write_wholesale(delivery: Delivery, orders: Iterable[Order]) -> None:
    """Write the wholesale order form's lines, oldest first."""
    name, kept = f"wholesale/orders_{delivery.today}.csv", list(orders)
    with delivery.sheet(name, WHOLESALE) as sheet:
        for order in kept:
            status = "shipped" if order.is_shipped(delivery.now) else order.waits or "open"
            if order.is_cancelled(delivery.now):
                status = "cancelled"
            for line in order.lines:
                row = [
                    order.order_id, moment(order.created), f"ACC-{order.buyer % 40 + 101}",
                    str(clock.local_day(order.requested)), line.sku, str(line.quantity),
                    cents(line.price), catalog.CURRENCY, "30", status,
                    "" if status != "shipped" or _lacks_invoice(order) else f"INV-{order.number}",
                ]  # fmt: skip
                if order.kind == "negative_quantity":
                    row[5] = f"-{row[5]}"
                elif order.kind == "zero_division_price":
                    row[6] = "#DIV/0!"
                elif order.kind == "sku_scientific_notation":
                    row[4] = "1.01E+05"
                start = sheet.row(row)
                if order.kind in SPOILED_ORDERS:
                    sheet.reject(start, order.kind, key=order.order_id)
                elif order.hard:
                    sheet.remark(start, order.hard, key=order.order_id)
                elif order.flaw == "oversold_sku" and status == "open":
                    note = "open orders exceed what is on hand at the main warehouse"
                    sheet.remark(start, "oversold_sku", note, line.sku)
    _note_numbers(delivery, name, kept)


def _note_numbers(delivery: Delivery, name: str, orders: Sequence[Order]) -> None:
    """Note the numbers of orders and invoices that a careful reader misses."""
    counted = {order.number for order in orders if order.number < TELEPHONE}
    for number in sorted({*range(min(counted, default=0), max(counted, default=0))} - counted):
        delivery.anomaly("order_number_missing", name, key=order_id("wholesale", number))
    since = delivery.now - INVOICE_DAYS * clock.DAY
    left = [each for each in orders if each.counts and each.is_shipped(delivery.now)]
    for order in left:
        if order.created >= since and _lacks_invoice(order):
            delivery.anomaly("shipped_without_invoice", name, key=order.order_id)


def _lacks_invoice(order: Order) -> bool:
    return order.number % _UNINVOICED == 5


def write_suppliers(delivery: Delivery, purchases: Sequence[Purchase], since: date) -> None:
    """Write makers, their items, and the purchase orders placed `since` with their receipts."""
    today = delivery.today
    with delivery.sheet(f"suppliers/suppliers_{today}.csv", SUPPLIERS) as sheet:
        for maker in catalog.SUPPLIERS:
            sheet.row([
                maker.supplier_id, maker.name, maker.lead_days, maker.minimum_units,
                catalog.CURRENCY, maker.review_days, maker.terms, "",
            ])  # fmt: skip
        sheet.row([UNAPPROVED, "Drift Lane Imports", 30, 0, catalog.CURRENCY, 7, "", "no"])
        line = sheet.row([HASTY, "Tin Lantern Workshop", "", 0, catalog.CURRENCY, 7, "", ""])
        sheet.remark(line, "supplier_without_lead_time", key=HASTY)
    with delivery.sheet(f"suppliers/supplier_items_{today}.csv", SUPPLIER_ITEMS) as sheet:
        for product in catalog.PRODUCTS:
            maker_id = HASTY if product.sku == HASTY_ORDER[1] else product.supplier.supplier_id
            sheet.row([
                maker_id, product.sku, product.case_pack, cents(product.cost), catalog.CURRENCY,
            ])  # fmt: skip
        for product in cheaper():
            sheet.row([
                UNAPPROVED, product.sku, product.case_pack, cents(product.cost // 2), catalog.CURRENCY,
            ])  # fmt: skip
    placed = [p for p in purchases if since <= p.ordered < today]
    with delivery.sheet(f"suppliers/purchase_orders_{today}.csv", PURCHASE_ORDERS) as sheet:
        for purchase in placed:
            received = purchase.received(received_through(delivery.now))
            status = "open" if not received else "partial"
            if received >= purchase.quantity:
                status = "received"
            sheet.row([
                purchase.po_number, purchase.supplier.supplier_id, purchase.ordered,
                purchase.promised, purchase.product.sku, purchase.quantity,
                cents(purchase.product.cost), catalog.CURRENCY, status, purchase.location,
            ])  # fmt: skip
        po, sku, units = HASTY_ORDER
        line = sheet.row([
            po, HASTY, today - timedelta(days=_HASTY_DAYS), "", sku, units,
            cents(catalog.BY_SKU[sku].cost), catalog.CURRENCY, "open", catalog.MAIN,
        ])  # fmt: skip
        note = f"{units} units of {sku}, without a promised date"
        sheet.remark(line, "purchase_order_undated", note, po)
    _write_receipts(delivery, placed)


def cheaper() -> list[catalog.Product]:
    """Return what the supplier that nobody approved offers."""
    return [product for product in catalog.ORDINARY if product.family == "Speckled Mug"]


def note_bad_supplier(
    delivery: Delivery, punctuality: dict[str, dict[str, dict[str, int]]]
) -> None:
    """Note the makers below 80 % in the last two whole quarters."""
    today = delivery.today
    this_quarter = f"{today.year}-Q{(today.month - 1) // 3 + 1}"
    for maker, quarters in punctuality.items():
        whole = [score for name, score in quarters.items() if name < this_quarter][-2:]
        if len(whole) == 2 and all(score["otif"] * 5 < score["due"] * 4 for score in whole):
            file = f"suppliers/purchase_orders_{today}.csv"
            note = "on time in full below 80 % in the last two whole quarters"
            delivery.anomaly("supplier_two_bad_quarters", file, None, maker, note)


def _write_receipts(delivery: Delivery, placed: Sequence[Purchase]) -> None:
    last = received_through(delivery.now)
    arrived = sorted(
        (day, purchase.po_number, purchase.product.sku, units, purchase.location)
        for purchase in placed
        for day, units in purchase.deliveries
        if day <= last
    )
    with delivery.sheet(f"suppliers/receipts_{delivery.today}.csv", RECEIPTS) as sheet:
        for position, (day, po, sku, units, location) in enumerate(arrived):
            mark = crc32(f"{day}{po}{sku}".encode())
            row = [f"GR-{mark:010d}", po, sku, str(units), str(day), location]
            if position == len(arrived) * 2 // 3:
                note = "PO-9999 does not exist"
                line = sheet.row([f"GR-{mark % 10**6:010d}", "PO-9999", *row[2:]])
                sheet.reject(line, "receipt_unknown_po", note, "PO-9999")
            sheet.row(row)


def write_stock_history(delivery: Delivery, closes: dict[date, dict[Place, int]]) -> None:
    """Write the units on hand at the close of each day."""
    with delivery.sheet(f"stock/stock_history_{delivery.today}.csv", STOCK_HISTORY) as sheet:
        for day, levels in sorted(closes.items()):
            for (sku, location), units in sorted(levels.items()):
                sheet.row([day, location, sku, units])


def plan(day: date, channel: str, orders_per_day: float) -> int:
    """Return the revenue a channel hoped for in the ISO week of a day, in whole dollars."""
    monday = day - timedelta(days=day.weekday())
    busy = sum(demand.day_factor(monday + timedelta(days=offset)) for offset in range(7)) / 7
    hope = 94 + crc32(f"{clock.iso_week(monday)}|{channel}".encode()) % 18
    orders = orders_per_day * demand.SHARES[channel] * 7 * busy
    return round(orders * _AVERAGE_ORDER[channel] * hope / 10_000)


def write_plan(delivery: Delivery, orders_per_day: float) -> None:
    """Write the plan of every week on the way and of the four to come."""
    day = delivery.first_day - timedelta(days=delivery.first_day.weekday())
    with delivery.sheet(f"plan/revenue_plan_{delivery.today}.csv", PLAN) as sheet:
        while day <= delivery.today + timedelta(days=28):
            for channel in demand.SHARES:
                dollars = plan(day, channel, orders_per_day)
                sheet.row([clock.iso_week(day), channel, cents(dollars * 100)])
            day += timedelta(days=7)


def write_promotions(delivery: Delivery, oversold: Sequence[str]) -> list[dict[str, str]]:
    """Write the calendar of promotions; return its rows. Of what is oversold one SKU is on offer."""
    today, year = delivery.today, delivery.today.year
    season, end = f"{year}-11-15", f"{year}-12-20"
    rows = [
        [f"GIFT-{year}", "Gift season", "shopify", sku, season, end, "0.10", "2.0"]
        for sku in ("FP-ORN-01", "FP-WRT-01")
    ]
    for sku in oversold[:1]:
        first = today.replace(day=1)
        last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        name = f"MONTH-{first:%Y-%m}"
        rows.append([name, "Offer of the month", "all", sku, str(first), str(last), "0.15", "1.5"])
    with delivery.sheet(f"marketing/promotions_{today}.csv", PROMOTIONS) as sheet:
        for row in rows:
            sheet.row(row)
    return [dict(zip(PROMOTIONS, row, strict=True)) for row in rows]


def write_catalog(delivery: Delivery) -> None:
    """Write what the bundles hold and which listing sells which SKU."""
    with delivery.sheet(f"catalog/bundles_{delivery.today}.csv", BUNDLES) as sheet:
        for bundle in catalog.BUNDLES:
            for part, quantity in bundle.parts:
                sheet.row([bundle.sku, part, quantity])
    with delivery.sheet(f"catalog/sku_map_{delivery.today}.csv", SKU_MAP) as sheet:
        staged = [product.sku for product in catalog.STAGED]
        for sku in [*catalog.ASSORTMENT["amazon"], *staged]:
            sheet.row(["amazon", sku, sku])
            if catalog.FBA in catalog.BY_SKU[sku].locations:
                sheet.row(["amazon", f"{sku}-FBA", sku])
        for sku in tiktok.listings():
            sheet.row(["tiktok", f"TT-{sku}", sku])


def points(orders: Iterable[Order]) -> list[list[str]]:
    """Return a loyalty programme's export, which no reader knows."""
    return [
        [f"M{order.number:06}", str(order.number % 900), "silver", moment(order.created)]
        for order in orders
        if order.kind == "web" and order.number % 23 == 0
    ]
