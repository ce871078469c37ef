"""The reports that go out by themselves: how often, to whom, by when."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field

from config.strict import CONFIG, Strict, named, read_yaml


class Report(Strict):
    """One report that somebody counts on."""

    title: str
    cadence: Literal["daily", "weekly", "monthly"] = Field(
        description="Weekly ones are due on Monday, monthly ones on the first."
    )
    made_by: Literal["nightly", "weekly_review"] = Field(description="The flow that makes it.")
    role: str = Field(description="Whose it is; the shop file says who that is.")
    due_hour: int = Field(ge=0, le=23, description="Hour on the shop's clock by which it is there.")
    place: str = Field(description="Where it is, below the shop's folder.")


@cache
def load_reports(path: Path = CONFIG / "reports.yaml") -> Mapping[str, Report]:
    """Return the register of reports."""
    return {k: Report.parse(v, f"{named(path)}: {k}") for k, v in read_yaml(path).items()}
