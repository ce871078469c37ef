"""What an order is held to: per channel and shop, by its country, and by the reasons of returns."""

from pathlib import Path

import pytest

from config.country import load_countries
from config.fraud import Fraud
from config.return_reason import load_return_reasons
from config.shop import Shop, load_shop
from config.strict import SettingsError
from config.validation import Validation


def test_a_channel_sets_key_by_key_what_its_orders_must_have() -> None:
    demo = load_shop("demo")
    assert demo.validation_of("shopify").phone == "required"
    assert demo.validation_of("shopify").address
    assert demo.validation_of("tiktok") == demo.validation == Validation()


@pytest.mark.parametrize(
    ("key", "content"),
    [
        ("phone", {"validation": {"phone": "always"}}),
        ("first_order_amount", {"fraud": {"first_order_amount": -1}}),
        ("risk_level", {"fraud": {"risk_level": "low"}}),
        ("serial_returns", {"returns": {"serial_returns": 1}}),
        ("phones", {"validation": {"phones": "required"}}),
    ],
)
def test_a_wrong_rule_is_refused_with_its_key(key: str, content: dict[str, object]) -> None:
    demo = load_shop("demo").model_dump(exclude={"name"}, by_alias=True)
    with pytest.raises(SettingsError, match=key):
        Shop.parse({**demo, **content, "name": "demo"}, "demo.yaml")


def test_a_rule_that_is_off_is_null() -> None:
    assert Fraud.parse({"first_order_amount": None}, "fraud").first_order_amount is None


def test_a_country_lacks_what_it_has_not() -> None:
    unused = load_countries().unused_fields()
    assert unused["AE"] == ("postcode",)
    assert unused["SG"] == ("city",)
    assert unused["MO"] == ("city", "postcode")
    assert "US" not in unused


def test_a_name_is_of_one_country(tmp_path: Path) -> None:
    codes = dict(load_countries().codes())
    assert codes["unitedstates"] == "US"
    assert codes["norge"] == "NO"
    path = tmp_path / "countries.yaml"
    path.write_text("without_postcode: []\nwithout_city: []\nnames: {AS: [Samoa], WS: [SAMOA]}\n")
    with pytest.raises(SettingsError, match=r"'samoa'.* twice: a name is of one country"):
        load_countries(path)


def test_a_word_of_two_reasons_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "return_reasons.yaml"
    path.write_text(
        "one: {is_our_fault: true, words: [odd]}\ntwo: {is_our_fault: false, words: [odd]}\n"
    )
    with pytest.raises(SettingsError, match="'odd' is a word of one and of two"):
        load_return_reasons(path)
