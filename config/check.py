"""What no single key can say of itself: whether a shop file fits the registries and the people."""

from collections.abc import Collection, Iterator
from difflib import get_close_matches
from pathlib import Path

from config.correction import check_corrections, strays
from config.export import load_exports
from config.kpi import load_exceptions, load_kpis, load_sops
from config.report import load_reports
from config.requirement import of_no_channel, required_reports
from config.shop import Shop
from config.station import load_stations
from config.strict import ROOT, SettingsError
from config.weekday import WEEKDAYS

LISTED = 12  # names that exist, where none is near the one that does not

# Names that stand for nobody yet.
PLACEHOLDERS = frozenset(
    {
        "tbd",
        "tba",
        "todo",
        "nobody",
        "none",
        "noone",
        "unknown",
        "someone",
        "changeme",
        "xxx",
        "n/a",
    }
)


def check(shop: Shop) -> None:
    """Hold a shop file to the registries, and its corrections to the exports.

    Raises:
        SettingsError: a role that something needs is nobody's, a person is a placeholder or away
            without a deputy, or a name is of nothing that exists; every fault, each with its key;
            a station that is not described, or a KPI that nothing computes.
    """
    faults = [*_people(shop), *_names(shop), *_training(shop), *_unread(shop), *_working_days(shop)]
    if faults:
        lines = "\n".join(f"  {fault}" for fault in faults)
        raise SettingsError(f"config/shops/{shop.name}.yaml has a key to fix:\n{lines}")
    required_reports(shop)
    check_corrections(shop.name)
    load_stations()
    check_computed(load_kpis())


def check_computed(kpis: Collection[str], sql: Path = ROOT / "sql") -> None:
    """Hold the metric dictionary to the SQL: a number that nothing computes is nobody's.

    Raises:
        SettingsError: entries of config/kpis.yaml that no `sql/checks/kpi_*.sql` gives.
    """
    computed = "".join(path.read_text("utf-8") for path in sql.glob("checks/kpi_*.sql"))
    if missing := [name for name in kpis if f"'{name}' as kpi" not in computed]:
        raise SettingsError(
            f"config/kpis.yaml: nothing computes {', '.join(missing)}: write a select of it in"
            f" sql/checks/kpi_<topic>.sql, `select '{missing[0]}' as kpi, …`, or take the entry out."
        )


def notices() -> list[str]:
    """Return what is set and belongs to no shop, a line each."""
    return [f"{file} does nothing: no shop file has its name" for file in strays()]


def notices_of(shop: Shop) -> list[str]:
    """Return what the shop file sets and nothing uses, a line each."""
    used = {place for channel in shop.channels.values() for place in channel.locations}
    used |= {channel.fba_location for channel in shop.channels.values() if channel.fba_location}
    return [
        *(
            f"required_reports: {name} is not asked for: the shop has no channel that it is about"
            for name in of_no_channel(shop)
        ),
        *(
            f"locations: {name} is a warehouse of Amazon's, and no channel names it"
            for name, place in shop.locations.items()
            if place.kind == "amazon" and name not in used
        ),
    ]


def _people(shop: Shop) -> Iterator[str]:
    for role, needed_by in sorted(_roles(shop).items()):
        if role not in shop.people:
            yield f"people: nobody has the role {role}, which {needed_by} needs"
    for role, person in shop.people.items():
        for key, name in (("owner", person.owner), ("deputy", person.deputy)):
            if name is not None and _is_placeholder(name):
                yield f"people.{role}.{key}: {name!r} is no person; enter a name"
        if person.away_until is not None and person.deputy in (None, person.owner):
            yield (
                f"people.{role}.away_until: {person.owner} is away and has no deputy: name one, or"
                " take away_until out once they are back"
            )
    for name, kind in load_exceptions().items():
        if kind.role in shop.people and not shop.closing_roles(kind.role, kind.tier):
            yield (
                f"people: nobody may close {name} of config/exceptions.yaml: the tier of"
                f" {kind.role}, operations or the owner must be {kind.tier}"
            )


