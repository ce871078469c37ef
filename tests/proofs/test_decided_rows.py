"""Stock and reorders of a made shop, against one SQL statement each that was written apart from the rules."""

from pathlib import Path

import pytest

from tasks.decide import reorders, stock
from tasks.warehouse.connection import open_warehouse
from tests import bench_plan

SKUS = 3000
LAST_DECIMAL = (
    3  # rows whose figure rounds the other way, as binary numbers add up in another order
)


def test_the_rows_of_a_large_shop_are_those_of_one_statement(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every column of every row, the sentence too: FFT against a recursion, columns against lists."""
    monkeypatch.setenv("BACKROOM_DATA", str(tmp_path))
    night = bench_plan.night_in(tmp_path)
    bench_plan.main("make", tmp_path, SKUS)
    with open_warehouse(night.shop.folder) as con:
        reorders.decide_reorders(con, night)
        stock.decide_stock(con, night)
        for side, table in bench_plan.DECIDED.items():
            con.execute(bench_plan.statement(side))
            assert con.execute(f"select count(*) from {table}").fetchall()[0][0] >= SKUS
            assert bench_plan.unequal(con, side) <= LAST_DECIMAL
