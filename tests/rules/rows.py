"""One SKU in one pool as a row, for tests of the plan: rules take columns of any number of rows."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, get_args, get_type_hints

import numpy as np

from tasks.rules import (
    capacity,
    chances,
    classes,
    demand,
    override,
    oversell,
    rate,
    reorder,
    reorder_pools,
)
from tasks.rules.capacity import Room
from tasks.rules.classes import Abc
from tasks.rules.columns import Columns, Series, objects
from tasks.rules.override import Override
from tasks.rules.reorder_plan import ReorderPlan, plan_reorders
from tasks.rules.reorder_pools import Transfer
from tasks.rules.skus import DAY, Receipt, Receipts, Skus, Thresholds

USUAL = Thresholds()
Plan = Any  # a SimpleNamespace of the fields of ReorderPlan
STOCK = {True: 1, False: 0, None: -1}


@dataclass(frozen=True)
class ReorderInput:
    """A row of Skus: None where a column has NaN or NaT."""

    sku: str
    as_of: date
    daily: Sequence[int]
    in_stock: Sequence[bool | None]
    on_hand: int | None
    available: int | None
    on_order: Sequence[Receipt] = ()
    backorders: int = 0
    committed: int = 0
    lead_time_days: float | None = None
    lead_time_sd: float = 0.0
    lead_times: Sequence[int] = ()
    review_days: int = 1
    cover_days: int = 30
    service_level: Decimal = Decimal("0.95")
    moq: int = 0
    case_pack: int = 1
    unit_cost: Decimal | None = None
    last_sale: date | None = None
    known_since: date | None = None
    known_to: date | None = None
    window_days: int = 90
    peer_rate: float | None = None
    peer: str = ""
    is_peer_named: bool = False
    season_factor: float = 1.0
    is_stale: bool = False
    doubts: Sequence[str] = ()
    abc: Abc | None = None
    owner: str | None = None
    pool: str = "merchant"
    emergency_units: int = 0
    hint: str = ""
    transfer_days: int = 0
    stated_rate: float | None = None
    stated_point: float | None = None
    override_reason: str | None = None
    override_until: date | None = None
    thresholds: Thresholds = USUAL


def skus(rows: Sequence[ReorderInput]) -> Skus:
    """Return the columns of rows that are of one day, one owner and one shop's thresholds."""
    first = rows[0]
    assert {(row.as_of, row.owner, row.thresholds) for row in rows} == {
        (first.as_of, first.owner, first.thresholds)
    }
    kinds = {
        "datetime64[D]": ["as_of", "last_sale", "known_since", "known_to", "override_until"],
        "float64": ["on_hand", "available", "lead_time_days", "lead_time_sd", "service_level",
                    "peer_rate", "season_factor", "stated_rate", "stated_point"],
        "int64": ["backorders", "committed", "review_days", "cover_days", "moq", "case_pack",
                  "window_days", "emergency_units", "transfer_days"],
        "bool": ["is_peer_named", "is_stale"],
    }  # fmt: skip
    columns: dict[str, Any] = {
        name: np.array([getattr(row, name) for row in rows], dtype=kind)
        for kind, names in kinds.items()
        for name in names
    }
    for name in ("sku", "pool", "unit_cost", "peer", "abc", "hint", "override_reason"):
        columns[name] = objects(getattr(row, name) for row in rows)
    for name in ("lead_times", "doubts"):
        columns[name] = objects(tuple(getattr(row, name)) for row in rows)
    daily = Series.of([row.daily for row in rows])
    return Skus(
        daily=daily,
        in_stock=stock([row.in_stock for row in rows], daily),
        on_order=Receipts.of([row.on_order for row in rows], first.as_of),
        owner=first.owner,
        thresholds=first.thresholds,
        **columns,
    )


def with_column(rows: list[ReorderInput], those: Skus, *names: str) -> list[ReorderInput]:
    """Return the rows with what the columns say of them."""
    return [
        replace(row, **{name: value(getattr(those, name)[at : at + 1]) for name in names})
        for at, row in enumerate(rows)
    ]


def stock(rows: Sequence[Sequence[bool | None]], daily: Series) -> Any:
    """Return whether each day could sell, as the rules take it."""
    found = np.full(daily.units.shape, -1, dtype=np.int64)
    for row, days in enumerate(rows):
        found[row, : len(days)] = [STOCK[day] for day in days]
    return found


