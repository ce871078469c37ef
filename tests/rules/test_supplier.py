"""From whom a SKU is bought, and what is asked where that cannot be known."""

from dataclasses import asdict, replace
from decimal import Decimal

from tasks.rules.columns import objects
from tasks.rules.supplier import (
    LastPrice,
    Offer,
    Offers,
    choose,
    choose_all,
    in_own_currency,
    price_change,
)

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
    assert (choice.offer.supplier, choice.cost) == ("S2", Decimal(3))
    assert choice.doubts == ()


def test_an_offer_that_cannot_be_compared_asks_whoever_is_taken() -> None:
    choice = choose([US, KUWAIT], "USD", RATES)
    assert choice.offer.supplier == "S1"
    assert choice.doubts == ("S3 charges 1 KWD, and the shop has no rate from KWD to USD.",)
    alone = choose([KUWAIT], "USD", RATES)
    assert (alone.offer.supplier, alone.cost) == ("S3", None)
    assert alone.doubts


def test_the_preferred_supplier_goes_before_a_cheaper_one() -> None:
    dear = Offer("S9", unit_cost=Decimal(9), currency="USD", is_preferred=True)
    choice = choose([US, KUWAIT, dear], "USD", RATES)
    assert (choice.offer.supplier, choice.doubts) == ("S9", ())


def test_what_an_offer_leaves_out_is_asked_for() -> None:
    choice = choose([Offer("S1"), Offer("S2", unit_cost=Decimal(1))], "USD", RATES)
    assert choice.doubts == ("S1 states no unit cost.", "S2 states a cost of 1 without a currency.")


def test_of_several_the_approved_one_is_taken_even_before_the_preferred() -> None:
    barred = replace(KYOTO, is_preferred=True, is_approved=False)
    choice = choose([US, barred], "USD", RATES)
    assert (choice.offer.supplier, choice.doubts) == ("S1", ())
    assert choice.hint == "S2 is preferred but not approved, so S1 is taken."


def test_a_supplier_that_is_not_approved_asks_where_there_is_no_other() -> None:
    choice = choose([replace(KYOTO, is_approved=False)], "USD", RATES)
    assert choice.doubts == ("S2 is not an approved supplier.",)
    assert (choice.alternate, choice.hint) == (None, "")


def test_what_an_unapproved_supplier_charges_raises_no_question_of_the_others() -> None:
    choice = choose([US, replace(KUWAIT, is_approved=False)], "USD", RATES)
    assert choice.doubts == ()


def test_an_alternate_is_named_where_the_preferred_is_late_or_has_no_cost() -> None:
    preferred = replace(KYOTO, is_preferred=True)
    choice = choose([US, preferred, KUWAIT], "USD", RATES, {"S2": 9})
    assert (choice.offer.supplier, choice.alternate, choice.doubts) == ("S2", "S1", ())
    assert choice.hint == (
        "S2 is 9 days late with an order. S1 could be taken instead, at 4.00 USD."
    )
    free = choose([US, replace(preferred, unit_cost=None)], "USD", RATES)
    assert free is not None
    assert free.hint == "S1 could be taken instead, at 4.00 USD."
    both = choose([US, preferred], "USD", RATES, {"S1": 2, "S2": 9})
    assert both is not None
    assert (both.alternate, both.hint) == (None, "")


def test_a_price_that_changed_beyond_the_limit_asks() -> None:
    last = {"S1": LastPrice(Decimal("3.20"), "USD", "PO-7")}
    choice = choose([US], "USD", RATES, {}, last)
    assert choice.doubts == (
        "S1 asks 4.00 USD, +25 % against the 3.20 of PO-7: more than the 10 % of"
        " approval.price_change_percent.",
    )
    for allowed in (
        LastPrice(Decimal("3.80"), "USD", "PO-7"),
        LastPrice(Decimal("3.20"), "EUR", "PO-7"),
        LastPrice(Decimal(0), "USD", "PO-7"),
    ):
        same = choose([US], "USD", RATES, {}, {"S1": allowed})
        assert same is not None
        assert same.doubts == ()
    assert price_change(replace(US, unit_cost=None), last["S1"], Decimal(10)) == ""
    assert price_change(US, None, Decimal(10)) == ""


def test_of_many_skus_each_is_chosen_as_if_it_were_alone() -> None:
    yen = replace(KYOTO, is_preferred=True)
    offered = {
        "CUP": [US],
        "LID": [US, yen, KUWAIT],
        "MUG": [replace(US, is_approved=False)],
        "POT": [KYOTO],
        "TEA": [US],
    }
    last = {"TEA": {"S1": LastPrice(Decimal(3), "USD", "PO-1")}}
    offers = Offers.of_rows(
        asdict(offer) | {"sku": sku} for sku, listed in offered.items() for offer in listed
    )
    chosen = choose_all(offers, "USD", RATES, {"S2": 3}, last, Decimal(10)).of(objects(offered))
    for at, (sku, listed) in enumerate(offered.items()):
        alone = choose(listed, "USD", RATES, {"S2": 3}, last.get(sku, {}))
        assert chosen.offer.row(at) == alone.offer
        found = (chosen.cost[at], chosen.doubts[at], chosen.alternate[at], chosen.hint[at])
        assert found == (alone.cost, alone.doubts, alone.alternate, alone.hint)
    nobody = choose_all(offers, "USD", RATES, {}, {}, Decimal(10)).of(objects(["NEW"]))
    assert (nobody.offer.supplier[0], nobody.cost[0], nobody.doubts[0]) == ("", None, ())
