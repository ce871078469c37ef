"""The planted mistakes: on which day each one happens, and what a careful reader does with it.

Each kind has a phase; it happens on the days whose ordinal leaves that phase modulo `PERIOD`, so
that any window of `PERIOD` days holds each exactly once and two exports agree about it.
"""

from datetime import date
from typing import NamedTuple

PERIOD = 90


class Mistake(NamedTuple):
    """A kind of mistake planted in the orders: where, on which phase, and how to treat it."""

    channel: str
    phase: int
    treatment: str
    note: str


ROW, TOLERATED, EXCEPTION = "quarantine row", "tolerated", "exception"
QUEUE = "kept: mapping queue"

# An extra order of one line, with an id of its own; the line is quarantined and in no figure.
SPOILED_ORDERS = {
    "text_quantity": Mistake("shopify", 3, ROW, "the quantity is a word"),
    "currency_mismatch": Mistake("shopify", 27, ROW, "a EUR order in a USD shop"),
    "future_date": Mistake("shopify", 38, ROW, "created 400 days after its place in the file"),
    "impossible_date": Mistake("shopify", 51, ROW, "created on 30 February"),
    "missing_payment_status": Mistake("shopify", 66, ROW, "no Financial Status on a first row"),
    "fractional_quantity": Mistake("amazon", 8, ROW, "quantity 1.5"),
    "negative_quantity": Mistake("wholesale", 11, ROW, "quantity -6"),
    "zero_division_price": Mistake("wholesale", 41, ROW, "unit price #DIV/0!"),
    "sku_scientific_notation": Mistake("wholesale", 71, ROW, "SKU spoiled by a spreadsheet"),
}

# An extra order of one line that nobody can name: its money and units count, no SKU's do.
NAMELESS_ORDERS = {
    "blank_sku": Mistake("shopify", 14, QUEUE, "a line without SKU"),
    "unmapped_sku_amazon": Mistake("amazon", 44, QUEUE, "seller SKU is not in sku_map"),
    "unmapped_sku_tiktok": Mistake("tiktok", 20, QUEUE, "seller SKU is not in sku_map"),
}

# A blemish of an order which is otherwise good and counts.
FLAWS = {
    "sku_case": Mistake("shopify", 5, f"{TOLERATED}: fold SKU case", "SKU in lower case"),
    "nbsp_sku": Mistake("shopify", 19, f"{TOLERATED}: trim", "a no-break space after the SKU"),
    "shipped_before_paid": Mistake("shopify", 33, EXCEPTION, "Paid at is after Fulfilled at"),
    "refund_larger_than_order": Mistake("shopify", 47, EXCEPTION, "refund = total + 25.00"),
    "formula_injection": Mistake(
        "shopify", 60, f"{TOLERATED}: escape on output", "title starts with =HYPERLINK"
    ),
    "html_script": Mistake(
        "shopify", 74, f"{TOLERATED}: escape on output", "script tag in the order note"
    ),
}

PLANTED = {**SPOILED_ORDERS, **NAMELESS_ORDERS, **FLAWS}


def happens(mistake: Mistake, day: date) -> bool:
    """Return whether a mistake is planted on a day."""
    return day.toordinal() % PERIOD == mistake.phase


# Every other kind, with the treatment the truth file names.
TREATMENTS = {
    **{kind: mistake.treatment for kind, mistake in PLANTED.items()},
    "test_gateway_order": f"{TOLERATED}: exclude and count",
    "duplicate_order_cross_channel": f"{TOLERATED}: the owning channel counts, the copy is linked",
    "dst_hour": f"{TOLERATED}: the offset gives the hour",
    "shipment_unknown_order": ROW,
    "receipt_unknown_po": ROW,
    "duplicate_inventory_row": ROW,
    "negative_stock": EXCEPTION,
    "committed_at_two_locations": f"{TOLERATED}: held once, where the channel says",
    "oversold_sku": "alert",
    "stale_inventory_file": "alert",
    "tampered_settlement": EXCEPTION,
    "unknown_settlement_type": "exception: keep it unclassified so that the sum still ties",
    "missing_settlement": "alert",
    "fee_out_of_contract": "exception: claim it",
    "promotion_not_funded": "exception: claim it",
    "refund_fee_kept": "exception: claim it",
    "missing_reimbursement": "exception: claim it before its last day",
    "negative_settlement": f"{TOLERATED}: carried to the next settlement",
    "bank_deposit_missing": EXCEPTION,
    "bank_off_by_0.03": EXCEPTION,
    "supplier_two_bad_quarters": "alert",
    "supplier_without_lead_time": f"{TOLERATED}: its goods stay on the plan, which says what is missing",
    "purchase_order_undated": "exception: on order, on a day that nobody knows",
    "count_wrong": "exception: to be counted again",
    "count_wrong_twice": "exception: an adjustment to enter",
    "ticket_unanswered": "exception: to be answered today",
    "account_limit_reached": "exception: the channel may stop the account",
    "broken_link": "exception: to be redirected",
    "duplicate_barcode": "exception: a scanner takes one for the other",
    "stock_edit_without_reason": "exception: somebody has to say why",
    "order_number_missing": "exception: an order that is in no file",
    "shipped_without_invoice": "exception: an invoice to write",
    "count_overdue": "exception: not counted in time",
    "refund_without_return": "exception: the money went back, the goods did not",
    "return_without_refund": "exception: the goods came back, the money did not",
    "dispute_open": "exception near its deadline",
    "unchanged_snapshot": f"{TOLERATED}: it still holds, as of its newest arrival",
    "partial_snapshot": f"{TOLERATED}: what it does not list keeps its last figure",
    "split_payout": f"{TOLERATED}: a payout is the union of its lines over all files",
    "late_report": "alert",
    "foreign_platform": "alert: in no figure, never on another channel, never lost",
    "html_login_page": "file rejected",
    "abandoned_checkouts": "file rejected",
    "truncated_file": "file rejected",
    "empty_file": "file rejected",
    "missing_required_column": "file rejected",
    "duplicated_file": "file rejected",
    "unknown_file": "left in place and listed",
}
