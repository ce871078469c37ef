"""TikTok Shop's exports: orders in Los Angeles wall times, and the income of settled orders."""

from collections.abc import Iterable, Mapping, Sequence, Set
from datetime import date, timedelta
from typing import NamedTuple
from zlib import crc32

from tasks.demo import catalog, clock, people
from tasks.demo.delivery import Delivery, Sheet, cents, names
from tasks.demo.hard import LOST
from tasks.demo.orders import Order

UNMAPPED_SKU = "TT-FP-NEW-99"

ORDERS = names(
    "Order ID,Order Status,Order Substatus,Cancelation/Return Type,Normal or Pre-order,SKU ID,"
    "Seller SKU,Product Name,Variation,Quantity,Sku Quantity of return,SKU Unit Original Price,"
    "SKU Subtotal Before Discount,SKU Platform Discount,SKU Seller Discount,"
    "SKU Subtotal After Discount,Shipping Fee After Discount,Original Shipping Fee,"
    "Shipping Fee Seller Discount,Shipping Fee Platform Discount,Payment platform discount,"
    "Retail Delivery Fee,Taxes,Order Amount,Order Refund Amount,Created Time,Paid Time,RTS Time,"
    "Shipped Time,Delivered Time,Cancelled Time,Cancel By,Cancel Reason,Fulfillment Type,"
    "Warehouse Name,Tracking ID,Delivery Option,Shipping Provider Name,Buyer Message,"
    "Buyer Nickname,Buyer Username,Recipient,Phone #,Country,State,City,Zipcode,Address Line 1,"
    "Address Line 2,Delivery Instruction,Payment Method,Weight(kg),Product Category,Package ID,"
    "Seller Note,Shipping Information,Combined Listing"
)

INCOME = names(
    "Order/adjustment ID  ,Type ,Order created time(UTC),Order settled time(UTC),Currency,"
    "Total settlement amount,Total Revenue,Subtotal after seller discounts,"
    "Subtotal before discounts,Seller discounts,Refund subtotal after seller discounts,"
    "Refund subtotal before seller discounts,Refund of seller discounts,Total Fees,"
    "Transaction fee,TikTok Shop commission fee,Seller shipping fee,Actual shipping fee ,"
    "Platform shipping fee discount,Customer shipping fee,Affiliate commission ,"
    "Ajustment amount,Related order ID"
)

TEMPLATE = names(
    "product_id,category,product_name,product_status,sku_id,variation_value,price,seller_sku"
)
_COMMISSION_PERCENT = 6
_LABEL = 420
_SETTLING_DAYS = 6


def moment(instant: int | None, now: int) -> str:
    """Write an instant as the seller center does: US wall time and a trailing tab."""
    if instant is None or instant > now:
        return "\t"
    return f"{clock.wall(instant, clock.LOS_ANGELES):%m/%d/%Y %I:%M:%S %p}\t"


def seller_sku(sku: str, order: Order) -> str:
    """Return the SKU the shop gave the listing on TikTok."""
    return UNMAPPED_SKU if order.kind == "unmapped_sku_tiktok" else f"TT-{sku}"


def write_orders(
    delivery: Delivery, name: str, orders: Iterable[Order], columns: Sequence[str] = ()
) -> None:
    """Write the order export: byte-order mark, description row, order amounts on every row."""
    chosen = list(columns or ORDERS)
    with delivery.sheet(name, chosen, encoding="utf-8-sig") as sheet:
        sheet.summary(
            ["Platform unique order ID.", *(f"{name} of the order." for name in chosen[1:])]
        )
        for order in orders:
            _write_order(sheet, order, delivery.now)


def _status(order: Order, now: int) -> tuple[str, str]:
    if order.is_cancelled(now):
        return "Canceled", "Canceled"
    if not order.is_shipped(now):
        return "To ship", "Awaiting shipment"
    if order.delivered is None or order.delivered > now or order.hard == LOST:
        return "Shipped", "In transit"
    return "Completed", "Delivered"


