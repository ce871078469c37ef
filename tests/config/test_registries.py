"""The registries people answer for: whole, joined to each other, and true of the project."""

import re
from collections import Counter
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from string import Formatter
from typing import get_args

import pytest

from config.check import check_computed
from config.kpi import (
    PAGE_WORDS,
    SECTIONS,
    load_exceptions,
    load_kpis,
    load_sops,
)
from config.report import load_reports
from config.station import STATIONS, Station, load_stations
from config.strict import CONFIG, ROOT, SettingsError

ROLES = {"operations", "finance", "buying", "support"}  # that every shop file has
OUTCOMES = {"accuracy", "speed", "visibility", "consistency", "control"}
MANDATORY = {
    "order_validation", "picking", "packing", "courier_handover", "returns_intake",
    "refund_approval",
}  # fmt: skip
FIELDS = {
    "available_date", "bank_amount", "currency", "last_file_date", "lines_total_amount", "location",
    "missing_units", "order_name", "payment_link", "payout_amount", "payout_date", "payout_id",
    "po_number", "promised_date", "receipt_id", "shipment_id", "shop_title", "sku", "tracking_id",
}  # fmt: skip
BLOCKING = {
    "fraud_review", "incomplete_address", "invalid_phone", "quarantined_order", "unknown_shipping_method",
}  # fmt: skip

SQL = "\n".join(path.read_text("utf-8") for path in (ROOT / "sql" / "checks").glob("*.sql"))
COMPUTED = set(re.findall(r"'(\w+)' as kpi\b", SQL))
FOUND = set(re.findall(r"'(\w+)' as type\b", SQL))
FLOWS = {path.stem for path in (ROOT / "flows").glob("*.py")}
MARTS = {path.stem for path in (ROOT / "sql" / "marts").glob("*.sql")}
QUERY = re.compile(r'backroom query (?:--csv )?"([^"]+)"')


def page(sop: str) -> str:
    return (CONFIG / "sops" / f"{sop}.md").read_text("utf-8")


def test_there_are_twelve_stations_each_with_page_and_number() -> None:
    stations = set(get_args(Station))
    assert len(stations) == 12
    assert {sop.station for sop in load_sops().values()} == stations
    assert {kpi.station for kpi in load_kpis().values()} == stations
    assert stations <= set(load_sops()), "each station's first page has its name"


@pytest.mark.parametrize("load", [load_kpis, load_exceptions, load_sops])
def test_whoever_answers_has_a_role_that_every_shop_has(
    load: Callable[[], Mapping[str, object]],
) -> None:
    assert {getattr(entry, "role", None) for entry in load().values()} <= ROLES


def test_a_number_and_its_page_belong_to_one_station() -> None:
    sops = load_sops()
    for name, kpi in load_kpis().items():
        assert kpi.sop in sops, f"{name} names the page {kpi.sop}, which does not exist"
        assert kpi.station == sops[kpi.sop].station, name


def test_every_page_is_measured_by_a_number_that_exists() -> None:
    for name, sop in load_sops().items():
        assert sop.metric in load_kpis(), f"{name} names the KPI {sop.metric}, which does not exist"


def test_every_outcome_is_measured_today() -> None:
    assert {load_kpis()[kpi].outcome for kpi in COMPUTED} == OUTCOMES


def test_every_number_that_is_registered_is_computed_and_the_other_way_round(
    tmp_path: Path,
) -> None:
    assert set(load_kpis()) == COMPUTED
    check_computed(load_kpis())
    with pytest.raises(SettingsError, match=r"config/kpis\.yaml: nothing computes moon_phase"):
        check_computed([*load_kpis(), "moon_phase"])


def test_every_part_of_a_business_is_a_stations_or_says_why_not(tmp_path: Path) -> None:
    stations = load_stations()
    assert list(stations) == list(STATIONS)
    assert {parts.area for parts in stations.values()} == {"marketing", "fulfilment", "leadership"}
    text = (CONFIG / "stations.yaml").read_text("utf-8")
    for line, missing in (
        ("    fundamentals: [order taking]\n", "order taking"),
        ("    flows: [shipping]\n", "shipping"),
        ("  sustainability: No export states it.\n", "sustainability"),
    ):
        path = tmp_path / f"{missing}.yaml"
        path.write_text(text.replace(line, ""), "utf-8")
        with pytest.raises(SettingsError, match=f"says nothing of {missing}: "):
            load_stations(path)


def test_every_definition_says_what_it_is_in_whole_sentences() -> None:
    for name, kpi in load_kpis().items():
        for key in ("numerator", "denominator", "clock", "why", "fix"):
            assert str(getattr(kpi, key)).endswith("."), f"{name}.{key}"
        assert kpi.source
        assert kpi.version


def test_bands_grow_worse_from_target_to_critical() -> None:
    for name, kpi in load_kpis().items():
        if (kpi.target, kpi.warning, kpi.critical) == (None, None, None):
            continue  # a count that is shown and not judged
        assert kpi.target is not None, name
        assert kpi.warning is not None, name
        assert kpi.critical is not None, name
        sign = Decimal(-1) if kpi.direction == "higher" else Decimal(1)
        # A band begins at its limit: what is on target must not be in one.
        assert sign * kpi.target < sign * kpi.warning < sign * kpi.critical, name


def test_every_band_has_its_reason_next_to_it() -> None:
    lines = (CONFIG / "kpis.yaml").read_text("utf-8").splitlines()
    bands = [line for line in lines if re.match(r"  (target|warning|critical): +[-\d]", line)]
    judged = [kpi for kpi in load_kpis().values() if kpi.critical is not None]
    assert len(bands) == 3 * len(judged)
    assert not [line for line in bands if "  # " not in line]


