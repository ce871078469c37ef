"""One report of one shop: what its files are read by, and the table in which their rows are judged."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from string import Template

from config.correction import Correction, load_corrections
from config.export import Export
from config.shop import Shop
from tasks.intake.channel_sql import channel_of, undecided
from tasks.run.night import Night
from tasks.warehouse.parameters import parameters


@dataclass(frozen=True)
class Report:
    """A report of a shop, and the corrections of it that are in force."""

    shop: Shop
    export: Export
    corrections: tuple[Correction, ...] = ()

    @property
    def gate(self) -> str:
        """The table in which new rows wait to be judged; `tasks/intake/typing_sql.py` says what is in it."""
        return f"staged.gate_{self.export.platform}_{self.export.report}"

    @property
    def circumstances(self) -> str:
        """What of the shop file decides how a row is read: its channels, their clocks and dates."""
        order = self.shop.date_order(self.export.platform)
        waits = self.undecided if self.export.channel_of_order else ""
        return f"{self.channel_column} {self._parameters} {self.zone} {order}{waits}"

    @property
    def channel_column(self) -> str:
        """The column `channel` of a select, unless it is one of the export's own."""
        if "channel" in self.export.columns:
            return ""
        return f"{channel_of(self.shop, self.export)} as channel,"

    @property
    def undecided(self) -> str:
        """Whether a row may be of several channels, as SQL."""
        return undecided(self.shop, self.export)

    @property
    def zone(self) -> str:
        """The time zone of a time that names none."""
        if self.export.zone == "shop":
            return self.shop.timezone
        if self.export.zone == "channel":
            channels = self.shop.platform(self.export.platform).values()
            return next((channel.timezone for channel in channels), self.shop.timezone)
        return self.export.zone

    def filled(self, sql: str) -> str:
        """Return `sql` with the shop's facts in place of `$currencies` and the like."""
        return Template(sql).safe_substitute(self._parameters)

    @cached_property
    def _parameters(self) -> Mapping[str, str]:
        return parameters(self.shop, self.export)


def report_of(night: Night, export: Export) -> Report:
    """Return the report as it is read that night."""
    in_force = tuple(
        each
        for each in load_corrections(night.shop.name).values()
        if each.report == export.name and each.is_in_force(night.business_date)
    )
    return Report(night.shop, export, in_force)
