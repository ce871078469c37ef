"""The backtest of the shop's own history: which policy would have kept its stock better."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal

import duckdb

from tasks.decide.reorder_inputs import choices, plan_inputs
from tasks.rules.backtest import Policy, Replay, Result, by_class, can_be_replayed, replay
from tasks.run.night import Night
from tasks.warehouse.models import read_models
from tasks.warehouse.tables import write_rows

TABLE = "ops.backtest"
HISTORY = "ops.demand_daily"


def run_backtest(
    con: duckdb.DuckDBPyConnection, night: Night, policies: Sequence[Policy]
) -> tuple[list[Result], list[Replay]]:
    """Return what each policy comes to, kept as ops.backtest, and how it would have kept each SKU.

    Where no SKU has a day to be replayed there is no result.
    """
    chosen = choices(con, night.shop)
    with _whole_history(con):
        skus = plan_inputs(con, night, chosen)
    sold = skus[skus.daily.selling_days > 0]
    can = can_be_replayed(sold)
    replays = [each for policy in policies for each in replay(sold[can], policy)]
    costs: dict[str, Decimal | None] = dict(zip(chosen.offer.sku, chosen.cost, strict=True))
    results = by_class(replays, sold[~can], costs)
    keep(con, results)
    return results, replays


def keep(con: duckdb.DuckDBPyConnection, results: Sequence[Result]) -> None:
    """Keep the results until the next backtest; none before the first."""
    write_rows(con, TABLE, Result, results)


@contextmanager
def _whole_history(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Let the night's own demand hold every day of which an order is known, and then be as it was."""
    (model,) = (model for model in read_models() if model.table == HISTORY)
    con.execute("begin")
    try:
        con.execute(
            "update settings.stock set window_days = greatest(window_days, coalesce(("
            " select run.business_date - min(order_lines.business_date)"
            " from core.order_lines cross join settings.run group by run.business_date), 0))"
        )
        con.execute(model.sql)
        yield
    finally:
        con.execute("rollback")
