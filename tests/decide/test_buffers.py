"""What the counts and the calendar say of a listing's buffer."""

from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from config.shop import Shop
from config.stock import Promotion
from tasks.decide.stock import Skus, count_error_rates, raise_of
from tasks.decide.stock_facts import Promoted, StockFacts

SKUS = pa.table({"sku": ["CUP", "POT", "NEW", "SET"]})
FACTS = StockFacts(
    listings=SKUS,
    positions=SKUS.slice(0, 3),
    bundles=pa.table(
        {"bundle_sku": ["SET", "SET"], "component_sku": ["NEW", "CUP"], "component_units": [1, 2]}
    ),
    classes=pa.table({"sku": ["CUP", "POT"], "abc": ["A", "B"]}),
    echoes=pa.table({"sku": ["CUP"]}),
    count_errors=pa.table(
        {
            "location": ["main", "main", "main", "main"],
            "scope": ["location", "class", "sku", "sku"],
            "subject": ["main", "B", "CUP", "GONE"],
            "rate": [0.02, 0.05, 0.1, 0.9],
        }
    ),
    promotions={},
)
CHANNEL = {"platform": "shopify", "timezone": "UTC", "currency": "USD"}
SHOP = Shop.model_validate(
    {
        "name": "small",
        "title": "Small",
        "timezone": "UTC",
        "currency": "USD",
        "channels": {
            "web": CHANNEL | {"locations": ["main", "east"], "priority": 1},
            "east": CHANNEL | {"locations": ["east"], "priority": 2},
        },
        "locations": {"main": {"kind": "own"}, "east": {"kind": "own"}},
        "people": {},
    }
)


def test_a_bundle_is_of_the_class_of_its_most_valuable_component_and_repeats_what_one_does() -> (
    None
):
    skus = Skus.of(FACTS)
    assert dict(zip(skus.names.to_pylist(), skus.worst(skus.abc, np.minimum).tolist(), strict=True)) == {
        "CUP": 0, "POT": 1, "NEW": 2, "SET": 0,
    }  # fmt: skip
    assert skus.worst(skus.is_echo, np.logical_or).tolist() == [True, False, False, True]
    assert skus.is_bundle.tolist() == [False, False, False, True]


def test_the_closest_counts_say_what_was_not_found() -> None:
    web, east = count_error_rates(SHOP, FACTS, Skus.of(FACTS)).T.tolist()
    assert web == [0.1, 0.05, 0.02, 0.1]
    assert np.isnan(east).all()


@pytest.mark.parametrize(
    ("channel", "sku", "setting", "raised"),
    [
        ("web", "CUP", Promotion(), ("Black Week", 3, 0)),
        ("web", "POT", Promotion(), ("Clearance", 1, 0)),
        ("tiktok", "POT", Promotion(), ("", 1, 0)),
        ("web", "CUP", Promotion(factor=Decimal(2), units=5), ("Black Week", 2, 5)),
    ],
)
def test_the_promotion_that_expects_most_raises_the_buffer(
    channel: str, sku: str, setting: Promotion, raised: tuple[str, int, int]
) -> None:
    running = [
        Promoted("web", None, "Clearance", Decimal("0.5")),
        Promoted(None, "CUP", "Black Week", Decimal(3)),
    ]
    promoted = {(each.channel, each.sku): each for each in running}
    assert tuple(raise_of(channel, sku, promoted, setting).values()) == raised