def _roles(shop: Shop) -> dict[str, str]:
    """Return each role that the registries or the shop file name, and the first entry that does."""
    found: dict[str, str] = {}
    for name, kpi in load_kpis().items():
        found.setdefault(kpi.role, f"{name} of config/kpis.yaml")
    for name, kind in load_exceptions().items():
        found.setdefault(kind.role, f"{name} of config/exceptions.yaml")
    for name, sop in load_sops().items():
        found.setdefault(sop.role, f"config/sops/{name}.md")
    for name, report in load_reports().items():
        found.setdefault(report.role, f"{name} of config/reports.yaml")
    if any(place.counts for place in shop.locations.values()):
        found.setdefault(shop.counting.role, "counting.role of the shop file")
    return found


def _is_placeholder(name: str) -> bool:
    words = name.strip().casefold().partition("@")[0]
    return words in PLACEHOLDERS or not words


def _names(shop: Shop) -> Iterator[str]:
    kpis = set(load_kpis())
    for channel, settings in shop.channels.items():
        for name in sorted(settings.kpi_targets):
            key = f"channels.{channel}.kpi_targets.{name}"
            if name not in kpis:
                yield f"{key}: there is no such KPI; there is {', '.join(_close(name, kpis))}"
            elif not load_kpis()[name].by_channel:
                yield (
                    f"{key}: it is a figure of the whole shop, and no channel has one; set its target"
                    " in the shop's own kpi_targets"
                )
    known = {
        "kpi_targets": ("KPI", kpis),
        "freshness_hours": ("report", set(load_exports())),
        "schedules": ("flow", _flows()),
    }
    for key, (what, names) in known.items():
        for name in sorted(set(getattr(shop, key)) - names):
            yield f"{key}.{name}: there is no such {what}; there is {', '.join(_close(name, names))}"


def _training(shop: Shop) -> Iterator[str]:
    sops = load_sops()
    for number, signed in enumerate(shop.training):
        for sop in signed.sops:
            if sop not in sops:
                yield (
                    f"training.{number}.sops: there is no page {sop};"
                    f" there is {', '.join(_close(sop, sops))}"
                )
            elif signed.version > sops[sop].version:
                yield (
                    f"training.{number}.version: {sop} is at version {sops[sop].version},"
                    f" nobody can have learned {signed.version}"
                )


def _close(name: str, names: Collection[str]) -> list[str]:
    """Return the names that somebody who wrote `name` may have meant; all of a few, if none is near."""
    return get_close_matches(name, names) or sorted(names)[:LISTED]


def _flows() -> set[str]:
    """Return the flows that there are: each is a file of its name."""
    return {p.stem for p in (ROOT / "flows").glob("*.py") if "\n@flow" in p.read_text("utf-8")}


def _unread(shop: Shop) -> Iterator[str]:
    """Yield buffers of channels that are sent no stock figure: nothing would be held back."""
    silent = {name for name, channel in shop.channels.items() if not channel.push}
    keys = [f"channels.{name}.buffer" for name in sorted(silent) if shop.channels[name].buffer]
    keys += [f"buffers.{at}" for at, rule in enumerate(shop.buffers) if rule.channel in silent]
    for key in keys:
        yield f"{key}: nothing reads it, as its channel has push: false; take one of the two out"


def _working_days(shop: Shop) -> Iterator[str]:
    for name in shop.channels:
        if not shipping_days(shop, name):
            yield (
                f"channels.{name}.ship_sla.weekdays: its first location works on none of these days"
            )


def shipping_days(shop: Shop, channel: str) -> frozenset[int]:
    """Return the weekdays that count for a channel's promise to ship; Monday is 0.

    Those of its promise on which the first of its locations that ships for us works.
    """
    settings = shop.channels[channel]
    days = frozenset(WEEKDAYS.index(day) for day in settings.ship_sla.weekdays)
    ours = [shop.locations[place] for place in settings.locations]
    first = next((place for place in ours if place.kind != "amazon"), None)
    return days & {WEEKDAYS.index(day) for day in first.working_days} if first else days