def _write_order(sheet: Sheet, order: Order, now: int) -> None:
    buyer = people.person(order.buyer)
    status, detail = _status(order, now)
    refunded = order.refunded(now)
    is_cancelled = status == "Canceled"
    returned = refunded > 0 and not is_cancelled
    leaves = order.shipped - 40 * 60 if order.shipped is not None else None
    mark = crc32(order.order_id.encode())
    track = f"TT{mark % 10**10:010d}US\t" if order.is_shipped(now) else "\t"
    by_tiktok = order.shipper == "tiktok"
    for ordinal, line in enumerate(order.lines):
        gross = cents(line.gross)
        gone = line.is_cancelled(now)
        given_up = is_cancelled or gone
        start = sheet.row([
            f"{order.order_id}\t", "Canceled" if gone else status, "Canceled" if gone else detail,
            "Cancel" if given_up else "Return/Refund" if returned else "",
            "Pre-order" if order.waits == "preorder" else "Normal",
            f"1729{crc32(line.sku.encode()):014d}\t", seller_sku(line.sku, order),
            catalog.title(line.sku), "Default", line.quantity,
            order.refund.units if order.refund and returned and not ordinal else 0,
            cents(line.price), gross, "0", "0", gross, cents(order.shipping),
            cents(order.shipping), "0", "0", "0", "0", cents(order.tax), cents(order.total),
            cents(refunded) if refunded else "", moment(order.created, now),
            moment(order.paid, now), moment(None if gone else leaves, now),
            moment(None if gone else order.shipped, now),
            moment(None if gone or order.hard == LOST else order.delivered, now),
            moment(line.cancelled if gone else order.cancelled, now),
            "User" if given_up else "", "No longer needed" if given_up else "",
            "Fulfillment by TikTok" if by_tiktok else "Fulfillment by seller",
            order.location, track, "Standard",
            "USPS" if track.strip() else "", "", "", f"user{mark % 10**7:07d}", "F*** P***",
            "(+1)55501****", "United States", buyer.state, buyer.city, buyer.zip_code,
            "*** Main St", "", "", "Credit/Debit card", "0.45", "Home Supplies", "", "", "", "",
        ])  # fmt: skip
        if order.kind == "unmapped_sku_tiktok":
            note = f"{UNMAPPED_SKU} is not in sku_map; its {gross} stays in sales"
            sheet.remark(start, order.kind, note, order.order_id)
        elif order.hard and not ordinal:
            sheet.remark(start, order.hard, key=order.order_id)


class Income(NamedTuple):
    """One settled order or refund; cents, fees negative."""

    settled: date
    order: Order
    is_refund: bool
    revenue: int
    commission: int
    transaction: int
    shipping: int
    affiliate: int

    @property
    def fees(self) -> int:
        """Σ of the fees."""
        return self.commission + self.transaction + self.shipping + self.affiliate

    @property
    def total(self) -> int:
        """What the seller gets: revenue and fees."""
        return self.revenue + self.fees


def settling_day(instant: int) -> date:
    """Return the Monday or Thursday on which TikTok settles what was done at an instant."""
    day = clock.local_day(instant, clock.UTC_ZONE) + timedelta(days=_SETTLING_DAYS)
    while day.weekday() not in {0, 3}:
        day += timedelta(days=1)
    return day


