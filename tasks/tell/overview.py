"""Several shops on one page: whose night failed, and what is red in each, reds first.

Each shop is read from its own published marts, and nothing of one is in the rows of another.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
from jinja2 import Environment, PackageLoader, StrictUndefined

from config.folders import ShopFolder, data_root
from tasks.run import wording
from tasks.run.whole_file import write_whole
from tasks.warehouse.tables import fetch

PAGE = "overview.html"
REDS = """
    select kpis.title, kpis.judged_value as value, kpis.unit, kpi_dictionary.currency, kpis.owner
    from (
        from kpi_daily
        where channel = 'all'
        qualify business_date = max(business_date) over (partition by kpi)
    ) as kpis
    inner join kpi_dictionary using (kpi)
    where kpis.status = 'critical'
    order by kpis.station, kpis.kpi
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
    """A number beyond its limit, and whose it is."""

    title: str
    value: Decimal | None
    unit: str
    currency: str | None
    owner: str | None


@dataclass(frozen=True)
class Cases:
    """How many cases of a shop wait for somebody."""

    open_count: int
    late_count: int


@dataclass(frozen=True)
class ShopState:
    """How a shop is after its night; `as_of` is None where none was ever published."""

    name: str
    title: str
    fault: str  # why its night failed; empty where it did not
    as_of: date | None = None
    reds: tuple[Red, ...] = ()
    cases: Cases = Cases(0, 0)
    page: str = ""

    @property
    def word(self) -> str:
        """What it is in a word or two."""
        if self.fault:
            return "failed"
        return f"{len(self.reds)} red" if self.reds else "ok"

    @property
    def rank(self) -> tuple[bool, int, int, str]:
        """Where it comes on the page: failed first, then by reds and late cases."""
        return (not self.fault, -len(self.reds), -self.cases.late_count, self.name)


def read_state(name: str, title: str, folder: ShopFolder, fault: str) -> ShopState:
    """Return how a shop is by its own published marts; a failed night leaves those of the last one."""
    if not folder.marts.exists():
        return ShopState(name, title, fault or "nothing was published")
    with duckdb.connect(str(folder.marts), read_only=True) as con:
        con.execute("set timezone = 'UTC'")
        (as_of,) = con.execute("select max(as_of) from published").fetchall()[0]
        return ShopState(
            name,
            title,
            fault,
            as_of=as_of,
            reds=fetch(con, Red, REDS),
            cases=fetch(con, Cases, CASES)[0],
            page=folder.dashboard.as_uri() if folder.dashboard.exists() else "",
        )


def ranked(states: Iterable[ShopState]) -> list[ShopState]:
    """Return the shops, worst first."""
    return sorted(states, key=lambda state: state.rank)


def as_lines(states: Sequence[ShopState]) -> list[str]:
    """Return the overview for a terminal: a line for each shop, its reds below it."""
    width = max((len(state.name) for state in states), default=0)
    lines = []
    for state in states:
        day = "never" if state.as_of is None else str(state.as_of)
        cases = f"{state.cases.open_count} cases, {state.cases.late_count} late"
        lines.append(f"{state.name:<{width}}  {state.word:<7}  as of {day}  {cases}")
        if state.fault:
            lines.append(f"    {state.fault}")
        lines += [f"    {_figure(red)}" for red in state.reds]
    return lines


def write_overview(states: Sequence[ShopState]) -> Path:
    """Write the page of all shops into the data folder; return its path."""
    environment = Environment(
        loader=PackageLoader("tasks.tell"), autoescape=True, undefined=StrictUndefined
    )
    template = environment.get_template("overview.html.j2")
    rows = [(state, [_figure(red) for red in state.reds]) for state in states]
    return write_whole(data_root() / PAGE, template.render(rows=rows))


def _figure(red: Red) -> str:
    return f"{red.title}: {wording.figure(red.value, red.unit, red.currency or '')} ({red.owner or 'nobody'})"
