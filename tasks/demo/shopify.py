"""The web shop's own exports: orders, inventory, products."""

from collections.abc import Container, Iterable
from typing import Any
from zlib import crc32

from tasks.demo import catalog, clock, hard, people, suspects
from tasks.demo.delivery import Delivery, Sheet, cents, names
from tasks.demo.mistakes import NAMELESS_ORDERS, SPOILED_ORDERS
from tasks.demo.orders import Line, Order
from tasks.demo.stock import Place

TEST_GATEWAY = "(for testing) Bogus Gateway"
TIKTOK_APP = "4383523"
_FIRST_ORDER_ID = 6_140_000_000_000

ORDERS = names(
    "Name,Email,Financial Status,Paid at,Fulfillment Status,Fulfilled at,Accepts Marketing,"
    "Currency,Subtotal,Shipping,Taxes,Total,Discount Code,Discount Amount,Shipping Method,"
    "Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem compare at price,"
    "Lineitem sku,Lineitem requires shipping,Lineitem taxable,Lineitem fulfillment status,"
    "Billing Name,Billing Street,Billing Address1,Billing Address2,Billing Company,Billing City,"
    "Billing Zip,Billing Province,Billing Country,Billing Phone,Shipping Name,Shipping Street,"
    "Shipping Address1,Shipping Address2,Shipping Company,Shipping City,Shipping Zip,"
    "Shipping Province,Shipping Country,Shipping Phone,Notes,Note Attributes,Cancelled at,"
    "Payment Method,Payment Reference,Refunded Amount,Vendor,Outstanding Balance,Employee,"
    "Location,Device ID,Id,Tags,Risk Level,Source,Lineitem discount,Tax 1 Name,Tax 1 Value,"
    "Tax 2 Name,Tax 2 Value,Tax 3 Name,Tax 3 Value,Tax 4 Name,Tax 4 Value,Tax 5 Name,Tax 5 Value,"
    "Phone,Receipt Number,Duties,Billing Province Name,Shipping Province Name,Payment ID,"
    "Payment Terms Name,Next Payment Due At,Payment References"
)
_AT = {name: position for position, name in enumerate(ORDERS)}

INVENTORY = names(
    "Handle,Title,Option1 Name,Option1 Value,Option2 Name,Option2 Value,Option3 Name,"
    "Option3 Value,SKU,HS Code,COO,Location,Bin name,Incoming (not editable),"
    "Unavailable (not editable),Committed (not editable),Available (not editable),"
    "On hand (current),On hand (new)"
)

PRODUCTS = names(
    "Title,URL handle,Description,Vendor,Product category,Type,Tags,Published on online store,"
    "Status,SKU,Barcode,Option1 name,Option1 value,Option1 Linked To,Option2 name,Option2 value,"
    "Option2 Linked To,Option3 name,Option3 value,Option3 Linked To,Price,Compare-at price,"
    "Cost per item,Charge tax,Tax code,Unit price total measure,Unit price total measure unit,"
    "Unit price base measure,Unit price base measure unit,Inventory tracker,Inventory quantity,"
    "Continue selling when out of stock,Weight value (grams),Weight unit for display,"
    "Requires shipping,Fulfillment service,Product image URL,Image position,Image alt text,"
    "Variant image URL,Gift card,SEO title,SEO description,"
    "Color (product.metafields.shopify.color-pattern),"
    "Google Shopping / Google product category,Google Shopping / Gender,"
    "Google Shopping / Age group,Google Shopping / Manufacturer part number (MPN),"
    "Google Shopping / Ad group name,Google Shopping / Ads labels,Google Shopping / Condition,"
    "Google Shopping / Custom product,Google Shopping / Custom label 0,"
    "Google Shopping / Custom label 1,Google Shopping / Custom label 2,"
    "Google Shopping / Custom label 3,Google Shopping / Custom label 4"
)