def value(found: Any) -> Any:
    """Return the first of a column as a plain value, None for NaN and NaT."""
    first = found[0]
    plain = first.item() if isinstance(first, np.generic) else first
    return None if plain != plain else plain


def of_series(rule: Callable[..., Any]) -> Callable[..., Any]:
    """Return a rule of series as one of a list of units."""
    return lambda daily, *more: value(rule(Series.of([daily]), *more))


average_interval, squared_cv = of_series(demand.average_interval), of_series(demand.squared_cv)
pattern, xyz_class = of_series(demand.pattern), of_series(classes.xyz_class)
croston, sba, tsb = of_series(demand.croston), of_series(demand.sba), of_series(demand.tsb)
dying_days = of_series(rate.dying_days)


def velocity(daily: Sequence[int], in_stock: Sequence[bool | None]) -> float | None:
    series = Series.of([daily])
    found: float | None = value(demand.velocity(series, stock([in_stock], series)))
    return found


def cap_spikes(daily: Sequence[int], sds: float, share: float) -> tuple[tuple[int, ...], Any]:
    capped, found = demand.cap_spikes(Series.of([daily]), sds, share)
    return tuple(capped.units[0].tolist()), tuple(found[np.array([at])] for at in range(len(found)))


def rolling_quantile(daily: Sequence[int], days: int, level: float) -> float | None:
    found: float | None = value(
        demand.rolling_quantile(Series.of([daily]), np.array([days]), np.array([level]))
    )
    return found


def demand_quantile(daily: Sequence[int], spans: Sequence[int], level: float) -> float | None:
    found: float | None = value(
        demand.demand_quantile(Series.of([daily]), objects([tuple(spans)]), np.array([level]))
    )
    return found


def quantile(mean: float, dispersion: float, level: float) -> float:
    found: float = value(
        chances.quantile(np.array([float(mean)]), np.array([dispersion]), np.array([level]))
    )
    return found


def demand_chances(mean: float, dispersion: float) -> list[float]:
    table, length = oversell.demand_chances(np.array([float(mean)]), np.array([dispersion]))
    assert table.shape == (1, length[0])
    found: list[float] = table[0].tolist()
    return found


def risk_buffer(others_mean: float, dispersion: float, risk: float) -> float:
    columns = [np.array([float(each)]) for each in (others_mean, dispersion, risk)]
    found: float = value(oversell.risk_buffer(*columns))
    return found


def oversell_risk(
    sellable: int,
    published: int,
    own_mean: float,
    others_published: int,
    others_mean: float,
    unseen_mean: float = 0.0,
    dispersion: float = 1.0,
) -> float:
    found: float = value(
        oversell.oversell_risk(
            np.array([sellable]),
            np.array([published]),
            np.array([float(own_mean)]),
            np.array([others_published]),
            np.array([float(others_mean)]),
            np.array([unseen_mean]),
            np.array([dispersion]),
        )
    )
    return found


def protection(
    daily: Sequence[int],
    per_day: float,
    lead_days: float,
    lead_sd: float,
    review_days: int,
    level: float,
    least: int,
    lead_times: Sequence[int] = (),
) -> reorder.Protection:
    return reorder.protection(
        Series.of([daily]),
        np.array([float(per_day)]),
        np.array([float(lead_days)]),
        np.array([float(lead_sd)]),
        np.array([review_days]),
        np.array([level]),
        least,
        objects([tuple(lead_times)]),
    )


@dataclass(frozen=True)
class Guard:
    """The protected policy of one SKU by its figures."""

    rate: float
    days: float
    demand_sd: float | None
    safety_stock: float

    @property
    def columns(self) -> reorder.Protection:
        figures = (self.rate, self.days, self.demand_sd, self.safety_stock)
        per_day, days, spread, safety = np.array(figures, dtype=np.float64)[:, None]
        return reorder.Protection(per_day, days, spread, safety, objects(["normal"]))

    @property
    def reorder_point(self) -> float:
        return float(self.columns.reorder_point[0])

    def order_up_to(self, cover_days: float) -> float:
        return float(self.columns.order_up_to(np.array([cover_days]))[0])


def safety_stock(level: float, days: float, sd: float, per_day: float, lead_sd: float) -> float:
    columns = [np.array([float(each)]) for each in (level, days, sd, per_day, lead_sd)]
    found: float = value(reorder.safety_stock(*columns))
    return found


