"""Small lines of a KPI's days or weeks, drawn as points in pixels."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from tasks.tell.dashboard_queries import SPARK_DAYS
from tasks.tell.summary_figures import Summary

SPARK_WIDTH, SPARK_HEIGHT = 140, 32


@dataclass(frozen=True)
class Spark:
    """A KPI's days as lines that break where there is no data; in pixels, y downwards."""

    lines: tuple[str, ...]
    last: tuple[float, float] | None
    target: float | None


def sparks(summary: Summary, days: Sequence[dict[str, Any]]) -> dict[str, Spark]:
    """Return the sparkline of each KPI over the five weeks that end with the business date."""
    if summary.business_date is None:
        return {}
    values: dict[str, dict[date, Decimal]] = {}
    for row in days:
        values.setdefault(row["kpi"], {})[row["business_date"]] = row["value"]
    first = summary.business_date - timedelta(days=SPARK_DAYS - 1)
    every = [first + timedelta(days=day) for day in range(SPARK_DAYS)]
    return {
        kpi.kpi: spark([values[kpi.kpi].get(day) for day in every], kpi.target)
        for kpi in summary.kpis
        if kpi.kpi in values
    }


def spark(values: Sequence[Decimal | None], target: Decimal | None) -> Spark:
    """Return `values`, one a day, as lines; the scale holds them all and the target."""
    known = [value for value in values if value is not None]
    if not known:
        return Spark((), None, None)
    scale = known if target is None else [*known, target]
    low, high = min(scale), max(scale)
    step = SPARK_WIDTH / max(len(values) - 1, 1)

    def y(value: Decimal) -> float:
        share = float((value - low) / (high - low)) if high > low else 0.5
        return round((1 - share) * (SPARK_HEIGHT - 6) + 3, 1)

    lines: list[list[tuple[float, float]]] = [[]]
    for at, value in enumerate(values):
        if value is None:
            lines.append([])
        else:
            lines[-1].append((round(at * step, 1), y(value)))
    drawn = [line for line in lines if line]
    return Spark(
        lines=tuple(" ".join(f"{x},{at}" for x, at in line) for line in drawn if len(line) > 1),
        last=drawn[-1][-1],
        target=None if target is None else y(target),
    )
