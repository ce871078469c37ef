"""A report of a marketplace that the shop sells on and has mentioned to nobody."""

from datetime import timedelta
from random import Random

from tasks.demo import catalog
from tasks.demo.delivery import Delivery, cents, names

ORDERS = names(
    "Sales Record Number,Order Number,Buyer Username,Ship To Country,Item Number,Item Title,"
    "Custom Label,Sold Via Promoted Listings,Quantity,Sold For,Shipping And Handling,"
    "eBay Collected Tax,Total Price,Payment Method,Sale Date,Paid On Date,Shipped On Date,"
    "Transaction ID"
)
NO_CHANNEL = "no channel"
_SALES = 5


def write_orders(delivery: Delivery) -> None:
    """Write the sales of one week, of goods that other channels sell too."""
    name = f"ebay/eBay-OrdersReport-{delivery.today}.csv"
    rng = Random(f"ebay|{delivery.today}")
    ids: list[str] = []
    with delivery.sheet(
        name, ORDERS, expected=NO_CHANNEL, kind="foreign_platform", order_ids=ids
    ) as sheet:
        for position in range(_SALES):
            product = rng.choice(catalog.STAGED)
            day = f"{delivery.today - timedelta(days=7 - position):%b-%d-%y}"
            mark = rng.randrange(10**10)
            ids.append(f"{position + 10:02d}-{mark % 10**5:05d}-{mark // 10**5:05d}")
            line = sheet.row([
                str(4100 + position), ids[-1], f"bidder{mark % 997}", "United States",
                str(110_000_000_000 + mark), product.title, product.sku, "No", "1",
                f"${cents(product.price)}", "$0.00", "$0.00", f"${cents(product.price)}",
                "Managed payments", day, day, day, str(2_600_000_000_000 + mark),
            ])  # fmt: skip
            sheet.reject(line, "foreign_platform", "the shop has no eBay channel", ids[-1])