def order_quantity(up_to: float, position: float, moq: int = 0, case_pack: int = 1) -> float:
    columns = [np.array([each]) for each in (position, moq, case_pack)]
    found: float = value(reorder.order_quantity(np.array([float(up_to)]), *columns))
    return found


def project(units: float, per_day: float, receipts: Sequence[Receipt], today: date) -> Any:
    found = reorder.project(
        np.array([float(units)]), np.array([float(per_day)]), Receipts.of([receipts], today)
    )
    return SimpleNamespace(**{name: value(column) for name, column in vars(found).items()})


def plan_reorder(row: ReorderInput) -> Plan:
    """Return the plan of one SKU in one pool."""
    plans, _ = plan_reorders(skus([row]))
    return rows_of(plans)[0]


def plain(columns: Columns) -> list[dict[str, Any]]:
    """Return stored columns as rows, each with its figures as decimals."""
    hints = get_type_hints(type(columns), include_extras=True)
    kinds = {name: get_args(hint)[1] for name, hint in hints.items()}
    found = []
    for at in range(len(columns)):
        row = {}
        for name, kind in kinds.items():
            one = value(getattr(columns, name)[at : at + 1])
            row[name] = None if one is None else kind(str(one)) if kind is Decimal else one
            if kind is int and one is not None:
                row[name] = int(one)
        found.append(row)
    return found


def rows_of(plans: ReorderPlan) -> list[Plan]:
    """Return plans as rows."""
    needed = plans.is_needed.tolist()
    return [
        SimpleNamespace(**row, is_needed=each)
        for row, each in zip(plain(plans), needed, strict=True)
    ]


@dataclass(frozen=True)
class SkuPlan:
    """A plan per pool of one SKU, and what goes from one to another."""

    plans: tuple[Plan, ...]
    transfers: tuple[Transfer, ...] = ()


def plan_pools(rows: Sequence[ReorderInput]) -> SkuPlan:
    """Return the plans of one SKU's pools."""
    by_pool = sorted(rows, key=lambda row: reorder_pools.POOLS.index(row.pool))
    found = reorder_pools.plan_pools(skus(by_pool))
    return SkuPlan(tuple(rows_of(found.plans)), found.transfers)


def plan_all(worlds: Sequence[Sequence[ReorderInput]]) -> list[SkuPlan]:
    """Return the plans of the pools of many SKUs, each of another name, made together."""
    found = reorder_pools.plan_pools(skus([row for rows in worlds for row in rows]))
    plans, transfers = iter(rows_of(found.plans)), defaultdict(list)
    for move in found.transfers:
        transfers[move.sku].append(move)
    return [
        SkuPlan(tuple(next(plans) for _ in rows), tuple(transfers[rows[0].sku])) for rows in worlds
    ]


def plan_rows(rows: Sequence[ReorderInput]) -> list[Plan]:
    """Return the plan of each row, made together, as if it were alone."""
    return rows_of(plan_reorders(skus(rows))[0])


def within_capacity(
    moves: Iterable[Transfer], rows: Sequence[ReorderInput], room: Room
) -> tuple[list[Transfer], list[Plan]]:
    """Return transfers, and the plans of one SKU's pools, within the limits of Amazon."""
    columns = skus(rows)
    found, plans = capacity.within_capacity(
        moves, reorder_pools.plan_pools(columns).plans, columns, room
    )
    return found, rows_of(plans)


def overridden(row: ReorderInput, stated: Sequence[Override]) -> ReorderInput:
    """Return a SKU with what people state of it."""
    names = (
        "lead_time_days", "lead_times", "service_level", "moq", "stated_rate", "stated_point",
        "override_reason", "override_until",
    )  # fmt: skip
    return with_column(
        [row], override.overridden(skus([row]), {0: stated} if stated else {}), *names
    )[0]


def predicted(safety: float, days: float, known_days: int) -> float:
    columns = [np.array([float(each)]) for each in (safety, days, known_days)]
    found: float = value(reorder.predicted(*columns))
    return found


def capped_days(row: ReorderInput) -> list[tuple[date, int]]:
    """Return the days whose units were capped, with what counts of them."""
    one = skus([row])
    _, spikes = plan_reorders(one)
    days = (one.first_day[spikes.row] + spikes.day * DAY).tolist()
    return list(zip(days, spikes.counted.tolist(), strict=True))
