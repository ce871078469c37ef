"""A row that several channels may be meant by is of the one its orders or its settlement's chain say."""

from datetime import date, timedelta
from itertools import permutations
from pathlib import Path

import pytest
import yaml

from config.correction import corrections_file
from config.shop import load_shop, shops_root
from tests.exports.door import EVENING, Door

FRENCH = """  amazon_fr:
    platform: amazon
    timezone: UTC
    currency: EUR
    priority: 9
    locations: [Main Warehouse]
    sales_channel: Amazon.fr
"""
SAMPLES = Path(__file__).parents[1] / "exports" / "amazon"
HEADER = (SAMPLES / "settlement_v2.txt").read_text("utf-8").splitlines()[0]
ORDER, FEE, HELD, RELEASED = (
    "Order",
    "ServiceFee",
    "Current Reserve Amount",
    "Previous Reserve Amount Balance",
)
GERMAN_ORDER, FRENCH_ORDER = "302-0000001-0000001", "402-0000001-0000001"
CHANNELS = "select payout_id, channel, sum(amount) from valid.payout_lines group by all order by 1"
WAITING = (
    "select report, reason, detail, count(*) from landing.unreferenced group by all order by all"
)


@pytest.fixture
def two_euros(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Door:
    """Return the sample shop with Amazon.fr, too: two channels whose currency is EUR."""
    Door(tmp_path, monkeypatch)
    file = shops_root() / "sample.yaml"
    file.write_text(
        file.read_text("utf-8").replace("  amazon_de:", FRENCH + "  amazon_de:"), "utf-8"
    )
    return Door.of(load_shop("sample"))


def settlement(number: str, first: str, last: str, *lines: tuple[str, str, str, str]) -> str:
    """Return a settlement of lines (kind, amount, marketplace, order)."""
    rows = [HEADER]
    total = sum(int(amount.replace(",", "")) for _, amount, _, _ in lines)
    cells = [number, f"{first} 07:06:34 UTC", f"{last} 07:06:34 UTC", f"{last} 08:00:00 UTC"]
    rows.append("\t".join([*cells, f"{total / 100:.2f}".replace(".", ","), "EUR", *[""] * 18]))
    for kind, amount, marketplace, order in lines:
        is_order = kind == ORDER
        other = "other-transaction" if "Reserve" in kind else kind
        cells = [number, *[""] * 5, other, order, *[""] * 3, marketplace]
        cells += ["ItemPrice" if is_order else other, "Principal" if is_order else kind, amount, ""]
        cells += [last, f"{last} 07:06:30 UTC", *[""] * 6]
        rows.append("\t".join(cells))
    return "\n".join([*rows, ""])


def orders(*rows: tuple[str, str]) -> str:
    """Return an orders export of (order, marketplace)."""
    header, first = (SAMPLES / "all_orders.txt").read_text("utf-8").splitlines()[:2]
    return "\n".join(
        [
            header,
            *(
                first.replace("111-0000001-0000001", order)
                .replace("Amazon.com", place)
                .replace("USD", "EUR")
                for order, place in rows
            ),
            "",
        ]
    )


MAY, JUNE, JULY = "01.05.2026", "01.06.2026", "01.07.2026"
GERMAN = settlement(
    "101", MAY, JUNE, (ORDER, "20,00", "Amazon.de", GERMAN_ORDER), (HELD, "-5,00", "", "")
)
FRENCH_TOO = settlement("201", MAY, JUNE, (ORDER, "30,00", "Amazon.fr", FRENCH_ORDER))
FEES_ALONE = settlement("102", JUNE, JULY, (RELEASED, "5,00", "", ""), (FEE, "-3,00", "", ""))


def test_fees_alone_are_of_the_channel_whose_chain_they_go_on(two_euros: Door) -> None:
    """Both settlements before it end with the same second: the reserve says which one it follows."""
    for name, text in {"1.txt": GERMAN, "2.txt": FRENCH_TOO, "3.txt": FEES_ALONE}.items():
        two_euros.drop(name, text)
    two_euros.night()
    found = {payout: channel for payout, channel, _ in two_euros.rows(CHANNELS)}
    assert found == {"101": "amazon_de", "102": "amazon_de", "201": "amazon_fr"}
    assert two_euros.rows("select channel from valid.payouts where payout_id = '102'") == [
        ("amazon_de",)
    ]
    assert two_euros.rows(WAITING) == []


@pytest.mark.parametrize("nights", list(permutations([FEES_ALONE, GERMAN, FRENCH_TOO])))
def test_it_does_not_matter_which_file_lands_first(
    two_euros: Door, nights: tuple[str, ...]
) -> None:
    for number, text in enumerate(nights):
        two_euros.drop(f"{number}.txt", text, at=EVENING - timedelta(hours=9 - number))
        two_euros.night()
    assert ("102", "amazon_de") in [row[:2] for row in two_euros.rows(CHANNELS)]


def test_what_nothing_tells_waits_by_name_and_a_correction_says_it(two_euros: Door) -> None:
    """The window alone fits both, and no reserve is stated: nobody guesses."""
    fees = settlement("102", JUNE, JULY, (FEE, "-3,00", "", ""))
    german = settlement("101", MAY, JUNE, (ORDER, "20,00", "Amazon.de", GERMAN_ORDER))
    for name, text in {"1.txt": german, "2.txt": FRENCH_TOO, "3.txt": fees}.items():
        two_euros.drop(name, text)
    two_euros.night()
    assert "102" not in [payout for payout, *_ in two_euros.rows(CHANNELS)]
    assert two_euros.rows(WAITING) == [
        ("amazon.settlement_v2", "undecided_channel", "payout_id: 102", 2)
    ]

    correction = {
        "report": "amazon.settlement_v2", "where": {"payout_id": "102"},
        "expects": {"marketplace": None}, "set": {"marketplace": "Amazon.fr"},
        "who": "ann@example.com", "when": date(2026, 11, 1), "until": date(2027, 1, 1),
        "why": "The bank statement names Amazon France.",
    }  # fmt: skip
    path = corrections_file("sample")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump({"french-fees": correction}), encoding="utf-8")
    two_euros.night()
    assert ("102", "amazon_fr") in [row[:2] for row in two_euros.rows(CHANNELS)]
    assert two_euros.rows("select channel from valid.payouts where payout_id = '102'") == [
        ("amazon_fr",)
    ]
    assert two_euros.rows(WAITING) == []


