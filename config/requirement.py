"""What a shop must bring: the reports that its own file asks for, and who goes without them."""

from collections.abc import Iterator, Set
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field

from config.export import Export, load_exports
from config.shop import Shop
from config.station import Station
from config.strict import CONFIG, SettingsError, Strict, named, read_yaml


class Need(Strict):
    """One kind of report, and for whom it is needed."""

    per: Literal["channel", "sibling", "payer", "location", "shop"]
    loads: tuple[str, ...] = Field(description="Tables; a report that loads one meets the need.")
    only_if: Literal["unstated_shipping", "pushed", "asked", "counted", "stored"] | None = None
    asks: bool = Field(True, description="A missing one opens a case.")
    blocks: bool = Field(True, description="A KPI has no data without it; else it says so.")
    dated: bool = Field(
        False,
        description="Its rows are what happened: a KPI judges no day that was not over when it came.",
    )


@dataclass(frozen=True)
class Required:
    """One need of one channel, location or the whole shop, and every report that would meet it."""

    need: str
    channel: str  # '' where it is no channel's own
    location: str  # '' where it is no location's own
    report: str  # the one to ask for
    reports: tuple[str, ...]  # any of them will do
    station: Station
    asks: bool
    only_if: str | None


@cache
def load_needs(path: Path = CONFIG / "requirements.yaml") -> dict[str, Need]:
    """Return every need by its name."""
    return {k: Need.parse(v, f"{named(path)}: {k}") for k, v in read_yaml(path).items()}


def required_reports(shop: Shop) -> list[Required]:
    """Return what `shop` must bring, in the order of the registry.

    Derived from its channels, their payment providers and its locations; `required_reports` of
    the shop file takes a report out (`false`) or adds one for the whole shop (`true`), unless it is
    about a channel that the shop has not.

    Raises:
        SettingsError: the shop file names a report that no export describes.
    """
    exports = load_exports()
    if strangers := sorted(set(shop.required_reports) - set(exports)):
        raise SettingsError(
            f"config/shops/{shop.name}.yaml: required_reports names {strangers}, which"
            f" config/exports does not describe. Name a report as <platform>.<report>."
        )
    unwanted = {name for name, wanted in shop.required_reports.items() if not wanted}
    wanted = set(shop.required_reports) - unwanted - {*of_no_channel(shop)}
    found = [
        required
        for name, need in load_needs().items()
        for required in _of_need(shop, name, need, wanted)
        if not unwanted & set(required.reports)
    ]
    met = {name for required in found if required.asks for name in required.reports}
    found += [
        Required(name, "", "", name, (name,), exports[name].station, asks=True, only_if=None)
        for name in shop.required_reports
        if name in wanted - met
    ]
    return found


def of_no_channel(shop: Shop) -> list[str]:
    """Return the reports that the shop file asks for and that are about a channel that it has not.

    A shop file is a copy of another one, and what its channels needed may have stayed in it.
    """
    platforms = {c.platform for c in shop.channels.values()}
    platforms |= {payer for c in shop.channels.values() for payer in c.paid_through}
    needs = load_needs().values()
    strangers = []
    for name, is_wanted in shop.required_reports.items():
        if not is_wanted:
            continue
        export = load_exports()[name]
        met = [need for need in needs if {*need.loads} & {*export.loads_into}]
        is_stored = bool(met) and all(need.only_if == "stored" for need in met)
        is_foreign = _is_a_shop(export.platform) and export.platform not in platforms
        if is_foreign or (is_stored and not _is_stored(shop)):
            strangers.append(name)
    return strangers


def _is_stored(shop: Shop) -> bool:
    """Return whether a marketplace's own warehouse ships orders of the shop."""
    return any(channel.fba_location for channel in shop.channels.values())


