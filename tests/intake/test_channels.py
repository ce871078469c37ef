"""A row is of the channel that it names, and of no other: what the shop has no channel for waits."""

from collections.abc import Mapping

import duckdb
import pytest

from config.export import load_exports
from config.shop import Shop
from tasks.intake.channel_sql import channel_of, undecided
from tasks.intake.report import Report
from tasks.intake.typing_sql import STAGED, version_of

CHANNEL = {"timezone": "UTC", "locations": ["Main"]}
US = {
    **CHANNEL,
    "platform": "amazon",
    "currency": "USD",
    "sales_channel": "Amazon.com",
    "fba_location": "FBA",
}
DE = {**CHANNEL, "platform": "amazon", "currency": "EUR", "sales_channel": "Amazon.de"}
FR = {**CHANNEL, "platform": "amazon", "currency": "EUR", "sales_channel": "Amazon.fr"}
UNNAMED = {**CHANNEL, "platform": "amazon", "currency": "USD"}
WEB = {**CHANNEL, "platform": "shopify", "currency": "USD"}
EURO_WEB = {**CHANNEL, "platform": "shopify", "currency": "EUR"}


def shop_of(**channels: Mapping[str, object]) -> Shop:
    ranked = enumerate(channels.items(), start=1)
    return Shop.model_validate(
        {
            "name": "channels",
            "title": "Channels",
            "timezone": "UTC",
            "currency": "USD",
            "fixed_rates": {"EUR": 0.9},
            "channels": {name: {**own, "priority": rank} for rank, (name, own) in ranked},
            "locations": {"Main": {"kind": "own"}, "FBA": {"kind": "amazon"}},
            "people": {"operations": {"owner": "o@example.com"}},
        }
    )


@pytest.mark.parametrize(
    ("report", "channels", "row", "channel"),
    [
        # A settlement goes by its marketplace; by its currency only where it names none.
        (
            "amazon.settlement_v2",
            {"us": US, "de": DE, "fr": FR},
            {"sold_on": "amazon.fr", "currency": "EUR"},
            "fr",
        ),
        (
            "amazon.settlement_v2",
            {"us": US, "de": DE, "fr": FR},
            {"sold_on": "amazon.es", "currency": "EUR"},
            None,
        ),
        (
            "amazon.settlement_v2",
            {"us": US, "de": DE, "fr": FR},
            {"sold_on": None, "currency": "EUR"},
            None,
        ),
        (
            "amazon.settlement_v2",
            {"us": US, "de": DE, "fr": FR},
            {"sold_on": None, "currency": "USD"},
            "us",
        ),
        ("amazon.settlement_v2", {"us": US, "de": DE}, {"sold_on": None, "currency": "EUR"}, "de"),
        (
            "amazon.settlement_v1",
            {"us": US, "de": DE},
            {"sold_on": "amazon.co.uk", "currency": "GBP"},
            None,
        ),
        # The only channel is not every marketplace's.
        ("amazon.settlement_v2", {"us": US}, {"sold_on": "amazon.ca", "currency": "CAD"}, None),
        ("amazon.settlement_v2", {"us": US}, {"sold_on": None, "currency": "CAD"}, None),
        (
            "amazon.settlement_v2",
            {"us": UNNAMED},
            {"sold_on": "amazon.com", "currency": "USD"},
            "us",
        ),
        (
            "amazon.settlement_v2",
            {"us": UNNAMED},
            {"sold_on": "amazon.de", "currency": "EUR"},
            None,
        ),
        ("amazon.all_orders", {"us": US}, {"sales_channel": "Amazon.ca", "currency": "CAD"}, None),
        (
            "amazon.all_orders",
            {"us": US, "de": DE},
            {"sales_channel": "Amazon.ca", "currency": "CAD"},
            None,
        ),
        (
            "amazon.all_orders",
            {"us": US, "de": DE},
            {"sales_channel": "Amazon.DE", "currency": "EUR"},
            "de",
        ),
        # What Amazon ships for others names no marketplace: it is of the channel that has FBA stock.
        (
            "amazon.all_orders",
            {"us": US, "de": DE},
            {"sales_channel": "Non-Amazon US", "currency": "USD"},
            "us",
        ),
        ("amazon.all_orders", {"us": US}, {"sales_channel": "Amazon.com", "currency": None}, "us"),
        # A platform without a channel, and one with two.
        (
            "amazon.all_orders",
            {"web": WEB},
            {"sales_channel": "Amazon.com", "currency": "USD"},
            None,
        ),
        ("shopify.inventory", {"us": US}, {}, None),
        ("shopify.inventory", {"web": WEB}, {}, "web"),
        ("shopify.inventory", {"web": WEB, "euro": EURO_WEB}, {}, None),
        ("shopify.orders", {"web": WEB, "euro": EURO_WEB}, {"file_currency": "EUR"}, "euro"),
        ("shopify.orders", {"web": WEB}, {"file_currency": "EUR"}, None),
        ("shopify.payouts", {"web": WEB, "euro": EURO_WEB}, {"currency": "EUR"}, "euro"),
        # A store may be paid in a second currency.
        ("shopify.payouts", {"web": WEB}, {"currency": "EUR"}, "web"),
        (
            "tiktok.income",
            {"clips": {**CHANNEL, "platform": "tiktok", "currency": "USD"}},
            {"currency": "GBP"},
            None,
        ),
    ],
)
def test_a_row_is_of_the_channel_it_names(
    report: str,
    channels: dict[str, Mapping[str, object]],
    row: dict[str, str | None],
    channel: str | None,
) -> None:
    sql = channel_of(shop_of(**channels), load_exports()[report])
    cells = ", ".join(f"cast(${name} as varchar) as {name}" for name in row) or "1 as one"
    found = duckdb.connect().execute(f"select {sql} from (select {cells})", row or None).fetchall()
    assert found == [(channel,)]


