"""What channels charge is dated, has its source, and follows one another without a gap or an overlap."""

from datetime import date
from pathlib import Path

import duckdb
import pytest
import yaml

from config.shop import Shop
from config.strict import ROOT, SettingsError
from config.terms import load_terms
from config.words import load_words
from tasks.warehouse.terms_tables import write_terms

FILE = yaml.safe_load((ROOT / "config/shops/demo.yaml").read_text("utf-8"))
FEE = {
    "fee": "referral", "percent": 15, "of": "price", "currency": "USD", "valid_from": "2024-01-01",
    "source": "https://fees.example",
}  # fmt: skip


def terms(folder: Path, **keys: object) -> None:
    (folder / "market.yaml").write_text(yaml.safe_dump({"fees": [FEE | keys]}), "utf-8")
    load_terms(folder)


@pytest.mark.parametrize(
    ("key", "cell"),
    [("source", "somebody said"), ("percent", 150), ("currency", "usd"), ("of", "weight"),
     ("fee", "moonlight"), ("bucket", "treasure"), ("rate", 3)],
)  # fmt: skip
def test_an_entry_that_says_nothing_known_is_refused_with_file_and_key(
    tmp_path: Path, key: str, cell: object
) -> None:
    with pytest.raises(SettingsError, match=rf"market\.yaml has a key to fix:\n.*fees\.0\.{key}"):
        terms(tmp_path, **{key: cell})


def written(shop: Shop) -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    con.execute("create schema settings")
    write_terms(con, shop)
    return con


def test_each_rate_holds_until_the_next_of_its_kind_and_a_claim_too() -> None:
    with written(Shop(name="demo", **FILE)) as con:
        days = con.execute(
            "select claim_days, valid_from_date, valid_to_date from settings.claims"
            " where channel = 'amazon' order by 2"
        ).fetchall()
        assert days == [(548, date(2020, 1, 1), date(2024, 10, 22)), (60, date(2024, 10, 23), None)]
        again = con.execute(
            "select channel, payer, fee, category, currency, valid_from_date from settings.fees"
            " group by all having count(*) > 1"
        ).fetchall()
        assert not again


def test_a_contract_takes_the_place_of_the_published_rates_of_its_kind() -> None:
    agreed = FEE | {"percent": 12, "source": "contract of May"}
    channels = FILE["channels"] | {"amazon": FILE["channels"]["amazon"] | {"fees": [agreed]}}
    with written(Shop(name="demo", **FILE | {"channels": channels})) as con:
        found = con.execute(
            "select fee_rate, is_contract from settings.fees"
            " where channel = 'amazon' and payer = 'channel' and fee = 'referral'"
        ).fetchall()
        assert [(float(rate), own) for rate, own in found] == [(0.12, True)]
        [(kept,)] = con.execute(
            "select count(*) from settings.fees where channel = 'amazon' and fee = 'refund_administration'"
        ).fetchall()
        assert kept == 1


def test_a_platform_without_terms_has_fees_that_are_not_known_and_a_buyer_keeps_nothing() -> None:
    channels = {
        "gifts": FILE["channels"]["shopify"] | {"platform": "woocommerce", "synced_sources": {}}
    }
    shop = Shop(name="demo", **FILE | {"channels": channels, "buffers": [], "margin": {}})
    with written(shop) as con:
        known = dict(con.execute("select payer, has_known_fees from settings.payers").fetchall())
    assert known == {"channel": False, "paypal": True, "stripe": True, "buyer": True}


def test_every_marketplace_says_that_it_takes_the_money_however_the_buyer_pays() -> None:
    words = load_words()
    assert all(words[name].method["channel"] == ("*",) for name in ("amazon", "ebay", "tiktok"))