def test_a_line_that_names_an_order_says_whose_settlement_it_is(two_euros: Door) -> None:
    two_euros.drop(
        "fees.txt",
        settlement("300", MAY, JUNE, (FEE, "-3,00", "", ""), (FEE, "-1,00", "", FRENCH_ORDER)),
    )
    two_euros.night()
    assert two_euros.rows(CHANNELS) == []
    two_euros.drop("orders.txt", orders((FRENCH_ORDER, "Amazon.fr"), (GERMAN_ORDER, "Amazon.de")))
    two_euros.night()
    assert [row[:2] for row in two_euros.rows(CHANNELS)] == [("300", "amazon_fr")]


def test_orders_of_two_channels_say_nothing_of_one_settlement(two_euros: Door) -> None:
    lines = ((FEE, "-3,00", "", GERMAN_ORDER), (FEE, "-1,00", "", FRENCH_ORDER))
    two_euros.drop("fees.txt", settlement("300", MAY, JUNE, *lines))
    two_euros.drop("orders.txt", orders((FRENCH_ORDER, "Amazon.fr"), (GERMAN_ORDER, "Amazon.de")))
    two_euros.night()
    assert two_euros.rows(CHANNELS) == []


def test_a_return_is_of_the_channel_of_its_order(two_euros: Door) -> None:
    header, first = (SAMPLES / "fbm_returns.txt").read_text("utf-8").splitlines()[:2]
    rows = [
        first.replace("111-0000002-0000002", order)
        .replace("DSAMPLE0001RMA", f"D{order}")
        .replace("USD", "EUR")
        for order in (GERMAN_ORDER, FRENCH_ORDER, "999-0000001-0000001")
    ]
    two_euros.drop("returns.txt", "\n".join([header, *rows, ""]))
    two_euros.drop("orders.txt", orders((FRENCH_ORDER, "Amazon.fr"), (GERMAN_ORDER, "Amazon.de")))
    two_euros.night()
    assert two_euros.rows("select order_id, channel from valid.returns order by 1") == [
        (GERMAN_ORDER, "amazon_de"), (FRENCH_ORDER, "amazon_fr"),
    ]  # fmt: skip
    assert two_euros.rows(WAITING) == [
        ("amazon.fbm_returns", "undecided_channel", "order_id: 999-0000001-0000001", 1)
    ]
