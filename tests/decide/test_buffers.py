"""What the counts and the calendar say of a listing's buffer."""

from decimal import Decimal

import pytest

from config.stock import Promotion
from tasks.decide.stock import _class_of, _count_error_rate, _Promoted, _raise_of
from tasks.rules.buffer import Raise
from tasks.rules.classes import Abc

ABC = {"CUP": Abc.A, "POT": Abc.B}
ERRORS: dict[tuple[str, ...], Decimal] = {
    ("Main", "sku", "CUP"): Decimal("0.1"),
    ("Main", "class", "B"): Decimal("0.05"),
    ("Main", "location", "Main"): Decimal("0.02"),
}


def test_a_bundle_is_of_the_class_of_its_most_valuable_component() -> None:
    assert _class_of(["POT", "CUP"], ABC) is Abc.A
    assert _class_of(["NEW"], ABC) is Abc.C


@pytest.mark.parametrize(
    ("skus", "places", "rate"),
    [
        (["CUP"], ["Main", "East"], "0.1"),
        (["POT"], ["Main"], "0.05"),
        (["NEW"], ["Main"], "0.02"),
        (["NEW", "CUP"], ["Main"], "0.1"),
        (["CUP"], ["East"], None),
    ],
)
def test_the_closest_counts_say_what_was_not_found(
    skus: list[str], places: list[str], rate: str | None
) -> None:
    found = _count_error_rate(skus, places, ABC, ERRORS)
    assert found == (None if rate is None else Decimal(rate))


@pytest.mark.parametrize(
    ("channel", "sku", "setting", "raised"),
    [
        ("web", "CUP", Promotion(), Raise("Black Week", Decimal(3))),
        ("web", "POT", Promotion(), Raise("Clearance", Decimal(1))),
        ("tiktok", "POT", Promotion(), None),
        ("web", "CUP", Promotion(factor=Decimal(2), units=5), Raise("Black Week", Decimal(2), 5)),
    ],
)
def test_the_promotion_that_expects_most_raises_the_buffer(
    channel: str, sku: str, setting: Promotion, raised: Raise | None
) -> None:
    running = [
        _Promoted("web", None, "Clearance", Decimal("0.5")),
        _Promoted(None, "CUP", "Black Week", Decimal(3)),
    ]
    promoted = {(each.channel, each.sku): each for each in running}
    assert _raise_of(channel, sku, promoted, setting) == raised