ONE_BARCODE = "Wax Seal Kit"  # the family whose colours were all printed with one code
_NOTES = ("Leave with the neighbor", "Gift - no invoice, please\nRing twice", "Gate code 55")


def moment(instant: int) -> str:
    """Write an instant as the shop does: New York wall time with its offset."""
    iso = clock.wall(instant).isoformat(" ")
    return f"{iso[:19]} {iso[19:22]}{iso[23:]}"


def payment_method(order: Order) -> str:
    """Return how an order was paid."""
    if order.kind == "test":
        return TEST_GATEWAY
    if order.kind == "synced":
        return "TikTok Shop"
    if order.hard.startswith("cod_"):
        return "Cash on Delivery (COD)"
    return "PayPal Express Checkout" if order.buyer % 12 == 0 else "Shopify Payments"


def own_id(order: Order) -> str:
    """Return the web shop's own id of an order."""
    return str(_FIRST_ORDER_ID + order.number * 1009)


def write_orders(
    delivery: Delivery, name: str, orders: Iterable[Order], asked: int, **facts: Any
) -> None:
    """Write orders, newest first, as they looked when they were `asked` for."""
    with delivery.sheet(name, ORDERS, downloaded=asked, **facts) as sheet:
        for order in orders:
            _write_order(sheet, order, asked)


def _write_order(sheet: Sheet, order: Order, now: int) -> None:
    first = _first_row(order, now)
    note = first[_AT["Notes"]]
    _spoil(first, order)
    line = sheet.row(first, 1 + note.count("\n"))
    if order.kind in SPOILED_ORDERS or order.kind in hard.SPOILED:
        sheet.reject(line, order.kind, key=order.order_id)
    elif order.kind in NAMELESS_ORDERS:
        sheet.remark(line, order.kind, key=order.order_id)
    elif order.flaw or order.hard:
        sheet.remark(line, order.flaw or order.hard, key=order.order_id)
    elif order.kind == "test":
        sheet.remark(line, "test_gateway_order", TEST_GATEWAY, order.order_id)
    elif order.kind == "synced":
        sheet.remark(
            line, "duplicate_order_cross_channel", f"TikTok order {order.twin}", order.order_id
        )
    for item in order.lines[1:]:
        row = [""] * len(ORDERS)
        row[0], row[1] = first[0], first[1]
        row[_AT["Created at"]] = first[_AT["Created at"]]
        _fill_line(row, item, order, now)
        sheet.row(row)


def _fill_line(row: list[str], item: Line, order: Order, now: int) -> None:
    start = _AT["Lineitem quantity"]
    done = "fulfilled" if order.has_left(item, now) else "pending"
    if order.waits and not order.is_shipped(now) and not order.is_closed(now):
        done = order.waits
    row[start : start + 8] = (
        str(item.quantity), catalog.title(item.sku), cents(item.price), "",
        item.sku, str(item.needs_shipping).lower(), "true", done,
    )  # fmt: skip
    row[_AT["Vendor"]] = catalog.VENDOR
    row[_AT["Lineitem discount"]] = "0.00"


def _statuses(order: Order, now: int) -> tuple[str, str]:
    refunded = order.refunded(now)
    if order.is_cancelled(now) and not order.paid:
        return "voided", "unfulfilled"
    if order.is_cancelled(now):
        return "refunded", "restocked"
    shipped = "fulfilled" if order.is_shipped(now) else order.waits or "unfulfilled"
    if shipped == "unfulfilled" and any(order.has_left(line, now) for line in order.lines):
        shipped = "partial"
    if not order.paid or order.paid > now:
        return order.unpaid or "authorized", shipped
    if refunded:
        return ("refunded" if refunded >= order.total else "partially_refunded"), shipped
    return "paid", shipped


