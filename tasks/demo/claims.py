"""What Amazon kept without a right to it: too high fees, fees of refunds, its own coupons, units it lost."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zlib import crc32

from tasks.demo import catalog
from tasks.demo.delivery import Delivery, cents, names
from tasks.demo.inbound import LEDGER
from tasks.demo.orders import Line, Order

COMMISSION_PERCENT, OVERCHARGED_PERCENT = 15, 25
COUPON = 150
NOTES = {
    "fee_out_of_contract": "the commission is 25 %, which is the rate of no category",
    "promotion_not_funded": "a coupon of Amazon's own was taken off, which the order does not have",
    "refund_fee_kept": "the referral fee of the sale did not come back with the refund",
}
REIMBURSEMENTS = names(
    "approval-date reimbursement-id case-id amazon-order-id reason sku fnsku asin product-name "
    "condition currency-unit amount-per-unit amount-total quantity-reimbursed-cash "
    "quantity-reimbursed-inventory quantity-reimbursed-total original-reimbursement-id "
    "original-reimbursement-type",
    " ",
)
_WAREHOUSE = "ABE2"


class Event(NamedTuple):
    """Units of the n-th product at Amazon that went or came, so many days ago, by Amazon's code."""

    product: int
    days_ago: int
    code: str
    units: int


class Paid(NamedTuple):
    """One unit of the n-th product at Amazon that was paid for, so many days ago; cents."""

    product: int
    days_ago: int
    amount: int


# Two lost and one found: one is open, worth what was paid for one before. One damaged and paid. One
# lost that nobody has paid for, nor any of its kind before.
_EVENTS = (
    Event(0, 40, "M", -2),
    Event(0, 35, "F", 1),
    Event(1, 30, "E", -1),
    Event(2, 20, "M", -1),
)
_PAID = (Paid(0, 80, 650), Paid(1, 28, 480))
MISSING = {0: 1, 2: 1}  # units that are neither found nor paid for, by product


def is_overcharged(order: Order) -> bool:
    """Return whether Amazon takes too much of the order's first line: one in sixty."""
    return crc32(order.order_id.encode()) % 60 == 0


def keeps_fee(order: Order) -> bool:
    """Return whether Amazon gives no fee back when the order is refunded: one in three."""
    return crc32(order.order_id.encode()) % 3 == 0


def coupon(order: Order) -> int:
    """Return what Amazon takes off the order's first line for a coupon of its own: one order in forty; cents."""
    is_taken = crc32(order.order_id.encode()) % 40 == 1 and order.refund is None
    return COUPON if is_taken and not is_overcharged(order) else 0


def planted_in(
    transaction: str, amount_type: str, description: str, order: Order | None, line: Line | None
) -> str:
    """Return the kind of claim that a settlement's line gives cause for, if any."""
    if order is None or line is None:
        return ""
    if transaction == "Order" and description == "Commission" and is_overcharged(order):
        return "fee_out_of_contract" if line is order.lines[0] else ""
    if amount_type == "Promotion" and coupon(order):
        return "promotion_not_funded"
    if transaction == "Refund" and description == "Principal" and keeps_fee(order):
        return "refund_fee_kept"
    return ""


def write_losses(delivery: Delivery) -> None:
    """Write Amazon's ledger of adjustments and what it has paid for them."""
    products = [p for p in catalog.PRODUCTS if catalog.FBA in p.locations]
    name = f"amazon/inventory_ledger_{delivery.today}.txt"
    with delivery.sheet(name, LEDGER, "\t") as sheet:
        for number, event in enumerate(_EVENTS, 1):
            sku = products[event.product].sku
            day = delivery.today - timedelta(days=event.days_ago)
            line = sheet.row([
                f"{day:%m/%d/%Y}", f"X00{crc32(sku.encode()) % 10**7:07d}", catalog.asin(sku),
                f"{sku}-FBA", catalog.title(sku), "Adjustments", f"{7_000_000_000 + number}",
                event.units, _WAREHOUSE, "SELLABLE", event.code, "US",
                "", "", "",
            ])  # fmt: skip
            if event.units < 0 and event.product in MISSING:
                note = f"{MISSING[event.product]} neither found nor paid for"
                sheet.remark(line, "missing_reimbursement", note, f"{sku}-FBA")
    with delivery.sheet(
        f"amazon/reimbursements_{delivery.today}.txt", REIMBURSEMENTS, "\t"
    ) as sheet:
        for number, paid in enumerate(_PAID, 1):
            sku = products[paid.product].sku
            moment = datetime.fromtimestamp(delivery.now, UTC) - timedelta(days=paid.days_ago)
            sheet.row([
                f"{moment:%Y-%m-%dT%H:%M:%S}+00:00", f"{81_000_000 + number}", "", "", "Lost_Warehouse",
                f"{sku}-FBA", f"X00{crc32(sku.encode()) % 10**7:07d}", catalog.asin(sku),
                catalog.title(sku), "Sellable", catalog.CURRENCY, cents(paid.amount),
                cents(paid.amount), 1, 0, 1, "", "",
            ])  # fmt: skip
