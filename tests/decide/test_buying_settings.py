"""What the shop file says of emergencies and of the budget reaches the plan; what cannot be is refused."""

from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import numpy as np
import pytest

from config.shop import Shop, load_shop
from config.strict import CONFIG, SettingsError
from tasks.decide.reorder_inputs import _emergency_units
from tasks.rules.columns import objects
from tasks.warehouse.settings_tables import _buying

LINE = "budget_amount: 4000"


def shop(tmp_path: Path, rules: str) -> Shop:
    """Return the demo shop with other rules of buying."""
    text = (CONFIG / "shops" / "demo.yaml").read_text("utf-8")
    assert LINE in text
    path = tmp_path / "demo.yaml"
    path.write_text(text.replace(LINE, rules, 1), "utf-8")
    return Shop.read(path, name="demo")


def test_a_sku_has_its_own_emergency_level_or_its_classes_in_the_pool_that_is_bought_for(
    tmp_path: Path,
) -> None:
    rules = "emergency_units: {A: 12, C: 2}, emergency_sku_units: {CUP: 40}"
    pools: Any = SimpleNamespace(
        sku=objects(["CUP", "CUP", "POT", "JUG", "TIN"]),
        abc=objects(["A", "A", "A", "B", None]),
        is_first=np.array([True, False, True, True, True]),
    )
    assert _emergency_units(shop(tmp_path, rules), pools).tolist() == [40, 0, 12, 0, 2]


@pytest.mark.parametrize("amount", [Decimal(4000), None])
def test_the_budget_is_what_the_shop_file_says_and_none_is_no_limit(
    tmp_path: Path, amount: Decimal | None
) -> None:
    bought = load_shop("demo") if amount else shop(tmp_path, "fba_restock_limit: false")
    with duckdb.connect() as con:
        con.execute("create schema settings")
        _buying(con, bought)
        assert con.execute("select budget_amount from settings.buying").fetchall() == [(amount,)]


@pytest.mark.parametrize(
    "rules",
    [
        "emergency_units: {D: 1}",
        "emergency_sku_units: {CUP: some}",
        "budget_amount: -1",
        "inbound_days: 0",
    ],
)
def test_what_cannot_be_is_refused_with_its_key(tmp_path: Path, rules: str) -> None:
    with pytest.raises(SettingsError, match=rules.partition(":")[0]):
        shop(tmp_path, rules)
