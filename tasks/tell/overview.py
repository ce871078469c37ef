"""Several shops on one page: whose night is missing or failed, and what is red in each, worst first.

Each shop is read from its own published marts and its own ledger, and nothing of one is in the rows
of another. Of a shop the page shows figures, their owners and counts: no order, no SKU, no customer.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb

from config.folders import data_root
from config.shop import Shop
from tasks.decide.watchdog import fault_of_last_night
from tasks.ledger import ledger_of
from tasks.run import wording
from tasks.run.rights import private_files
from tasks.run.whole_file import write_whole
from tasks.tell.page import environment
from tasks.tell.reds import CHANNEL_FIGURES, reds
from tasks.tell.summary_read import read_kpis
from tasks.warehouse.tables import fetch, rows_of

PAGE = "overview.html"
CURRENCY = "select any_value(currency) from kpi_dictionary"
FAILING = """
    select about, min(business_date) as since
    from alerts
    where recovered_at is null and about like 'expectation/%'
    group by about
"""
CASES = """
    select
        count(*) as open_count,
        count(*) filter (where is_late) as late_count
    from worklist
    where kind = 'case'
"""


@dataclass(frozen=True)
class Red:
    """What is red of a shop (tasks/tell/reds.py), since which day, and whose it is."""

    title: str
    value: Decimal | None
    unit: str
    currency: str | None
    owner: str | None
    since: date | None

    def __str__(self) -> str:
        figure = wording.figure(self.value, self.unit, self.currency or "")
        since = f", since {wording.short_day(self.since)}" if self.since else ""
        return wording.plain(f"{self.title}: {figure}{since} ({self.owner or 'nobody'})")


@dataclass(frozen=True)
class Cases:
    """How many cases of a shop wait for somebody."""

    open_count: int
    late_count: int


@dataclass(frozen=True)
class ShopState:
    """How a shop is after its night; `as_of` and `night_at` are None where there was none.

    `as_of` is the day of what is published, `night_at` the moment of the last whole night.
    """

    name: str
    title: str
    fault: str  # why its last night is missing or failed; empty where it is whole
    is_missing: bool = False
    as_of: date | None = None
    night_at: datetime | None = None
    reds: tuple[Red, ...] = ()
    cases: Cases = Cases(0, 0)
    pages: tuple[str, ...] = ()  # of the shop, by their addresses from the page of all

    @property
    def word(self) -> str:
        """What it is in a word or two."""
        if self.fault:
            return "missing" if self.is_missing else "failed"
        return f"{len(self.reds)} red" if self.reds else "ok"

    @property
    def rank(self) -> tuple[bool, int, int, str]:
        """Where it comes on the page: no whole night first, then by reds and late cases."""
        return (not self.fault, -len(self.reds), -self.cases.late_count, self.name)


def read_state(name: str, shop: Shop | None, fault: str, now: datetime) -> ShopState:
    """Return how a shop is by its own marts and ledger; a failed night leaves those of the last one.

    Args:
        name: The name of its file.
        shop: None where its file cannot be read.
        fault: Why its night failed just now, where it was run.
        now: What the age of its nights is counted to.
    """
    if shop is None or not shop.folder.root.exists():
        title = shop.title if shop else name
        return ShopState(name, title, fault or "it never had a night", is_missing=not fault)
    folder = shop.folder
    with private_files(folder), ledger_of(shop) as ledger:
        runs = ledger.rows("runs")
    whole = [run["as_of"] for run in runs if run["state"] == "completed"]
    night_at = max(whole, default=None)
    missing = "" if fault else fault_of_last_night(shop, runs, now) or ""
    if not folder.marts.exists():
        why = fault or missing or "nothing was published"
        return ShopState(name, shop.title, why, is_missing=not fault, night_at=night_at)
    state = ShopState(
        name,
        shop.title,
        fault or missing,
        is_missing=bool(missing),
        night_at=night_at,
        pages=tuple(
            f"{name}/{page.name}"
            for page in (folder.dashboard, folder.worklist_page)
            if page.exists()
        ),
    )
    try:
        with duckdb.connect(str(folder.marts), read_only=True) as con:
            con.execute("set timezone = 'UTC'")
            (as_of,) = con.execute("select max(as_of) from published").fetchall()[0]
            found, cases = _reds(con), fetch(con, Cases, CASES)[0]
    except duckdb.Error as error:  # damaged, or of another version: one shop's trouble
        why = f"its published marts cannot be read ({type(error).__name__}): run its night again"
        return replace(state, fault=state.fault or why)
    return replace(state, as_of=as_of, reds=found, cases=cases)


def _reds(con: duckdb.DuckDBPyConnection) -> tuple[Red, ...]:
    [(currency,)] = con.execute(CURRENCY).fetchall()
    since = dict(con.execute(FAILING).fetchall())
    channels = rows_of(con, CHANNEL_FIGURES.format(m="main"))
    return tuple(
        Red(
            kpi.title, kpi.value, kpi.unit, currency, kpi.owner, since.get(f"expectation/{kpi.kpi}")
        )
        for kpi in reds(read_kpis(con, "main"), channels)
    )


def ranked(states: Iterable[ShopState]) -> list[ShopState]:
    """Return the shops, worst first."""
    return sorted(states, key=lambda state: state.rank)


def as_lines(states: Sequence[ShopState], now: datetime) -> list[str]:
    """Return the overview for a terminal: a line for each shop, its reds below it."""
    width = max((len(state.name) for state in states), default=0)
    lines = []
    for state in states:
        age = wording.age(state.night_at, now) if state.night_at else "never"
        cases = f"{state.cases.open_count} cases, {state.cases.late_count} late"
        lines.append(f"{state.name:<{width}}  {state.word:<7}  last whole night {age}  {cases}")
        if state.fault:
            lines.append(f"    {state.fault}")
        lines += [f"    {red}" for red in state.reds]
    return lines


def write_overview(states: Sequence[ShopState], now: datetime) -> Path:
    """Write the page of all shops into the data folder; return its path."""
    template = environment().get_template("overview.html.j2")
    counts = {
        "without a whole night": sum(bool(state.fault) for state in states),
        "with something red": sum(bool(state.reds) for state in states),
    }
    return write_whole(data_root() / PAGE, template.render(states=states, now=now, counts=counts))