def _of_need(shop: Shop, name: str, need: Need, wanted: Set[str]) -> Iterator[Required]:
    """Yield who has the need; a report that the shop file names is needed without condition."""
    for channel, location, those in _wanted_by(shop, need):
        is_open = not need.asks or need.only_if in ("asked", "unstated_shipping")
        is_wanted = is_open and any(export.name in wanted for export in those)
        if those and (is_wanted or need.only_if != "asked"):
            ranked = (e for e in those if not is_wanted or e.name in wanted)
            # What is of the whole shop is asked of a file that covers all of it, not of one channel's.
            first = min(
                ranked,
                key=lambda e: (
                    need.per == "shop" and _is_a_shop(e.platform),
                    e.fresh_hours is None,
                    e.name,
                ),
            )
            is_conditional = need.only_if == "unstated_shipping" and not is_wanted
            yield Required(
                need=name,
                channel=channel,
                location=location,
                report=first.name,
                reports=tuple(export.name for export in those),
                station=first.station,
                asks=need.asks or is_wanted,
                only_if="unstated_shipping" if is_conditional else None,
            )


def _wanted_by(shop: Shop, need: Need) -> Iterator[tuple[str, str, list[Export]]]:
    """Yield who needs it: channel, location, and the exports that would do."""
    able = [
        export
        for export in load_exports().values()
        if not export.refuse and set(need.loads) & set(export.loads_into)
    ]
    sellers = {channel.platform for channel in shop.channels.values()}
    if need.per == "shop":
        yield "", "", able if _is_stored(shop) or need.only_if != "stored" else []
    elif need.per == "location":
        for name, place in shop.locations.items():
            if need.only_if == "counted" and not place.counts:
                continue
            is_amazon = place.kind == "amazon"
            yield (
                "",
                name,
                [
                    e
                    for e in able
                    if (e.platform == "amazon") == is_amazon
                    and (e.platform in sellers or not _is_a_shop(e.platform))
                ],
            )
    elif need.per == "sibling":
        for name, channel in shop.channels.items():
            copied = set(channel.synced_sources.values()) & set(shop.channels)
            platforms = {shop.channels[other].platform for other in copied}
            platforms |= sellers & {"amazon"}  # it ships for others, too
            for platform in sorted(platforms - {channel.platform}):
                yield name, "", [e for e in able if e.platform == platform]
    elif need.per == "payer":
        for name, channel in shop.channels.items():
            for payer in (channel.platform, *channel.paid_through):
                yield name, "", [e for e in able if e.platform == payer]
    elif need.only_if == "unstated_shipping":
        for name, channel in shop.channels.items():
            ours = any(shop.locations[place].kind != "amazon" for place in channel.locations)
            yield name, "", [e for e in able if ours and not _is_a_shop(e.platform)]
    else:
        for name, channel in shop.channels.items():
            is_without = (need.only_if == "pushed" and not channel.push) or (
                need.only_if == "stored" and not channel.fba_location
            )
            if not is_without:
                yield (
                    name,
                    "",
                    [
                        e
                        for e in able
                        if e.platform == channel.platform
                        # What a marketplace's own warehouse did, nobody else reports.
                        or (need.only_if != "stored" and not _is_a_shop(e.platform))
                    ],
                )


def _is_a_shop(platform: str) -> bool:
    """Return whether orders come from `platform`: its other reports are about its own orders."""
    return any(e.platform == platform and "orders" in e.loads_into for e in load_exports().values())


def states_shipping(export: Export) -> tuple[bool, bool]:
    """Return whether its orders state a day of shipping, and whether they state that it happened."""
    if "orders" not in export.loads_into:
        return False, False
    feeds = [*export.loads_into["orders"], *export.loads_into.get("order_lines", ())]
    given = {name: sql for feed in feeds for name, sql in feed.set_.items() if sql != "null"}
    has_day = any("shipped_at" in names for names in (export.columns, export.derive, given))
    word = given.get("fulfilment_state") or export.derive.get("fulfilment_state")
    # A word of the file's own, not one that every order of the export is given.
    states_it = "fulfilment_state" in export.columns or (word is not None and "'open'" not in word)
    return has_day, has_day or states_it or "shipped" in (word or "")
