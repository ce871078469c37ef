"""The profit bridge as bars: each step hangs where the one before it ended."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import Any, Literal

Kind = Literal["total", "plus", "minus"]


@dataclass(frozen=True)
class Bar:
    """One step: where its bar begins and ends, as shares of the drawing's width from the left."""

    step: str
    amount: Decimal | None
    share: Decimal | None  # of net
    coverage: Decimal | None
    kind: Kind
    start: float
    end: float


@dataclass(frozen=True)
class Bridge:
    """The steps of one channel in one month."""

    channel: str
    month: str
    currency: str
    status: str
    bars: tuple[Bar, ...]


def bridges(rows: Iterable[Mapping[str, Any]]) -> list[Bridge]:
    """Return a bridge of each channel and currency; steps of nothing are left out.

    Rows of marts.profit_bridge, in the order of channel, currency and step_no.
    """
    return [
        Bridge(channel, month, currency, status, _bars(list(steps)))
        for (channel, month, currency, status), steps in groupby(
            rows, key=lambda row: (row["channel"], row["month"], row["currency"], row["status"])
        )
    ]


def _bars(steps: Sequence[Mapping[str, Any]]) -> tuple[Bar, ...]:
    reached = Decimal(0)
    spans: list[tuple[Mapping[str, Any], Decimal, Decimal]] = []
    for step in steps:
        amount = step["amount"] or Decimal(0)
        begun = Decimal(0) if step["is_total"] else reached
        reached = begun + amount
        if step["is_total"] or amount or step["amount"] is None:
            spans.append((step, min(begun, reached), max(begun, reached)))
    low = min((span[1] for span in spans), default=Decimal(0))
    width = max((span[2] for span in spans), default=Decimal(0)) - low or Decimal(1)
    return tuple(
        Bar(
            step=step["step"],
            amount=step["amount"],
            share=step["share_of_net_rate"],
            coverage=step["coverage_rate"],
            kind="total" if step["is_total"] else "plus" if (step["amount"] or 0) > 0 else "minus",
            start=round(float((first - low) / width), 4),
            end=round(float((last - low) / width), 4),
        )
        for step, first, last in spans
    )