def incomes(orders: Iterable[Order], now: int) -> list[Income]:
    """Return what was settled by `now`, oldest first."""
    today = clock.local_day(now, clock.UTC_ZONE)
    found = []
    for order in orders:
        if order.channel != "tiktok" or not order.counts or order.cancelled is not None:
            continue
        if order.delivered is None:
            continue
        settled = settling_day(order.delivered)
        if settled <= today:
            revenue = sum(line.gross for line in order.sold(order.delivered))
            affiliate = -(revenue * 8 // 100) if crc32(order.order_id.encode()) % 5 == 0 else 0
            fee = -(order.total * 2 // 100)
            commission = -(revenue * _COMMISSION_PERCENT // 100)
            shipping = order.shipping - _LABEL
            found.append(
                Income(settled, order, False, revenue, commission, fee, shipping, affiliate)
            )
        if order.refund is not None and settling_day(order.refund.at) <= today:
            back = order.refund.amount
            commission = back * _COMMISSION_PERCENT // 100
            found.append(
                Income(settling_day(order.refund.at), order, True, -back, commission, 0, 0, 0)
            )
    found.sort(key=lambda income: (income.settled, income.order.number, income.is_refund))
    return found


def write_income(delivery: Delivery, name: str, rows: Iterable[Income]) -> None:
    """Write the income export; total settlement = revenue + fees."""
    with delivery.sheet(name, INCOME, encoding="utf-8-sig") as sheet:
        for income in rows:
            sold = cents(0 if income.is_refund else income.revenue)
            back = cents(income.revenue if income.is_refund else 0)
            actual = 0 if income.is_refund else -_LABEL
            created = clock.wall(income.order.created, clock.UTC_ZONE)
            sheet.row([
                f"{income.order.order_id}\t", "Refund" if income.is_refund else "Order",
                f"{created:%Y/%m/%d}", f"{income.settled:%Y/%m/%d}", catalog.CURRENCY,
                cents(income.total), cents(income.revenue), sold, sold, "0.00", back, back,
                "0.00", cents(income.fees), cents(income.transaction), cents(income.commission),
                cents(income.shipping), cents(actual), "0.00",
                cents(income.shipping - actual), cents(income.affiliate), "0.00", "/",
            ])  # fmt: skip


def listings() -> list[str]:
    """Return what is listed: the assortment, its bundle, and what only the hard cases buy."""
    staged = [product.sku for product in catalog.STAGED]
    return [*catalog.ASSORTMENT["tiktok"], *catalog.BUNDLES_OF["tiktok"], *staged]


def write_template(delivery: Delivery) -> dict[str, list[str]]:
    """Write the bulk edit templates of yesterday and today; return what the listings are looked at for.

    They are without the quantities: the seller asked for none.
    """
    skus = listings()
    dearer, renamed, revived = (
        skus[(delivery.today.toordinal() + n) % len(skus)] for n in range(3)
    )
    _write_template(delivery, clock.DAY, {sku: _Edit() for sku in skus}, {revived})
    edits = {sku: _Edit() for sku in skus}
    edits[dearer], edits[renamed] = _Edit(more=100), _Edit(suffix=" - TikTok favorite")
    _write_template(delivery, 0, edits, set())
    return {
        "changed": sorted(
            f"TT-{sku} {field}"
            for sku, field in ((dearer, "price"), (renamed, "title"), (revived, "status"))
        ),
        "forbidden_words": [f"TT-{renamed}"],
    }


class _Edit(NamedTuple):
    """What somebody changed in a listing: cents more, words at the end of its title."""

    more: int = 0
    suffix: str = ""


def _write_template(
    delivery: Delivery, before: int, edits: Mapping[str, _Edit], drafts: Set[str]
) -> None:
    """Write the template as it was so many seconds before now."""
    rows = [
        TEMPLATE,
        ["V4", "All_Information", "metric"],
        [f"Label of {name}" for name in TEMPLATE],
        ["Mandatory"] * len(TEMPLATE),
        ["Cannot be edited"] * len(TEMPLATE),
    ]
    for sku, edit in edits.items():
        mark = crc32(sku.encode())
        rows.append([
            f"172950{mark:013d}", "Home (600001)", catalog.title(sku) + edit.suffix,
            "Draft" if sku in drafts else "Active", f"172960{mark:013d}", "Default",
            cents(catalog.price(sku) + edit.more), f"TT-{sku}",
        ])  # fmt: skip
    day = clock.local_day(delivery.now - before)
    name = f"Tiktoksellercenter_batchedit_{day:%Y%m%d}_all_information_template.xlsx"
    delivery.workbook(f"tiktok/{name}", "Template", rows, other=4, at=delivery.now - before)
