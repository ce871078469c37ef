"""What is red: the one definition that every page counts by.

A metric is red if the figure of the whole shop is beyond its warning or its critical limit, or, where that is within
both, if the figure of a channel is beyond its critical limit: that is what alerts. Without data nothing is red.

Requires of the marts: kpi_daily, kpi_dictionary.
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from tasks.tell.summary_figures import KpiFigure

RED = ("critical", "warning")  # the worst first
# Channels that are off, or have a target of their own, by the newest day of each that was judged.
CHANNEL_FIGURES = """
    select own.kpi, own.channel, own.station, own.title, own.business_date, own.target, own.unit, own.status,
        own.owner, dictionary.deputy, dictionary.sop, dictionary.direction,
        coalesce(own.judged_value, own.value) as value,
        coalesce(own.judged_n, own.n) as n, own.judged_days, own.reason,
        own.target is distinct from dictionary.target as has_own_target
    from {m}.kpi_daily as own
    inner join {m}.kpi_dictionary as dictionary using (kpi)
    where own.channel <> 'all' and own.status not in ('no_data', 'too_few')
        and own.business_date > (select max(business_date) from {m}.kpi_daily) - 7
    qualify row_number() over (partition by own.kpi, own.channel order by own.business_date desc) = 1
    order by own.status <> 'critical', own.kpi, own.channel
"""


def reds(
    kpis: Sequence[KpiFigure], channel_figures: Sequence[Mapping[str, Any]]
) -> list[KpiFigure]:
    """Return what is red, the critical first; `channel_figures` are the rows of CHANNEL_FIGURES."""
    those = [*(kpi for kpi in kpis if kpi.status in RED), *red_channels(kpis, channel_figures)]
    return sorted(those, key=lambda kpi: RED.index(kpi.status))


def red_channels(
    kpis: Sequence[KpiFigure], channel_figures: Sequence[Mapping[str, Any]]
) -> list[KpiFigure]:
    """Return what alerts on a channel, where the figure of the whole shop is within its limit."""
    red = {kpi.kpi for kpi in kpis if kpi.status in RED}
    names = [field.name for field in fields(KpiFigure)]
    return [
        KpiFigure(
            **{name: row[name] for name in names} | {"title": f"{row['title']}, {row['channel']}"}
        )
        for row in channel_figures
        if row["status"] == "critical" and row["kpi"] not in red
    ]