def _first_row(order: Order, now: int) -> list[str]:
    buyer = suspects.buyer(order)
    financial, fulfillment = _statuses(order, now)
    reference = f"r{order.number:09d}.1" if order.paid else ""
    at_till = order.kind == "pos"
    if order.hard == "cod_unreachable":
        buyer = buyer._replace(phone="", street="")
    address = [
        buyer.name, buyer.street, buyer.street, "", "", buyer.city, f"'{buyer.zip_code}",
        buyer.state, "US", buyer.phone,
    ]  # fmt: skip
    bill = [*address[:-2], suspects.bill_country(order), buyer.phone]
    paid = suspects.paid(order)
    shipped = order.shipped if order.shipped is not None and order.is_shipped(now) else None
    row = [
        order.order_id, buyer.email, financial,
        moment(paid) if paid and order.paid <= now else "",
        fulfillment, moment(shipped) if shipped is not None else "",
        "yes" if buyer.wants_mail else "no", catalog.CURRENCY,
        cents(order.subtotal), cents(order.shipping), cents(order.tax), cents(order.total),
        "FERN10" if order.discount else "", cents(order.discount),
        suspects.shipping_method(order),
        moment(order.created), "", "", "", "", "", "", "", "", *bill, *address,
        _note(order), f"tiktok_order_id: {order.twin}" if order.twin else "",
        moment(order.cancelled) if order.cancelled is not None and order.is_cancelled(now) else "",
        payment_method(order), reference, cents(order.refunded(now)), catalog.VENDOR,
        _outstanding(order, now), "", "Pop-up Shop" if at_till else "", "",
        own_id(order), "synced" if order.twin else "", suspects.risk(order),
        TIKTOK_APP if order.kind == "synced" else "pos" if at_till else "web", "0.00",
        f"{people.STATES[buyer.state]} State Tax", cents(order.tax), "", "", "", "", "", "", "",
        "", "", f"1-{order.number}" if at_till else "", "", people.STATES[buyer.state],
        people.STATES[buyer.state], reference, "", "", reference,
    ]  # fmt: skip
    _fill_line(row, order.lines[0], order, now)
    _blemish(row, order.flaw)
    return row


