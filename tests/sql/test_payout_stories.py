"""Payouts as whole stories: from accepted rows to the marts, in one go, with money kept on the way.

`tests/sql/stories/<mart>.md` holds cases as the golden ones, but what is given are the accepted rows
(`valid.*`), and every table between them and the mart is built. The settings are those of a shop
file, so buckets and exceptions are the real ones. In every story money is conserved.
"""

import dataclasses
import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
import yaml

from config.shop import Shop
from config.strict import ROOT
from tasks.run.night import Night
from tasks.warehouse.build import build
from tasks.warehouse.models import read_models, read_rules, upstream
from tasks.warehouse.settings_tables import write_settings
from tests.sql.golden import Case, differences, fill, read_cases, read_shared

HERE = Path(__file__).parent
MODELS = read_models(ROOT / "sql")
RULES = read_rules(ROOT / "sql")
MARTS = ("payout_lines", "payout_reconciliation", "payout_exceptions", "expected_payouts",
         "reserve_rollforward", "journal_entries")  # fmt: skip
UPSTREAM = upstream(MODELS, *(f"marts.{mart}" for mart in MARTS))
CHAIN = [model for model in MODELS if model.table in UPSTREAM]
LEAVES = sorted({name for model in CHAIN for name in model.inputs} - UPSTREAM)
# `make test-fast` runs them, as all of tests/sql.
pytestmark = pytest.mark.whole

SHOP = yaml.safe_load("""
title: A shop of stories
timezone: UTC
currency: USD
fixed_rates: {EUR: 0.9}
channels:
  web: {platform: shopify, timezone: UTC, currency: USD, priority: 1, locations: [Main], bank_descriptions: [PAID WEB]}
  market:
    {platform: amazon, timezone: UTC, currency: USD, priority: 2, locations: [Main], bank_descriptions: [PAID MARKET]}
locations: {Main: {kind: own}}
people:
  finance: {owner: f@example.com}
  operations: {owner: o@example.com}
  buying: {owner: b@example.com}
  support: {owner: s@example.com}
""")
AS_OF = datetime(2026, 2, 20, 6, tzinfo=UTC)

CASES = [
    pytest.param(path.stem, case, id=f"{path.stem}: {case.sentence}")
    for path in sorted((HERE / "stories").glob("*.md"))
    for case in read_cases(path)
]

# Each must be empty: rows and money that left on the way, or are there twice.
CONSERVED = {
    "every accepted line counts once, or says why not": """
        select channel, currency, sum(amount) as amount from (
            select channel, currency, amount from valid.payout_lines
            union all
            select channel, currency, -amount from core.payout_line_copies
            union all
            select channel, currency, -amount from marts.payout_lines
        ) group by all having sum(amount) != 0""",
    "the reconciliation holds all lines": """
        select channel, payout_id, currency, sum(amount) from (
            select channel, payout_id, currency, amount from marts.payout_lines
            union all
            select channel, payout_id, currency, -lines_total_amount from marts.payout_reconciliation
        ) group by all having sum(amount) != 0""",
    "the buckets of a payout are its lines": f"""
        select payout_id from marts.payout_reconciliation
        where coalesce({
        " + ".join(
            f"{b}_amount"
            for b in (
                "sale",
                "refund",
                "shipping",
                "gift_wrap",
                "tax_collected",
                "tax_withheld",
                "promotion",
                "commission",
                "fulfilment_fee",
                "storage",
                "advertising",
                "subscription",
                "other_fee",
                "chargeback",
                "reimbursement",
                "reserve_held",
                "reserve_released",
                "carried_over",
                "transfer",
                "adjustment",
                "unclassified",
            )
        )
    }, 0) != coalesce(lines_total_amount, 0)""",
    "every deposit of a channel is matched or listed": """
        select channel, currency, sum(amount) from (
            select channel, currency, bank_amount as amount from ops.payout_bank
            union all
            select channel, currency, -bank_amount from marts.payout_reconciliation where bank_amount is not null
            union all
            select channel, currency, -amount from marts.payout_exceptions where kind = 'before_files'
        ) group by all having sum(amount) != 0""",
    "no booking is used for more than it is": """
        select booking_id from ops.payout_bank inner join core.bank_lines using (booking_id)
        group by booking_id, amount having sum(bank_amount) != amount""",
    "the journal balances": """
        select journal_id from marts.journal_entries
        group by journal_id, currency having sum(debit_amount) != sum(credit_amount)""",
}


@contextmanager
def built(case: Case, *, shuffled: int | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """Build everything from what the story gives, its rows in another order where one is asked for."""
    shared = read_shared(HERE / "given")
    strangers = set(case.given) - set(LEAVES)
    assert not strangers, f"{case.path}:{case.line}: nothing reads {strangers}"
    night = Night(Shop(name="stories", **SHOP), AS_OF, "story")
    with duckdb.connect() as con:
        con.execute("set timezone = 'UTC'")
        for schema in ("settings", "valid"):
            con.execute(f"create schema if not exists {schema}")
        names = {*LEAVES, "valid.orders", "valid.payouts", "valid.bank_lines", "valid.tickets"}
        for name in sorted(name for name in names if not name.startswith("settings.")):
            grid = case.given.get(name)
            if grid and shuffled is not None:
                rows = random.Random(shuffled).sample(grid.rows, len(grid.rows))
                grid = dataclasses.replace(grid, rows=tuple(rows))
            fill(con, name, grid, shared.get(name))
        write_settings(con, night)
        build(con, CHAIN, RULES)
        yield con


@pytest.mark.parametrize(("mart", "case"), CASES)
def test_story_holds(mart: str, case: Case) -> None:
    with built(case) as con:
        found = differences(con, case, f"marts.{mart}")
        found += [
            f"{what}: {rows}"
            for what, sql in CONSERVED.items()
            if (rows := con.execute(sql).fetchall())
        ]
    assert not found, "\n".join(
        [f"{case.path.relative_to(ROOT)}:{case.line}: {case.sentence}", *found]
    )


@pytest.mark.parametrize(("mart", "case"), CASES[:6])
def test_the_order_of_rows_changes_nothing(mart: str, case: Case) -> None:
    with built(case, shuffled=7) as con:
        assert not differences(con, case, f"marts.{mart}")
