"""The reorder plan of every SKU in every pool that it is in."""

from dataclasses import dataclass

import duckdb

from tasks.decide import purchases, reorder_facts
from tasks.decide.overrides import overrides
from tasks.decide.reorder_inputs import choices, plan_inputs
from tasks.rules.capacity import within_capacity
from tasks.rules.columns import Columns, Days, Ints, Texts
from tasks.rules.demand import Spikes
from tasks.rules.override import overridden
from tasks.rules.rate import with_peers, with_seasons
from tasks.rules.reorder_plan import ReorderPlan
from tasks.rules.reorder_pools import Transfer, plan_pools
from tasks.rules.skus import DAY, Skus
from tasks.run.night import Night
from tasks.warehouse.columns import write_columns
from tasks.warehouse.tables import write_rows


@dataclass(frozen=True)
class Capped(Columns):
    """Days whose units were no guide to the next: what was ordered, and what the plan counts."""

    sku: Texts
    pool: Texts
    business_date: Days
    units: Ints
    capped_units: Ints


def decide_reorders(con: duckdb.DuckDBPyConnection, night: Night) -> ReorderPlan:
    """Return the plans, kept as ops.reorder_plan, reorder_supply, capped_days and transfers."""
    shop = night.shop
    chosen = choices(con, shop)
    stated = overrides(con)
    inputs = plan_inputs(con, night, chosen)
    taken = chosen.of(inputs.sku)
    known = overridden(inputs, stated.by_row(inputs.sku, taken.offer.supplier))
    peers = with_peers(known, shop.reorder.siblings)
    skus = with_seasons(peers, reorder_facts.months(con))
    found = plan_pools(skus)
    room = reorder_facts.room(con, shop.reorder)
    moves, plans = within_capacity(found.transfers, found.plans, skus, room)
    supplies = purchases.supplies(con, night, plans, skus, taken)
    write_columns(con, "ops.reorder_plan", plans)
    write_columns(con, "ops.reorder_supply", supplies)
    write_columns(con, "ops.capped_days", _capped(skus, found.spikes))
    write_rows(con, "ops.transfers", Transfer, moves)
    return plans


def _capped(skus: Skus, spikes: Spikes) -> Capped:
    rows = spikes.row
    days = skus.first_day[rows] + spikes.day * DAY
    return Capped(skus.sku[rows], skus.pool[rows], days, spikes.units, spikes.counted)
