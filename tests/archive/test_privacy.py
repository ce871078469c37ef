"""Personal data goes where it must go: proven by looking at every byte that is left."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from config.errors import FatalError
from flows.forget_customer import forget_customer
from flows.resolve_exception import resolve_exception
from tasks.archive.erasure import customer_key, destroy_due, forget
from tasks.archive.raw import Raw
from tests.exports.door import AS_OF, Door

HEADER = (
    "Name,Email,Financial Status,Fulfillment Status,Currency,Subtotal,Total,Discount Amount,Created at,"
    "Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Lineitem fulfillment status,Billing Name,"
    "Billing Street,Shipping Address1,Shipping City,Shipping Zip,Shipping Phone,Notes,Note Attributes,"
    "Outstanding Balance,Employee,Location,Device ID,Duties,Payment ID,Payment Terms Name,"
    "Next Payment Due At,Payment References,Id,Source,Loyalty Card"
)
ORDER = (
    "#{number},{email},paid,unfulfilled,USD,10.00,10.00,0.00,2026-11-19 10:00:00 -0500,1,Mug,10.00,MUG-1,"
    "pending,Jane Roe,{street},{street},Springfield,'01105,+1 555 0100,{note},_order_id: 5769,"
    "0.00,,,,,,,,,90000{number},web,{card}"
)
JANE, JOHN = "Jane.Roe@Example.com", "john@example.org"
SECRETS = (
    "jane",
    "roe@",
    "742 evergreen",
    "springfield",
    "555 0100",
    "01105",
    "gate code",
    "L-4711",
)
DAMAGED = f"#1003,{JANE},paid\n"


def orders(*emails: str) -> str:
    rows = [
        ORDER.format(
            number=1001 + place,
            email=email,
            street="742 Evergreen Terrace",
            note='"gate code 99\nring twice"',
            card="L-4711",
        )
        for place, email in enumerate(emails)
    ]
    return "\n".join([HEADER, *rows]) + "\n"


@pytest.fixture
def shop(door: Door) -> Door:
    door.drop("orders_export.csv", orders(JANE, JOHN) + DAMAGED + orders(JANE).split("\n", 1)[1])
    door.drop("page.html", f"<html><body>Dear {JANE}, your order</body></html>")
    door.drop("answer.txt", f"No report for {JANE}, call +1 555 0100 100.\n")
    door.night()
    return door


def bytes_left(door: Door) -> Iterator[tuple[Path, bytes]]:
    """Yield every file of the shop, but for the drop folder, which is the seller's own."""
    for path in door.folder.root.rglob("*"):
        if path.is_file() and door.folder.inbox not in path.parents:
            yield path, path.read_bytes().lower()


def marts_of(door: Door) -> list[object]:
    """Return everything the canonical tables say of the orders."""
    return [
        door.rows("select * exclude (file_id) from valid.orders order by all"),
        door.rows("select * exclude (file_id) from valid.order_lines order by all"),
        door.rows("select * from landing.quarantine order by all"),
        door.rows("select * exclude (received_at) from landing.files order by all"),
    ]


@pytest.mark.whole
def test_no_byte_of_personal_data_is_left_but_in_the_vault(shop: Door) -> None:
    for path, content in bytes_left(shop):
        for secret in SECRETS:
            assert secret.lower().encode() not in content, f"{secret} in {path}"


def test_what_derives_from_personal_data_is_kept(shop: Door) -> None:
    [row] = shop.rows(
        "select is_phone_valid, missing_address_fields, external_order_id, customer_key from valid.orders"
        " where order_name = '#1002'"
    )
    assert row == (True, "", "5769", customer_key(shop.shop, JOHN))


@pytest.mark.whole
def test_a_rebuild_gives_the_same_before_and_after_the_keys_end(shop: Door) -> None:
    before = marts_of(shop)
    shop.folder.warehouse.unlink()
    shop.ingest()
    assert marts_of(shop) == before

    assert destroy_due(shop.shop, AS_OF + timedelta(days=29)) == 0
    assert destroy_due(shop.shop, AS_OF + timedelta(days=31)) == 3
    assert not [path for path in shop.folder.vault.rglob("*") if path.is_file()]
    shop.folder.warehouse.unlink()
    shop.ingest()
    assert marts_of(shop) == before


@pytest.mark.whole
def test_a_forgotten_customer_is_nowhere_and_the_money_stays(shop: Door) -> None:
    money = "select count(*), sum(total_amount) from valid.orders"
    before = shop.rows(money)
    key = customer_key(shop.shop, f" {JANE.lower()} ")
    done = forget(shop.shop, key)
    assert (done.readings, done.files) == (1, 3)  # refused ones that name them, too
    shop.ingest()

    assert shop.rows(money) == before
    left = {path.name for path, content in bytes_left(shop) if key.encode() in content}
    assert left == {"forgotten.txt"}
    kept = "select count(customer_key), count(phone_key), count(address_key) from valid.orders"
    assert shop.rows(kept) == [(1, 1, 1)]

    shop.drop("orders_again.csv", orders(JANE))
    shop.night()
    assert shop.rows("select count(*) from valid.orders where customer_key = '" + key + "'") == [
        (0,)
    ]
    assert shop.rows(kept) == [(1, 1, 1)]


def test_an_address_is_no_key(door: Door) -> None:
    with pytest.raises(FatalError, match="customer-key --shop sample") as refused:
        forget(door.shop, JANE)
    assert JANE not in str(refused.value)


@pytest.mark.parametrize(
    ("flow", "field", "typed"),
    [
        (forget_customer, "customer", JANE),
        (forget_customer, "why", f"asked by {JANE}"),
        (resolve_exception, "why", "called +1 518 555 0142"),
    ],
)
def test_the_server_refuses_a_form_with_an_address_before_it_is_kept(
    flow: Any, field: str, typed: str
) -> None:
    schema = flow.parameters.model_dump()["properties"][field]
    assert not re.search(schema["pattern"], typed)
    assert re.search(schema["pattern"], "a" * 64)


def test_the_reading_of_raw_is_the_source_and_the_plain_bytes_are_gone(shop: Door) -> None:
    raw = Raw(shop.folder.raw)
    assert not [a for a in raw.arrivals() if raw.path(a.sha256).exists()]
    assert len(list((raw.root / "readings").glob("*.parquet"))) == 1