def test_what_the_shop_file_says_of_channels_is_part_of_how_a_row_is_read() -> None:
    export = load_exports()["amazon.settlement_v2"]
    before = Report(shop_of(de=DE), export).circumstances
    assert before != Report(shop_of(de=DE, fr=FR), export).circumstances
    assert before == Report(shop_of(de=DE, web=WEB), export).circumstances


def test_what_a_staged_row_says_is_part_of_how_a_file_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    report = Report(shop_of(de=DE), load_exports()["amazon.settlement_v2"])
    before = version_of(report)
    assert before == version_of(report)
    monkeypatch.setitem(STAGED, "one_more", "A column that tables staged before do not have")
    assert before != version_of(report)


@pytest.mark.parametrize(
    ("report", "channels", "row", "is_undecided"),
    [
        ("amazon.settlement_v2", {"de": DE, "fr": FR}, {"sold_on": None, "currency": "EUR"}, True),
        # What names a marketplace or a currency that no channel has is nobody's.
        (
            "amazon.settlement_v2",
            {"de": DE, "fr": FR},
            {"sold_on": "amazon.es", "currency": "EUR"},
            False,
        ),
        ("amazon.settlement_v2", {"de": DE, "fr": FR}, {"sold_on": None, "currency": "CAD"}, False),
        ("amazon.settlement_v2", {"us": US, "de": DE}, {"sold_on": None, "currency": "CAD"}, False),
        ("amazon.fbm_returns", {"us": US, "de": DE, "fr": FR}, {"currency": "EUR"}, True),
        ("amazon.fbm_returns", {"us": US, "de": DE, "fr": FR}, {"currency": "USD"}, False),
        ("amazon.sponsored_products", {"de": DE, "fr": FR}, {"currency": "EUR"}, True),
        ("shopify.inventory", {"web": WEB, "euro": EURO_WEB}, {}, True),
        ("shopify.inventory", {"us": US}, {}, False),
    ],
)
def test_a_row_that_two_channels_may_be_meant_by_is_not_an_unknown_one(
    report: str,
    channels: dict[str, Mapping[str, object]],
    row: dict[str, str | None],
    is_undecided: bool,
) -> None:
    shop, export = shop_of(**channels), load_exports()[report]
    cells = ", ".join(f"cast(${name} as varchar) as {name}" for name in row) or "1 as one"
    rows = f"select *, {channel_of(shop, export)} as channel from (select {cells})"
    sql = f"select coalesce({undecided(shop, export)}, false) from ({rows})"
    assert duckdb.connect().execute(sql, row or None).fetchall() == [(is_undecided,)]
