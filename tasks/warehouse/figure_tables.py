"""From a figure to the canonical tables it is made of: each mart and each KPI, through all that it is built from."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from config.kpi import load_kpis
from config.strict import ROOT
from tasks.warehouse.models import Model

MADE_OF = ("valid", "loaded")  # what files are read into
# Of tables that no SQL file builds: the module whose queries say what they are built from.
READ_BY: Mapping[str, str] = {
    "ops.backtest": "tasks/decide/reorder_facts.py",
    "ops.capped_days": "tasks/decide/reorder_facts.py",
    "ops.channel_stock": "tasks/decide/stock_facts.py",
    "ops.reorder_plan": "tasks/decide/reorder_facts.py",
    "ops.reorder_supply": "tasks/decide/reorder_facts.py",
    "ops.transfers": "tasks/decide/reorder_facts.py",
}

_TABLE = re.compile(r"\b(?:core|ops|valid)\.[a-z_]+\b")


def figure_tables(models: Sequence[Model]) -> list[tuple[str, str, str]]:
    """Return kind (mart or kpi), figure and canonical table, a row for each table a figure is made of."""
    reads = {model.table: frozenset(model.inputs) for model in models}
    for table, module in READ_BY.items():
        reads[table] = frozenset(_TABLE.findall((ROOT / module).read_text("utf-8"))) - {table}
    kpis = load_kpis()
    figures = [("mart", model.name, model.table) for model in models if model.schema == "marts"]
    # A file computes several KPIs: one that needs no report, of people or settings, is made of what lists its rows.
    # What analytics measures is the files themselves.
    figures += [
        ("kpi", kpi, start)
        for model in models
        if model.table.startswith("checks.kpi_")
        for kpi, means in kpis.items()
        if f"'{kpi}' as kpi" in model.sql
        for start in ([model.table] if means.needs or means.station == "analytics" else means.marts)
    ]
    return sorted(
        {
            (kind, figure, table.partition(".")[2])
            for kind, figure, start in figures
            for table in _reached([start], reads)
            if table.partition(".")[0] in MADE_OF
        }
    )


def _reached(start: Iterable[str], reads: Mapping[str, Iterable[str]]) -> Iterator[str]:
    """Yield each table that is read on the way, once."""
    waiting, seen = list(start), set(start)
    while waiting:
        table = waiting.pop()
        yield table
        new = set(reads.get(table, ())) - seen
        seen |= new
        waiting += new