def test_every_finding_is_of_a_registered_type() -> None:
    assert FOUND
    assert set(load_exceptions()) >= FOUND


def test_every_exception_has_a_window_and_a_next_step_of_one_sentence() -> None:
    for name, kind in load_exceptions().items():
        assert kind.window_hours > 0, name
        assert kind.next_step.endswith("."), name
        assert ". " not in kind.next_step, name


def test_a_message_has_only_fields_that_its_sender_can_fill() -> None:
    for name, kind in load_exceptions().items():
        fields = {field for _, field, _, _ in Formatter().parse(kind.message) if field}
        assert fields <= FIELDS, name


def test_where_no_message_goes_out_the_file_says_why() -> None:
    text = (CONFIG / "exceptions.yaml").read_text("utf-8")
    silent = [line for line in text.splitlines() if line.startswith('  message: ""')]
    assert len(silent) == sum(not kind.message for kind in load_exceptions().values())
    assert not [line for line in silent if "  # " not in line]


def test_only_an_order_that_must_not_leave_as_it_is_is_kept_from_the_pick_list() -> None:
    assert {name for name, kind in load_exceptions().items() if kind.blocking} == BLOCKING


def test_the_mandatory_pages_exist() -> None:
    assert set(load_sops()) >= MANDATORY


@pytest.mark.parametrize("sop", load_sops())
def test_a_page_is_one_page_and_complete(sop: str) -> None:
    known = load_sops()[sop]
    assert known.complete
    assert known.words <= PAGE_WORDS
    assert re.findall(r"^## (.+)$", page(sop), re.MULTILINE) == list(SECTIONS)
    _, *sections = re.split(r"^## .+$", page(sop), flags=re.MULTILINE)
    assert all(section.strip() for section in sections)


@pytest.mark.parametrize("sop", load_sops())
def test_a_page_starts_flows_and_asks_marts_that_exist(sop: str) -> None:
    text = page(sop)
    started = set(re.findall(r"(?:start|runs?|runs? of) `(\w+)`", text, re.IGNORECASE))
    known = FLOWS | MARTS | set(load_sops())
    assert started <= known, f"{sop}: {sorted(started - known)} is neither flow, mart nor page"
    asked = {
        table
        for query in QUERY.findall(text)
        for table in re.findall(r"\b(?:from|join)\s+(\w+)", query)
    }
    assert asked <= MARTS, f"{sop}: {sorted(asked - MARTS)} is no mart"


def test_no_two_entries_of_a_registry_have_one_name() -> None:
    for file in ("kpis.yaml", "exceptions.yaml"):
        names = re.findall(r"^(\w+):$", (CONFIG / file).read_text("utf-8"), re.MULTILINE)
        assert not [name for name, count in Counter(names).items() if count > 1], file


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("kpis.yaml", "  outcome: speed", "  outcome: speed\n  goal: 1", "goal"),
        ("kpis.yaml", "station: fulfilment", "station: shipping", "station"),
        ("exceptions.yaml", "  tier: 1", "  tier: 4", "tier"),
        ("exceptions.yaml", "  window_hours: 12", "  windw_hours: 12", "windw_hours"),
        ("exceptions.yaml", "  window_hours: 12", "  window_hours: 0", "window_hours"),
    ],
)
def test_a_slip_in_a_registry_names_file_and_key(
    tmp_path: Path, file: str, old: str, new: str, message: str
) -> None:
    text = (CONFIG / file).read_text("utf-8")
    assert old in text
    path = tmp_path / file
    path.write_text(text.replace(old, new, 1), "utf-8")
    load: Callable[[Path], object] = load_kpis if file == "kpis.yaml" else load_exceptions
    with pytest.raises(SettingsError, match=rf"\b{message}:") as error:
        load(path)
    assert str(path) in str(error.value)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("video: null", "video: null\nowner: olive", r"\bowner:"),
        ("cadence_days: 90", "cadence_days: 91", r"\bcadence_days:"),
        ("---\n", "", "front matter"),
    ],
)
def test_a_slip_in_a_page_names_the_page(tmp_path: Path, old: str, new: str, message: str) -> None:
    text = page("orders")
    assert old in text
    path = tmp_path / "orders.md"
    path.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(SettingsError, match=message) as error:
        load_sops(tmp_path)
    assert str(path) in str(error.value)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("## Templates", "## Letters"),
        ("## Steps", "## Steps\n" + "word " * PAGE_WORDS),
        ("## Escalation", "## Escalation\n\n## More"),
    ],
)
def test_a_page_that_lacks_a_section_or_is_too_long_is_not_complete(
    tmp_path: Path, old: str, new: str
) -> None:
    (tmp_path / "orders.md").write_text(page("orders").replace(old, new, 1), "utf-8")
    assert not load_sops(tmp_path)["orders"].complete


def test_a_report_goes_to_a_role_as_often_as_there_is_a_word_for(tmp_path: Path) -> None:
    assert {report.role for report in load_reports().values()} <= ROLES
    path = tmp_path / "reports.yaml"
    path.write_text(
        "agenda: {title: A, cadence: yearly, made_by: nightly, role: x, due_hour: 8, place: p}\n"
    )
    with pytest.raises(SettingsError, match=r"reports\.yaml: agenda has a key to fix:\n  cadence"):
        load_reports(path)
