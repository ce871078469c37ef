"""Cases that cannot wait are alerted: once each, whenever in the day a run finds them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from config.shop import load_shop
from tasks.decide.exceptions import sync_exceptions
from tasks.ledger import open_ledger
from tasks.run.night import Night


def test_a_case_that_a_later_run_of_the_day_finds_is_alerted_too(tmp_path: Path) -> None:
    shop, night = load_shop("demo"), datetime(2026, 11, 24, 7, tzinfo=UTC)
    alerted = []
    with (
        duckdb.connect() as con,
        open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}", "demo") as ledger,
    ):
        con.execute("create schema checks")
        for hours, skus in ((0, ["CUP"]), (0, ["CUP"]), (6, ["CUP", "JUG"]), (6, ["CUP", "JUG"])):
            con.execute(
                """
                create or replace table checks.findings as select 'oversold' as type, 'sku' as subject_kind,
                    unnest(?) as subject_id, null as channel, null as order_id, 'seen' as evidence,
                    cast(null as decimal(18, 2)) as amount_at_stake, null as currency
                """,
                [skus],
            )
            sync_exceptions(con, Night(shop, night + timedelta(hours=hours), "run"), ledger)
            alerted.append([row["alert_key"] for row in ledger.rows("alerts")])
    first, later = "exception/oversold/2026-11-24", "exception/oversold/2026-11-24/130000"
    assert alerted == [[first], [first], [first, later], [first, later]]
