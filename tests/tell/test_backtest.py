"""A backtest says which policy is better, where protected loses, and what it does not know."""

from datetime import date
from decimal import Decimal

from tasks.rules.backtest import Policy, Replay, by_class
from tasks.rules.classes import Abc
from tasks.tell.backtest import NOTHING, as_markdown, sku_table
from tests.rules.rows import ReorderInput, skus

FIRST = date(2026, 1, 1)
LEFT = skus([ReorderInput("OLD", FIRST, (1,), (None,), None, None, abc=Abc.C)])
REPLAYS = [
    Replay("A|B", "merchant", Policy.SEED90, Abc.A, FIRST, 10, 9, 100, 10, 2, 3, 50, 4, 80),
    Replay("CUP", "merchant", Policy.SEED90, Abc.C, FIRST, 10, 10, 100, 0, 0, 0, 50, 4, 80),
    Replay("A|B", "merchant", Policy.PROTECTED, Abc.A, FIRST, 10, 9, 100, 4, 1, 1, 100, 4, 80),
    Replay("CUP", "merchant", Policy.PROTECTED, Abc.C, FIRST, 10, 10, 100, 5, 1, 2, 40, 4, 80),
]


def test_it_is_said_where_protected_loses() -> None:
    costs = {"A|B": Decimal("1.50"), "CUP": None}
    text = as_markdown(by_class(REPLAYS, LEFT, costs), "EUR")
    for words in (
        "Thu 1 Jan 2026 to Sat 10 Jan 2026: 2 SKUs replayed over 19 SKU-days.",
        "1 SKU-day on which the shop itself had no stock shows no demand and is not judged.",
        "1 SKU left out: no lead time, or too few days known.",
        "The cost of 1 SKU is unknown.",
        "| A | protected | 1 | 100 | 4 | 96.0 % |",
        "| EUR 15.00, without 1 |",
        "| unknown |",
        "Class A: protected loses 6 units fewer than seed90, and holds EUR 7.50 more of stock on",
        "Class C: protected loses 5 units more than seed90, and holds 1 unit less on average. It loses",
        "All classes: protected loses 1 unit fewer",
    ):
        assert words in text, text


def test_one_policy_alone_is_compared_with_none() -> None:
    text = as_markdown(by_class(REPLAYS[:2], LEFT[:0], {}), "EUR")
    assert "seed90" in text
    assert "loses" not in text


def test_nothing_to_replay_is_said() -> None:
    assert as_markdown([], "EUR") == NOTHING


def test_the_skus_that_differ_most_come_first() -> None:
    assert sku_table(REPLAYS)[0] == {
        "SKU": "A|B", "pool": "merchant", "class": "A", "lost, seed90": 10, "average stock, seed90": 5,
        "lost, protected": 4, "average stock, protected": 10,
    }  # fmt: skip
