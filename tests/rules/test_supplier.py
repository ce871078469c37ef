"""From whom a SKU is bought, and what is asked where that cannot be known."""

from decimal import Decimal

from tasks.rules.supplier import Offer, choose, in_own_currency

RATES = {"JPY": Decimal(150), "EUR": Decimal("0.9")}
US = Offer("S1", unit_cost=Decimal("4.00"), currency="USD")
KYOTO = Offer("S2", unit_cost=Decimal(450), currency="JPY")
KUWAIT = Offer("S3", unit_cost=Decimal(1), currency="KWD")


def test_an_amount_is_held_to_the_shops_own_rate() -> None:
    assert in_own_currency(Decimal(450), "JPY", "USD", RATES) == 3
    assert in_own_currency(Decimal(4), "USD", "USD", {}) == 4


def test_without_a_rate_an_amount_is_unknown_and_not_the_same_number() -> None:
    assert in_own_currency(Decimal(4), "KWD", "USD", RATES) is None
    assert in_own_currency(Decimal(4), None, "USD", RATES) is None
    assert in_own_currency(None, "USD", "USD", RATES) is None


def test_the_cheapest_by_the_shops_rates_is_taken() -> None:
    choice = choose([US, KYOTO], "USD", RATES)
    assert choice is not None
    assert (choice.offer.supplier, choice.cost) == ("S2", Decimal(3))
    assert choice.doubts == ()


def test_an_offer_that_cannot_be_compared_asks_whoever_is_taken() -> None:
    choice = choose([US, KUWAIT], "USD", RATES)
    assert choice is not None
    assert choice.offer.supplier == "S1"
    assert choice.doubts == ("S3 charges 1 KWD, and the shop has no rate from KWD to USD.",)
    alone = choose([KUWAIT], "USD", RATES)
    assert alone is not None
    assert (alone.offer.supplier, alone.cost) == ("S3", None)
    assert alone.doubts


def test_the_preferred_supplier_goes_before_a_cheaper_one() -> None:
    dear = Offer("S9", unit_cost=Decimal(9), currency="USD", is_preferred=True)
    choice = choose([US, KUWAIT, dear], "USD", RATES)
    assert choice is not None
    assert (choice.offer.supplier, choice.doubts) == ("S9", ())


def test_what_an_offer_leaves_out_is_asked_for() -> None:
    choice = choose([Offer("S1"), Offer("S2", unit_cost=Decimal(1))], "USD", RATES)
    assert choice is not None
    assert choice.doubts == ("S1 states no unit cost.", "S2 states a cost of 1 without a currency.")
    assert choose([], "USD", RATES) is None
