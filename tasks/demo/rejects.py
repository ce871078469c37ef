"""Files that arrive by accident and must not be read as what their place suggests."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath

from tasks.demo import catalog, tiktok, trade
from tasks.demo.delivery import Delivery
from tasks.demo.orders import Order

# The abandoned-checkouts export is the orders export less these columns.
_ONLY_IN_ORDERS = {
    "Outstanding Balance", "Employee", "Location", "Device ID", "Duties", "Payment ID",
    "Payment Terms Name", "Next Payment Due At", "Payment References",
}  # fmt: skip
_OF_PAID_ORDERS = (
    "Financial Status", "Paid at", "Fulfillment Status", "Fulfilled at", "Cancelled at",
    "Payment Method", "Payment Reference",
)  # fmt: skip
_LOGIN_PAGE = (
    b"<!DOCTYPE html>\n<html><head><title>Log in</title></head>"
    b"<body><form action='/login'>Your session has expired.</form></body></html>\n"
)
REJECTED, LEFT = "file rejected", "left in place"


def drop(delivery: Delivery, orders: Mapping[str, Sequence[Order]], newest_settlement: str) -> None:
    """Drop one file of each wrong kind."""
    today = delivery.today
    delivery.whole(
        f"shopify/payouts_export_{today} (1).csv", _LOGIN_PAGE, "html_login_page",
        "a login page saved as .csv", REJECTED,
    )  # fmt: skip
    latest = f"shopify/orders_export_{today}.csv"
    head = delivery.content(latest)[:60_000]
    last_order = head.rfind(b"\n#")
    delivery.whole(
        f"shopify/orders_export_{today} (1).csv", head[: last_order + 40], "truncated_file",
        "the download broke off in the middle of a row", REJECTED,
    )  # fmt: skip
    delivery.whole(
        f"shopify/orders_export_{today} (2).csv", _abandoned(head[:last_order]),
        "abandoned_checkouts", "the abandoned-checkouts export, 70 columns, not orders", REJECTED,
    )  # fmt: skip
    delivery.whole(
        f"wholesale/orders_{today} (1).csv", b"", "empty_file", "0 bytes", REJECTED
    )  # fmt: skip
    _without_quantity(delivery, orders["tiktok"][:40])
    if newest_settlement:
        path = PurePosixPath(newest_settlement)
        copy = str(path.with_name(f"{path.stem} (1){path.suffix}"))
        delivery.whole(
            copy, delivery.content(newest_settlement), "duplicated_file",
            f"same bytes as {newest_settlement}", REJECTED,
        )  # fmt: skip
    ordered = [order for channel in orders.values() for order in channel]
    delivery.whole(
        f"loyalty/points_{today}.csv",
        _table([trade.POINTS, *trade.points(ordered)]),
        "unknown_file",
        "no reader is declared for the folder",
        LEFT,
    )


def _table(rows: Iterable[Sequence[str]]) -> bytes:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows(rows)
    return stream.getvalue().encode()


def _abandoned(orders: bytes) -> bytes:
    """Return the first orders of an export as an abandoned-checkouts export shows such.

    A checkout is named by its id, and nothing of it was paid or sent.
    """
    header, *rows = list(csv.reader(io.StringIO(orders.decode(), newline="")))[:30]
    at = {name: place for place, name in enumerate(header)}
    table, name = [header], ""
    for row in rows:
        if len(row) != len(header):
            continue
        name = f"#{row[at['Id']]}" if row[at["Id"]] else name
        row[at["Name"]] = name
        for column in _OF_PAID_ORDERS:
            row[at[column]] = ""
        table.append(row)
    kept = [place for column, place in at.items() if column not in _ONLY_IN_ORDERS]
    return _table([[row[place] for place in kept] for row in table])


def _without_quantity(delivery: Delivery, orders: Sequence[Order]) -> None:
    """Write a TikTok export made with the box for Quantity unticked."""
    name = f"tiktok/All order-{delivery.today} (1).csv"
    kept = [column for column in tiktok.ORDERS if column != "Quantity"]
    described = [f"{column} of the order." for column in kept[1:]]
    table = [kept, ["Platform unique order ID.", *described]]
    for order in orders:
        row = [""] * len(kept)
        row[0], row[1], row[2] = f"{order.order_id}\t", "Completed", "Delivered"
        row[6] = tiktok.seller_sku(order.lines[0].sku, order)
        row[7] = catalog.title(order.lines[0].sku)
        row[24] = tiktok.moment(order.created, delivery.now)
        table.append(row)
    content = "\ufeff".encode() + _table(table)
    note = "the column Quantity is missing"
    delivery.whole(name, content, "missing_required_column", note, REJECTED)
