"""A shop of which some buyers pay by PayPal: its settlement reports, from payment to the bank, in one night."""

import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tasks.warehouse.connection import open_warehouse
from tests.first_shop import SHOP, like, write
from tests.inprocess import decide, night_of, place, read

AS_OF = datetime(2026, 11, 24, 7, 30, tzinfo=UTC)
NOT_PAID = 1004  # ordered since the reports begin: what is older may have been paid before them
Rows = Callable[[str], list[tuple[str | None, ...]]]
HEADER = (
    '"CH","Transaction ID","Invoice ID","PayPal Reference ID","PayPal Reference ID Type","Transaction Event Code",'
    '"Transaction Initiation Date","Transaction Completion Date","Transaction Debit or Credit",'
    '"Gross Transaction Amount","Gross Transaction Currency","Fee Debit or Credit","Fee Amount","Fee Currency",'
    '"Custom Field","Consumer ID","Payment Tracking ID","Store ID","Bank Reference ID"'
)
# (day, [(id, order, event, side, gross, fee)]) in cents: 1001 and 1002 are paid, 1003 is held for review, 1001 is
# partly refunded, the balance goes to the bank; 1004 has not been paid by PayPal, 1005 is not PayPal's.
MORE = ((1002, "50.00"), (1003, "30.00"), (NOT_PAID, "40.00"))
DAYS = (
    (
        "2026/11/10",
        [("P1", "1001", "T0006", "CR", 10000, 398), ("P2", "1002", "T0006", "CR", 5000, 224)],
    ),
    (
        "2026/11/11",
        [("P3", "1003", "T0006", "CR", 3000, 154), ("H3", "1003", "T2101", "DR", 2846, 0)],
    ),
    ("2026/11/12", [("R1", "1001", "T1107", "DR", 2000, 0), ("W1", "", "T0400", "DR", 12378, 0)]),
)


def report(day: str, rows: Sequence[tuple[str, str, str, str, int, int]]) -> str:
    """Return PayPal's settlement report of a day, with the totals that prove it."""
    lines = [
        f'"RH","{day} 23:59:59 -0800","A","EXAMPLE",9', '"FH",1',
        f'"SH","{day} 00:00:00 -0800","{day} 23:59:59 -0800","EXAMPLE",""', HEADER,
    ]  # fmt: skip
    for number, order, event, side, gross, fee in rows:
        moment = f"{day} 10:00:00 -0800"
        lines.append(
            f'"SB","{number}","{order}","","","{event}",{moment},{moment},"{side}",{gross},"USD","DR",{fee},"USD",'
            '"","","","",""'
        )
    came, went = (sum(r[4] for r in rows if r[3] == side) for side in ("CR", "DR"))
    fees = sum(r[5] for r in rows)
    totals = f'"USD",{came},{went},0,{fees},"CR",0,"CR",0,"CR",0,"CR",0,"CR",0,"CR",0,{len(rows)}'
    lines += [
        f'"SF",{totals}',
        f'"SC",{len(rows)}',
        f'"RF",{totals}',
        f'"RC",{len(rows)}',
        '"FF",1',
    ]
    return "\n".join([*lines, ""])