def _outstanding(order: Order, now: int) -> str:
    if order.unpaid == "partially_paid" and order.paid > now:
        return cents(order.total // 2)
    return "0.00" if order.paid else cents(order.total)


def _note(order: Order) -> str:
    if typed := hard.note(order):
        return typed
    if order.flaw == "html_script":
        return "<script>alert('hello')</script>"
    mark = order.number % 37
    return _NOTES[mark] if mark < len(_NOTES) else ""


def _blemish(row: list[str], flaw: str) -> None:
    sku, name = _AT["Lineitem sku"], _AT["Lineitem name"]
    if flaw == "sku_case":
        row[sku] = row[sku].lower()
    elif flaw == "nbsp_sku":
        row[sku] += "\u00a0"
    elif flaw == "formula_injection":
        row[name] = f'=HYPERLINK("https://shop.example.com","{row[name]}")'


def _spoil(row: list[str], order: Order) -> None:
    created, kind = _AT["Created at"], order.kind
    if kind == "text_quantity":
        row[_AT["Lineitem quantity"]] = "two"
    elif kind == "blank_sku":
        row[_AT["Lineitem sku"]] = ""
    elif kind == "currency_mismatch":
        row[_AT["Currency"]] = "EUR"
    elif kind == "future_date":
        row[created] = moment(order.created + 400 * clock.DAY)
    elif kind == "impossible_date":
        row[created] = f"{row[created][:4]}-02-30{row[created][10:]}"
    elif kind == "missing_payment_status":
        row[_AT["Financial Status"]] = ""


def write_inventory(
    delivery: Delivery,
    name: str,
    on_hand: dict[Place, int],
    committed: dict[Place, int],
    incoming: dict[Place, int],
    *,
    downloaded: int,
    twice: str = "",
    only: Container[str] = catalog.BY_SKU,
    **facts: Any,
) -> None:
    """Write the "All states" inventory of the two warehouses; repeat the SKU `twice`, wrongly."""
    with delivery.sheet(name, INVENTORY, downloaded=downloaded, **facts) as sheet:
        for product in catalog.PRODUCTS:
            if product.sku not in only:
                continue
            places = (catalog.MAIN, catalog.EAST)
            held_in = {at for at in places if committed.get((product.sku, at))}
            label = [product.handle, product.title, "Title", "Default Title", "", "", "", ""]
            for location in places:
                place = product.sku, location
                if location not in product.locations:
                    states = ["not stocked"] * 5
                else:
                    away = catalog.unsellable(*place)
                    held = committed.get(place, 0)
                    units = on_hand[place]
                    numbers = (incoming.get(place, 0), away, held, units - held - away, units)
                    states = [str(number) for number in numbers]
                shelf = product.bin if location == catalog.MAIN else ""
                row = [*label, product.sku, "", "US", location, shelf, *states, ""]
                if product.sku == twice and location == catalog.MAIN:
                    wrong = row.copy()
                    wrong[16], wrong[17] = str(int(row[16]) + 5), str(int(row[17]) + 5)
                    note = "same SKU and location twice, 5 units more; the later row corrects it"
                    sheet.reject(sheet.row(wrong), "duplicate_inventory_row", note, product.sku)
                line = sheet.row(row)
                if location == catalog.EAST and held_in == {catalog.MAIN, catalog.EAST}:
                    sheet.remark(line, "committed_at_two_locations", key=product.sku)
                if location in product.locations and on_hand[place] < 0:
                    sheet.remark(line, "negative_stock", f"on hand {on_hand[place]}", product.sku)


def write_products(delivery: Delivery, name: str, downloaded: int) -> None:
    """Write the catalogue; some products have a second row that holds only an image."""
    with delivery.sheet(name, PRODUCTS, downloaded=downloaded) as sheet:
        for product in catalog.PRODUCTS:
            is_shared = product.family == ONE_BARCODE
            label = product.family if is_shared else product.sku
            line = sheet.row(
                _product_row(
                    product.title, product.handle, product.family, product.sku, product.price,
                    cents(product.cost), product.grams, label, tracked=True, active=not product.is_dead,
                ),
                lines=2,
            )  # fmt: skip
            if is_shared:
                sheet.remark(line, "duplicate_barcode", key=_barcode(label))
            if crc32(product.sku.encode()) % 4 == 0:
                image = [""] * len(PRODUCTS)
                image[1], image[36], image[37] = (
                    product.handle, f"https://cdn.example.com/{product.sku}-2.jpg", "2",
                )  # fmt: skip
                sheet.row(image)
        for bundle in catalog.BUNDLES:
            handle = "-".join(bundle.title.lower().split())
            sheet.row(
                _product_row(
                    bundle.title, handle, "Bundle", bundle.sku, bundle.price, "",
                    sum(catalog.BY_SKU[sku].grams * units for sku, units in bundle.parts), bundle.sku,
                    tracked=False, active=True,
                ),
                lines=2,
            )  # fmt: skip


def _barcode(label: str) -> str:
    """Return the code that is printed on what bears a label."""
    return f"0850{crc32(label.encode()) % 10**8:08d}"


def _product_row(
    title: str,
    handle: str,
    family: str,
    sku: str,
    price: int,
    cost: str,
    grams: int,
    label: str,
    *,
    tracked: bool,
    active: bool,
) -> list[str]:
    row = [
        title, handle, f"<p>{title}, made to last.\nRinse by hand.</p>", catalog.VENDOR, "",
        family, "", "TRUE", "Active" if active else "Draft", sku,
        _barcode(label), "Title", "Default Title", "", "", "", "", "",
        "", "", cents(price), "", cost, "TRUE", "", "", "", "", "",
        "shopify" if tracked else "", "", "DENY", str(grams), "g", "TRUE", "manual",
        f"https://cdn.example.com/{sku}.jpg", "1", "", "", "FALSE",
    ]  # fmt: skip
    return row + [""] * (len(PRODUCTS) - len(row))
