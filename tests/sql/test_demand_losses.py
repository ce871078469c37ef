"""Units that a count no longer finds are no demand: the worked example W8.5 (OCA's average daily usage)."""

import json
from pathlib import Path

import duckdb
import pytest

from config.strict import ROOT
from tasks.warehouse.build import build
from tasks.warehouse.models import read_models, read_rules
from tests.rules.rows import velocity
from tests.sql.golden import fill, read_shared

EXAMPLES = ROOT.parent / "shared" / "worked_examples.json"
SHARED = read_shared(Path(__file__).parent / "given")
[MODEL] = [model for model in read_models() if model.table == "ops.demand_daily"]
SOLD, LOST = 60, 12


def test_w8_5_losses_are_left_out_of_the_rate_of_120_days() -> None:
    """Two orders of 60 in 120 days, and a count that falls by 12 units that nobody ordered."""
    if not EXAMPLES.is_file():
        pytest.skip("the worked examples are not next to this checkout")
    [example] = [each for each in json.loads(EXAMPLES.read_text("utf-8")) if each["id"] == "W8.5"]
    with duckdb.connect() as con:
        con.execute("set timezone = 'UTC'")
        for name in MODEL.inputs:
            fill(con, name, None, SHARED[name])
        con.execute(
            "delete from settings.run; delete from settings.stock;"
            "insert into settings.run by name select 'demo' as shop, date '2026-05-01' as business_date;"
            "insert into settings.stock by name select 120 as window_days"
        )
        for order, day in enumerate(("2026-01-01", "2026-03-10")):
            con.execute(
                "insert into core.order_lines by name select 'web' as channel, ? as order_id, '1' as line_id,"
                " 'CUP' as sku, ? as demand_units, true as is_demand, cast(? as date) as business_date",
                [str(order), SOLD, day],
            )
        for day, units in (("2026-01-01", 200), ("2026-02-01", 200 - SOLD - LOST)):
            con.execute(
                "insert into core.stock_history by name select 'CUP' as sku, 'Main' as location,"
                " cast(? as date) as history_date, ? as on_hand_units",
                [day, units],
            )
        build(con, [MODEL], read_rules())
        days = con.execute("select units from ops.demand_daily order by business_date").fetchall()
    assert [velocity([units for (units,) in days], [True] * len(days))] == example["expected"]