def order(number: int, total: str, method: str, refunded: str = "0.00") -> dict[str, str]:
    day = f"2026-11-{'10' if number == NOT_PAID else '09'} 15:00:00 +0000"
    return like("shopify/orders.csv") | {
        "Name": f"{number}", "Id": f"61{number}", "Created at": day, "Paid at": day, "Fulfilled at": day,
        "Fulfillment Status": "fulfilled", "Lineitem fulfillment status": "fulfilled",
        "Financial Status": "paid" if refunded == "0.00" else "partially_refunded", "Payment Method": method,
        "Lineitem quantity": "1", "Lineitem price": total, "Lineitem sku": "MUG", "Subtotal": total,
        "Shipping": "0.00", "Taxes": "0.00", "Total": total, "Refunded Amount": refunded,
        "Discount Amount": "0.00", "Lineitem discount": "0.00",
        **{f"Tax {n} {what}": "" for n in range(1, 6) for what in ("Name", "Value")},
    }  # fmt: skip


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Rows:
    root = tmp_path_factory.mktemp("paypal")
    shops, inbox = root / "shops", root / "data" / "first" / "inbox"
    shops.mkdir()
    inbox.mkdir(parents=True)
    paid = "locations: [Studio], paid_through: [paypal], bank_descriptions: [PAYPAL TRANSFER]"
    text = SHOP.replace("PLATFORM", "shopify").replace("locations: [Studio]", paid, 1)
    (shops / "first.yaml").write_text(text)
    write(
        inbox / "orders.csv",
        [
            order(1001, "100.00", "PayPal Express Checkout", "20.00"),
            *(order(n, total, "PayPal Express Checkout") for n, total in MORE),
            order(1005, "60.00", "Shopify Payments"),
        ],
        AS_OF - timedelta(hours=2),
    )  # fmt: skip
    for day, lines in DAYS:
        drop(inbox / f"STL-{day.replace('/', '')}.01.009.CSV", report(day, lines))
    bank = "date,account,description,reference,amount,balance\n"
    drop(
        inbox / "bank.csv",
        bank
        + "2026-11-01,USD,OPENING,,1.00,1.00\n2026-11-13,USD,PAYPAL TRANSFER,W1,123.78,124.78\n"
        + "2026-11-23,USD,COFFEE,,-1.00,123.78\n",
    )
    with place(root / "data", shops):
        night = night_of("first", AS_OF)
        read(night)
        decide(night)

    def ask(sql: str) -> list[tuple[str | None, ...]]:
        with place(root / "data", shops), open_warehouse(night.shop.folder) as con:
            found = con.execute(sql).fetchall()
        return [tuple(None if cell is None else str(cell) for cell in row) for row in found]

    return ask


def drop(path: Path, text: str) -> None:
    path.write_text(text)
    at = (AS_OF - timedelta(hours=2)).timestamp()
    os.utime(path, (at, at))


def test_the_withdrawal_is_what_the_balance_brought_and_what_the_bank_has(rows: Rows) -> None:
    assert rows(
        "select payout_amount, lines_total_amount, bank_amount, status, sale_amount, refund_amount, commission_amount,"
        " reserve_held_amount from marts.payout_reconciliation where channel = 'web' and payout_id not like 'pending%'"
    ) == [("123.78", "123.78", "123.78", "reconciled", "180.00", "-20.00", "-7.76", "-28.46")]


def test_each_line_is_of_its_order_and_nothing_is_unclassified(rows: Rows) -> None:
    assert rows(
        "select order_ref, sum(amount) from marts.payout_lines where order_ref is not null group by 1 order by 1"
    ) == [("1001", "76.02"), ("1002", "47.76"), ("1003", "0.00")]
    assert (
        rows(
            "select kind from marts.payout_exceptions where kind in ('unclassified', 'paid_not_ordered')"
        )
        == []
    )


def test_what_paypal_still_owes_is_the_order_that_no_report_has(rows: Rows) -> None:
    assert rows(
        "select order_id, payer, gross_amount, state from marts.expected_payouts where payer = 'paypal'"
    ) == [("611004", "paypal", "40.00", "overdue")]


def test_the_books_balance_and_the_refund_ties(rows: Rows) -> None:
    assert rows(
        "select sum(debit_amount) = sum(credit_amount), count(*) > 0 from marts.journal_entries"
    ) == [("True", "True")]
    assert rows("select status from marts.refund_ties where order_id = '611001'") in (
        [("tied",)],
        [("refund_without_return",)],
    )


def test_the_margin_has_paypals_fees_and_the_hold_is_no_cost(rows: Rows) -> None:
    assert rows(
        "select sum(channel_fees_amount), sum(refunds_amount) from marts.sku_margin where channel = 'web'"
    ) == [("7.76", "20.00")]
