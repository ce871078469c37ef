"""The figures of `make bench`: what a comparison is, how it is shown, and the table of CONTRIBUTING.md."""

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

QUIET_LOAD = 0.25  # processes that wait for a core, per core, in the minute before


@dataclass(frozen=True)
class Cost:
    """What one command took, with all processes it waited for."""

    wall: float
    cpu: float
    peak_mb: float  # of its largest process

    def less(self, other: "Cost") -> "Cost":
        """Return the cost without that of `other`; the peak stays as it is."""
        return Cost(self.wall - other.wall, self.cpu - other.cpu, self.peak_mb)


@dataclass(frozen=True)
class Comparison:
    """What was measured in one run, by name; the last row is the baseline."""

    title: str
    rows: list[tuple[str, Cost]]

    def ratios(self, cost: Cost) -> tuple[float, float, float]:
        """Return `cost` as wall, CPU and peak of the baseline."""
        floor = self.rows[-1][1]
        return cost.wall / floor.wall, cost.cpu / floor.cpu, cost.peak_mb / floor.peak_mb


def busy() -> str:
    """Return why nothing that is measured now may be written down, or nothing."""
    load, cores = os.getloadavg()[0], os.cpu_count() or 1
    if load <= QUIET_LOAD * cores:
        return ""
    return (
        f"The machine is busy (load {load:.1f} on {cores} cores): the figures are shown and not written."
        f" Run it again when the load is at most {QUIET_LOAD * cores:.1f}."
    )


def shown(comparison: Comparison) -> str:
    """Return a comparison as the terminal shows it."""
    lines = [
        f"\n{comparison.title}",
        f"  {'':38} {'wall s':>8} {'CPU s':>8} {'peak MB':>8}   ratio of wall, CPU, peak",
    ]
    for name, cost in comparison.rows:
        ratios = "  ".join(f"{ratio:.2f}" for ratio in comparison.ratios(cost))
        lines.append(f"  {name:38} {cost.wall:8.1f} {cost.cpu:8.1f} {cost.peak_mb:8.0f}   {ratios}")
    return "\n".join(lines)


def write(section: str, comparisons: Iterable[Comparison], file: Path) -> None:
    """Put what one section measured in place of what `file` has of it.

    Raises:
        ValueError: the file has no place for the section.
    """
    begin, end = f"<!-- measured: {section} -->\n", "<!-- end -->"
    text = file.read_text("utf-8")
    place = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    if not place.search(text):
        raise ValueError(f"{file.name} lacks `{begin.strip()}` … `{end}`.")
    table = _table(section, comparisons, datetime.now(UTC))
    file.write_text(place.sub(lambda _: f"{begin}{table}{end}", text), encoding="utf-8")


def _table(section: str, comparisons: Iterable[Comparison], now: datetime) -> str:
    lines = [
        f"{now:%Y-%m-%d}, {os.cpu_count()} cores, `python -m tests.bench --only {section}`:",
        "",
        "| | wall s | CPU s | peak MB | of the baseline: wall, CPU, peak |",
        "|---|--:|--:|--:|---|",
    ]
    for comparison in comparisons:
        lines.append(f"| **{comparison.title}** | | | | |")
        for name, cost in comparison.rows:
            ratios = " · ".join(f"{ratio:.1f}" for ratio in comparison.ratios(cost))
            is_floor = cost is comparison.rows[-1][1]
            lines.append(
                f"| {name} | {cost.wall:,.1f} | {cost.cpu:,.1f} | {cost.peak_mb:,.0f}"
                f" | {'' if is_floor else ratios} |"
            )
    return "\n".join(lines) + "\n"
