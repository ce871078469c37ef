"""A slip in what a shop says of picking, routing, packing and carriers is refused with file and key."""

from pathlib import Path

import pytest

from config.shop import load_shop
from config.strict import SettingsError
from tests.config.test_settings import shop_of


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("routing: [{skus: [CUP]}]", r"routing\.0: .*either `location` or `kind`"),
        (
            "routing: [{location: Main Warehouse, kind: own}]",
            r"routing\.0: .*either `location` or `kind`",
        ),
        ("routing: [{location: Shed}]", r"routing\.0\.location names Shed"),
        ("routing: [{kind: own}, {kind: 4pl}]", r"routing\.1\.kind"),
        (
            "carriers: [{carrier: UPS, transit_days: 3}, {carrier: UPS}]",
            r"carriers names \['UPS'\] twice",
        ),
        ("carriers: [{carrier: UPS, lost_days: 0}]", r"carriers\.0\.lost_days"),
        (
            "packing: {boxes: [{box: L, up_to_grams: 900}, {box: S, up_to_grams: 100}]}",
            "packing: .*each larger box after the smaller",
        ),
        (
            "packing: {services: [{channels: [etsy], carrier: UPS}]}",
            r"packing\.services\.0\.channels names \['etsy'\]",
        ),
        ("packing: {weight_check: {tolerance_percent: 5}}", r"packing\.weight_check\.from_amount"),
        ("picking: {wave_orders: 0}", r"picking\.wave_orders"),
        ("picking: {batch_by: colour}", r"picking\.batch_by"),
    ],
)
def test_a_slip_names_file_and_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, message: str
) -> None:
    path = shop_of(tmp_path, monkeypatch, "people:", f"{line}\npeople:")
    with pytest.raises(SettingsError, match=message) as error:
        load_shop("sample")
    assert str(path) in str(error.value)


def test_a_kind_without_a_location_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = shop_of(tmp_path, monkeypatch, "{kind: 3pl}", "{kind: own}")
    path.write_text(path.read_text("utf-8") + "routing: [{kind: 3pl}]\n", "utf-8")
    with pytest.raises(SettingsError, match=r"routing\.0\.kind is 3pl: no location"):
        load_shop("sample")


def test_a_policy_for_an_order_that_is_not_all_there_is_split_or_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop_of(tmp_path, monkeypatch, "    priority: 1", "    priority: 1\n    partial_stock: wait")
    with pytest.raises(SettingsError, match=r"channels\.shopify\.partial_stock"):
        load_shop("sample")
