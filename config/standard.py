"""What each marketplace asks of its sellers: config/standards.yaml, dated, each number with its source."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field

from config.strict import CONFIG, Strict, named, read_yaml


class Standard(Strict):
    """One limit of one metric, from a day on."""

    threshold_rate: Decimal = Field(
        ge=0, le=1, description="Share at which the seller is beyond it."
    )
    better: Literal["lower", "higher"]
    window_days: int = Field(ge=1, description="Days that the channel looks back.")
    valid_from: date
    source: str


@cache
def load_standards(
    path: Path = CONFIG / "standards.yaml",
) -> Mapping[tuple[str, str], tuple[Standard, ...]]:
    """Return the standards by platform and metric, the newest last."""
    return {
        (platform, metric): tuple(
            sorted(
                (
                    Standard.parse(each, f"{named(path)}: {platform}.{metric}[{number}]")
                    for number, each in enumerate(entries)
                ),
                key=lambda standard: standard.valid_from,
            )
        )
        for platform, metrics in read_yaml(path).items()
        for metric, entries in metrics.items()
    }
