"""What a night comes to: the figures of its summary, and nothing about how they are shown."""

from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from decimal import Decimal

from tasks.rules.payouts import SETTLED


@dataclass(frozen=True)
class Files:
    """Landed files and their rows, counted over everything the warehouse holds."""

    accepted: int
    rejected: int
    duplicate: int
    rows_read: int
    rows_accepted: int
    rows_quarantined: int
    rows_non_data: int
    last_received_at: datetime | None


@dataclass(frozen=True)
class RejectedFile:
    """A file that was not read; its reason says how to fix it."""

    report: str
    name: str
    received_at: datetime | None
    reason: str


@dataclass(frozen=True)
class IgnoredFile:
    """A file of a kind that no export describes; `reason` says what it looks like."""

    name: str
    reason: str
    next_step: str


@dataclass(frozen=True)
class Quarantined:
    """Rows of one report quarantined for one reason and not resolved."""

    report: str
    reason: str
    rows: int
    first_seen_at: datetime | None


@dataclass(frozen=True)
class ChannelOrders:
    """The orders that are known of one channel, copies and tests left out, and those that wait."""

    channel: str
    orders: int
    first_date: date | None
    last_date: date | None
    waiting: int
    past_due: int


@dataclass(frozen=True)
class ChannelStock:
    """What was published to one channel; `units` and `changed` leave out what it keeps itself."""

    channel: str
    listings: int
    units: int
    changed: int
    rationed: int
    held: int
    stopped: int
    read_only: int


@dataclass(frozen=True)
class StockCount:
    """How old the count of one location is."""

    location: str
    source_as_of: datetime | None
    stale_skus: int


@dataclass(frozen=True)
class ReorderAction:
    """What the plan asks for, by action and by currency of its cost.

    `lacks` is the rule that found no figure to plan by, such as no-stock-count; else None.
    """

    action: str
    lacks: str | None
    currency: str | None
    skus: int
    units: int
    amount: Decimal | None


@dataclass(frozen=True)
class Reorder:
    """One SKU to buy for one pool: what is at Amazon is a pool of its own."""

    sku: str
    pool: str
    action: str
    suggested_units: int
    suggested_amount: Decimal | None
    currency: str | None
    supplier: str | None
    days_of_cover: Decimal | None
    order_by_date: date | None
    stockout_date: date | None
    owner: str | None
    reason: str


@dataclass(frozen=True)
class Suggestions:
    """Suggested purchase order lines in one state and currency."""

    state: str
    currency: str
    lines: int
    amount: Decimal


@dataclass(frozen=True)
class Payouts:
    """Payouts of one status and currency."""

    status: str
    currency: str
    payouts: int
    payout_amount: Decimal | None
    difference_amount: Decimal | None
    oldest_open_days: int | None

    @property
    def is_open(self) -> bool:
        """Whether a person has to look: the money is neither there nor on its way."""
        return self.status not in SETTLED


@dataclass(frozen=True)
class KpiFigure:
    """A KPI of the whole shop: its newest day of the last week that says something, or no data.

    `value` and `n` are what was judged: the day's own cases, or those of `judged_days`.
    """

    kpi: str
    title: str
    station: str
    business_date: date
    value: Decimal | None
    unit: str
    n: int
    judged_days: int | None
    target: Decimal | None
    direction: str | None
    status: str
    reason: str | None
    owner: str | None
    deputy: str | None
    sop: str | None


@dataclass(frozen=True)
class OpenAlert:
    """An alert whose cause is still there."""

    alert_id: str
    kind: str
    about: str
    subject: str
    owner: str
    opened_at: datetime
    acknowledged_by: str | None

    @property
    def is_about_kpi(self) -> bool:
        """Whether a KPI failed, so that the table of KPIs shows it."""
        return self.about.startswith("expectation/")

    @property
    def kpi(self) -> str:
        """The KPI that it is about, if it is about one."""
        return self.about.split("/")[1] if self.is_about_kpi else ""


@dataclass(frozen=True)
class OpenExceptions:
    """The exceptions one person has to deal with."""

    owner: str
    open: int
    overdue: int
    oldest_at: datetime


@dataclass(frozen=True)
class Freshness:
    """How old the newest file of a report is, against how old it may be."""

    report: str
    title: str
    location: str
    last_file_at: datetime | None
    newest_event_at: datetime | None
    age_hours: Decimal | None
    limit_hours: int | None
    status: str


@dataclass(frozen=True)
class MissingReport:
    """A report that the shop should bring, and what goes without it; the first to bring is first.

    `is_asked`: a case asks for it; else the shop may have none, and would learn more from it.
    """

    report: str
    title: str
    missing_for: str
    bring_from: str
    needed_by: str
    is_asked: bool


@dataclass(frozen=True)
class Summary:
    """A night as a person wants to hear of it; ages count to `moment`, None before any file."""

    shop: str
    title: str
    business_date: date | None
    moment: datetime | None
    zone: tzinfo
    currency: str
    files: Files
    rejected_files: tuple[RejectedFile, ...]
    ignored_files: tuple[IgnoredFile, ...]
    quarantined: tuple[Quarantined, ...]
    orders: tuple[ChannelOrders, ...]
    stock: tuple[ChannelStock, ...]
    counts: tuple[StockCount, ...]
    reorder_actions: tuple[ReorderAction, ...]
    reorders: tuple[Reorder, ...]
    by_hand: tuple[Reorder, ...]
    suggestions: tuple[Suggestions, ...]
    payouts: tuple[Payouts, ...]
    kpis: tuple[KpiFigure, ...]
    alerts: tuple[OpenAlert, ...]
    exceptions: tuple[OpenExceptions, ...]
    freshness: tuple[Freshness, ...]
    missing: tuple[MissingReport, ...]
