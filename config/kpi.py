"""The registries a person answers for: KPIs, exception types and SOPs."""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import ClassVar, Literal

import yaml
from pydantic import Field

from config.person import Tier
from config.station import Station
from config.strict import CONFIG, SettingsError, Strict, named, read_yaml

PAGE_WORDS = 500  # about one printed page


class Kpi(Strict):
    """One number somebody answers for; `source` computes it, this says what it means."""

    renamed: ClassVar[Mapping[str, str]] = {"mend": "fix"}

    station: Station
    title: str
    outcome: Literal["accuracy", "speed", "visibility", "consistency", "control"]
    role: str = Field(description="Whose number it is; the shop file says who that is.")
    sop: str
    numerator: str
    denominator: str
    exclusions: str = ""
    clock: str
    unit: Literal[
        "rate",
        "hours",
        "days",
        "orders",
        "tickets",
        "skus",
        "exceptions",
        "reports",
        "links",
        "amount",
    ]
    direction: Literal["higher", "lower"]
    judged: Literal["day", "now"] = Field(
        description="day: the cases of a closed day; now: the state at the moment of the run."
    )
    by_channel: bool = Field(
        False,
        description="Each channel has its figure next to the figure of the shop, and may have a target.",
    )
    rows: str = Field(
        min_length=1,
        description="A select of marts: what counts against it, worst first; `$from_date`, `$to_date`, `$timezone`,"
        " `$as_of` are filled in.",
    )
    needs: tuple[str, ...] = Field(
        (), description="Needs of config/requirements.yaml: without them it has no data."
    )
    target: Decimal | None
    warning: Decimal | None = None
    critical: Decimal | None = None
    minimum_n: int = Field(
        1, ge=0, description="Fewer cases are neither passed nor failed; 0: none is a figure too."
    )
    weekly_rank: int | None = Field(
        None, ge=1, description="Its place among the weekly metrics that the owner sees first."
    )
    version: str
    source: str = Field(description="Where its formula is from.")
    why: str = Field(description="What it means when it fails: the alert a tired person reads.")
    fix: str

    @property
    def marts(self) -> frozenset[str]:
        """The marts that its rows are listed from."""
        return frozenset(re.findall(r"\bmarts\.\w+", self.rows))


class ExceptionType(Strict):
    """A kind of case that needs a person: who, by when, and what they do next."""

    station: Station
    severity: Literal["low", "medium", "high"]
    role: str
    tier: Tier = Field(description="1 trained assistant, 2 ops lead, 3 owner.")
    window_hours: int = Field(gt=0)
    next_step: str
    message: str = Field(description="Template of the message that goes out, if one does.")
    blocking: bool = Field(False, description="Its order is on no pick list.")


class Sop(Strict):
    """One page that a trained person can run a station by."""

    station: Station
    title: str
    role: str
    tier: Tier
    metric: str = Field(description="The KPI that shows whether the page works.")
    cadence_days: int = Field(90, ge=1, le=90)
    last_review_date: date
    version: int = Field(1, ge=1, description="Raised when people have to learn the page again.")
    last_drill_date: date | None = Field(
        None, description="Day on which its emergency was last practised, if it has one."
    )
    drill_days: int | None = Field(
        None, ge=1, le=366, description="Days after which it is practised again."
    )
    video: str | None = None
    link: str
    words: int
    complete: bool


SECTIONS = ("Steps", "Decision rules", "Exceptions", "Templates", "Escalation")


@cache
def load_kpis(path: Path = CONFIG / "kpis.yaml") -> dict[str, Kpi]:
    """Return the metric dictionary."""
    return {k: Kpi.parse(v, f"{named(path)}: {k}") for k, v in read_yaml(path).items()}


@cache
def load_exceptions(path: Path = CONFIG / "exceptions.yaml") -> dict[str, ExceptionType]:
    """Return every kind of exception that may be opened."""
    return {k: ExceptionType.parse(v, f"{named(path)}: {k}") for k, v in read_yaml(path).items()}


@cache
def load_sops(root: Path = CONFIG / "sops") -> dict[str, Sop]:
    """Return every SOP by the name of its page.

    Raises:
        SettingsError: a page has no front matter between `---` lines, or one that is wrong.
    """
    sops = {}
    for path in sorted(root.glob("*.md")):
        _, _, rest = path.read_text(encoding="utf-8").partition("---\n")
        front, mark, body = rest.partition("\n---\n")
        if not mark:
            raise SettingsError(
                f"{named(path)}: its first lines must be front matter between `---` lines."
            )
        complete = has_every_section(body) and len(body.split()) <= PAGE_WORDS
        sops[path.stem] = Sop.parse(
            _front_matter(front, path),
            named(path),
            link=named(path),
            words=len(body.split()),
            complete=complete,
        )
    return sops


def has_every_section(body: str) -> bool:
    """Return whether each section of a page is there and says something."""
    _, *parts = re.split(r"^## (.+)$", body, flags=re.MULTILINE)
    sections = dict(zip(parts[::2], parts[1::2], strict=True))
    return all(sections.get(section, "").strip() for section in SECTIONS)


def _front_matter(text: str, path: Path) -> object:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise SettingsError(f"{named(path)}: its front matter is not YAML: {error}") from error
