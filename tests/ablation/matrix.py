"""The ablation matrix: one shop, each of its reports left out in turn, every figure compared."""

import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations
from pathlib import Path

import duckdb

from config.export import load_exports
from config.requirement import load_needs
from config.strict import ROOT
from tasks.warehouse.models import read_models
from tests import inprocess
from tests.ablation.compare import Change, compare, read_reasons

WAREHOUSE = "warehouse.duckdb"


@dataclass(frozen=True)
class Matrix:
    """A shop whose files are read once; every run after that starts from what was read."""

    shop: str
    shops: Path  # where its shop file is
    as_of: datetime
    data: Path  # its data folder is data/<shop>; runs are made next to it

    @property
    def base(self) -> Path:
        """The data folder with the files read and nothing computed."""
        return self.data / self.shop

    def read(self) -> list[str]:
        """Read the drop folder; return the reports that came."""
        with inprocess.place(self.data, self.shops):
            inprocess.read(inprocess.night_of(self.shop, self.as_of))
        with duckdb.connect(str(self.base / WAREHOUSE), read_only=True) as con:
            rows = con.execute(
                "select distinct report from landing.files"
                " where status in ('accepted', 'duplicate') and report != '' order by 1"
            ).fetchall()
        return [report for (report,) in rows]

    def run(self, missing: Sequence[str] = ()) -> Path:
        """Run the night without these reports; return its warehouse."""
        data = self.data / "runs" / ("+".join(missing) or "all")
        shutil.rmtree(data, ignore_errors=True)
        shutil.copytree(self.base, data / self.shop, symlinks=True, ignore=_not_needed)
        _leave_out(data / self.shop, missing)
        with inprocess.place(data, self.shops):
            inprocess.decide(inprocess.night_of(self.shop, self.as_of))
        return data / self.shop / WAREHOUSE

    def changes(self, full: Path, missing: Sequence[str]) -> list[Change]:
        """Return what the reports' absence changed; their run is thrown away."""
        ablated = self.run(missing)
        try:
            return compare(
                full,
                ablated,
                read_models(ROOT / "sql"),
                [names_of(report) for report in missing],
                read_reasons(),
            )
        finally:
            shutil.rmtree(ablated.parent.parent)


def names_of(report: str) -> dict[str, str]:
    """Return the report, then those that would do instead of it, with their titles.

    Of a need that several reports would meet, the shop is asked for one: of a platform's own, or of
    any where the need is the whole shop's.
    """
    exports = load_exports()
    own = exports[report]
    of_the_shop = {t for need in load_needs().values() if need.per == "shop" for t in need.loads}
    return {report: own.title} | {
        name: export.title
        for name, export in exports.items()
        if (alike := set(export.loads_into) & set(own.loads_into))
        and (export.platform == own.platform or alike & of_the_shop)
    }


def stand_ins(reports: Sequence[str]) -> list[list[str]]:
    """Return the groups of reports that stand in for each other: a night without one has the other."""
    groups = {tuple(sorted(set(names_of(report)) & set(reports))) for report in reports}
    return [list(group) for group in sorted(groups) if len(group) > 1]


def pairs_of_one_figure(single: Mapping[str, Sequence[Change]]) -> list[tuple[str, str]]:
    """Return the pairs of reports that feed one figure: both change the same column of a mart."""
    feeds = {
        report: {(c.mart, c.column) for c in changes if c.absent + c.flagged + c.silent}
        for report, changes in single.items()
    }
    return [(a, b) for a, b in combinations(sorted(feeds), 2) if feeds[a] & feeds[b]]


def groups_of(pairs: Iterable[tuple[str, str]], size: int) -> list[tuple[str, ...]]:
    """Return groups of at most `size` reports, so that the two of each pair are in one of them.

    A night without a group is a night without each of its pairs: what is silent in it shows as well
    as in a night of its own, at a fraction of the time.
    """
    left = {frozenset(pair) for pair in pairs}
    groups = []
    while left:
        group = set(min(left, key=sorted))
        names = sorted({name for pair in left for name in pair} - group)
        while len(group) < size and names:
            gained = {name: sum({name, other} in left for other in group) for name in names}
            best = max(names, key=lambda name: gained[name])
            if not gained[best]:
                break
            group.add(best)
            names.remove(best)
        left -= {frozenset(pair) for pair in combinations(group, 2)}
        groups.append(tuple(sorted(group)))
    return groups


def silent(changes: Iterable[Change]) -> list[Change]:
    """Return the changes that nothing explains: neither a flag in the row nor a written reason."""
    return [change for change in changes if change.silent]


def _not_needed(_folder: str, names: list[str]) -> set[str]:
    return {"inbox", "vault", "outbox", "published", "prefect", "demo", "work"} & set(names)


def _leave_out(folder: Path, missing: Sequence[str]) -> None:
    """Take every trace of the reports' files out of what was read."""
    log = folder / "raw" / "arrivals.jsonl"
    lines = log.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if json.loads(line).get("report") not in missing]
    log.chmod(0o600)
    log.write_text("".join(kept), encoding="utf-8")
    exports = load_exports()
    with duckdb.connect(str(folder / WAREHOUSE)) as con:
        for report in missing:
            con.execute(f"drop table if exists {exports[report].table}")
        tables = con.execute(
            "select distinct table_name from duckdb_columns() where database_name = 'warehouse'"
            " and schema_name = 'landing' and column_name = 'report'"
        ).fetchall()
        for (table,) in tables:
            con.execute(
                f"delete from landing.{table} where report in (select unnest($1))", [list(missing)]
            )
