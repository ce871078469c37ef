"""A shop file is held to the registries at start-up, and every setting to somebody who reads it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel

from config.check import check, shipping_days
from config.shop import Shop, load_shop
from config.strict import ROOT, SettingsError, Strict
from tasks.warehouse.models import read_models

FILE: dict[str, Any] = yaml.safe_load((ROOT / "config/shops/demo.yaml").read_text("utf-8"))
PERSON = {"owner": "ann@shop.example"}
SIGNED = {
    "person": "ann@shop.example", "sops": ["orders"], "version": 1, "signed_date": "2026-10-05",
    "signed_by": "bob@shop.example",
}  # fmt: skip


def shop(**changes: Any) -> Shop:
    return Shop.parse(FILE | changes, "corner.yaml", name="corner")


def people(**changes: Any) -> dict[str, Any]:
    kept = {**FILE["people"], **changes}
    return {role: person for role, person in kept.items() if person}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"people": people(buying=None)},
            r"people: nobody has the role buying, which \w+ of config/kpis.yaml needs",
        ),
        (
            {"people": people(support={"owner": "tbd@shop.example"})},
            "people.support.owner: 'tbd@shop.example' is no person",
        ),
        (
            {"people": people(support={**PERSON, "deputy": "TBD"})},
            "people.support.deputy: 'TBD' is no person",
        ),
        (
            {"people": people(support={**PERSON, "away_until": "2026-12-01"})},
            "people.support.away_until: ann@shop.example is away and has no deputy",
        ),
        (
            {
                "people": people(
                    support={**PERSON, "deputy": PERSON["owner"], "away_until": "2026-12-01"}
                )
            },
            "people.support.away_until: ann@shop.example is away and has no deputy",
        ),
        ({"kpi_targets": {"on_time": "0.9"}}, "kpi_targets.on_time: there is no such KPI"),
        (
            {
                "channels": {
                    **FILE["channels"],
                    "tiktok": {**FILE["channels"]["tiktok"], "kpi_targets": {"on_time": 1}},
                }
            },
            "channels.tiktok.kpi_targets.on_time: there is no such KPI",
        ),
        (
            {
                "channels": {
                    **FILE["channels"],
                    "tiktok": {
                        **FILE["channels"]["tiktok"],
                        "kpi_targets": {"record_accuracy_rate": 1},
                    },
                }
            },
            "channels.tiktok.kpi_targets.record_accuracy_rate: it is a figure of the whole shop",
        ),
        (
            {
                "channels": {
                    **FILE["channels"],
                    "wholesale": {**FILE["channels"]["wholesale"], "buffer": {"units": 2}},
                }
            },
            "channels.wholesale.buffer: nothing reads it, as its channel has push: false",
        ),
        (
            {"buffers": [{"sku": "MUG", "channel": "wholesale", "buffer": {"units": 2}}]},
            "buffers.0: nothing reads it, as its channel has push: false",
        ),
        (
            {"schedules": {"syncstock": None}},
            "schedules.syncstock: there is no such flow; there is sync_stock",
        ),
        (
            {"training": [{**SIGNED, "sops": ["orders", "pakcing"]}]},
            "training.0.sops: there is no page pakcing; there is packing",
        ),
        (
            {"training": [{**SIGNED, "version": 99}]},
            "training.0.version: orders is at version 1, nobody can have learned 99",
        ),
        (
            {"apps": {"Chat": {"purpose": "chat", "cost_amount": 5}}},
            "apps.Chat.owner: this key is missing",
        ),
        ({"freshness_hours": {"x.y": 3}}, "freshness_hours.x.y: there is no such report"),
        ({"margin": {"fee_free": ["ebay"]}}, r"margin names \['ebay'\], no channel"),
        ({"margin": {"ads_for": {"google": "web"}}}, r"margin names \['web'\], no channel"),
        ({"margin": {"floors": [{"rate": 0}]}}, "margin.floors.0: .*name one of them"),
        (
            {"margin": {"floors": [{"abc": "A", "rate": 0}, {"abc": "A", "rate": 0.1}]}},
            "margin: .*floors has A twice",
        ),
        ({"margin": {"floor_rate": 5}}, "margin.floor_rate: .*less than 1"),
        ({"required_reports": {"x.y": True}}, r"required_reports names \['x.y'\]"),
        (
            {
                "locations": {
                    **FILE["locations"],
                    "3PL East": {"kind": "3pl", "working_days": ["sun"]},
                }
            },
            "channels.tiktok.ship_sla.weekdays: its first location works on none of these days",
        ),
    ],
)
def test_what_does_not_fit_stops_the_run_and_is_named(
    changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(SettingsError, match=message):
        check(shop(**changes))


def test_an_owner_who_is_nobody_is_named_by_the_model_itself() -> None:
    with pytest.raises(SettingsError, match=r"corner.yaml .*\n.*people.support.owner"):
        shop(people=people(support={"owner": "tbd"}))


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("sales", "sales is no bucket and no account of the journal: sale"),
        ("clearing shopify", "suspense is missing"),
    ],
)
def test_an_account_of_no_bucket_is_named_by_the_model_itself(key: str, message: str) -> None:
    with pytest.raises(SettingsError, match=rf"corner.yaml .*\n.*accounts.*{message}"):
        shop(accounts={key: {"code": "200", "name": "Sales"}})


@pytest.mark.parametrize("key", ["code", "name"])
def test_an_account_that_no_file_could_name_is_refused(key: str) -> None:
    account = {"code": "200", "name": "Sales", key: "-Sales"}
    with pytest.raises(SettingsError, match=rf"accounts.suspense.{key}.*begins with -"):
        shop(accounts={"suspense": account})


def test_a_missing_deputy_is_no_fault() -> None:
    check(shop(people={role: {"owner": "ann@shop.example"} for role in FILE["people"]}))


def test_the_demo_shop_is_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BACKROOM_SHOPS", raising=False)
    assert load_shop("demo").name == "demo"


def test_the_shops_of_the_shared_cases_are_in_order() -> None:
    files = sorted(Path(ROOT.parent / "shared" / "cases").glob("*/shop.yaml"))
    if not files:
        pytest.skip("the shared cases are not here")
    for file in files:
        check(Shop.read(file, name="case"))


def test_who_counts_must_be_somebody_where_counts_are_made() -> None:
    counted = {"Main": {"kind": "own", "counts": True}}
    changed = shop(locations={**FILE["locations"], **counted}, counting={"role": "stocktakers"})
    with pytest.raises(
        SettingsError, match=r"nobody has the role stocktakers, which counting\.role"
    ):
        check(changed)


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({"every_days": {"A": 30}}, "every_days needs the classes A, B and C"),
        ({"every_days": {"A": 0, "B": 1, "C": 1}}, "every_days: a class is counted every 1 day"),
        ({"tolerance_percent": {"A": 101, "B": 1, "C": 1}}, "0 to 100 percent"),
        ({"sheet_lines": 0}, "sheet_lines"),
    ],
)
def test_a_way_to_count_that_cannot_be_is_refused(given: dict[str, object], fault: str) -> None:
    with pytest.raises(SettingsError, match=fault):
        shop(counting=given)


def test_a_location_ships_only_on_the_days_it_works() -> None:
    three_pl = {"kind": "3pl", "working_days": ["mon", "tue", "sat"]}
    changed = shop(locations={**FILE["locations"], "3PL East": three_pl})
    assert shipping_days(changed, "tiktok") == {0, 1}  # the promise counts no Saturday
    assert shipping_days(changed, "shopify") == {0, 1, 2, 3, 4}


# --- every setting has a reader ------------------------------------------------------------------

# Kept for the record, by their own description.
FOR_THE_RECORD = {"Channel.decimal", "ContractColumn.comment"}
# Read by its name, which an export's `channel_by` says.
BY_NAME = {"Channel.sales_channel"}
# Handed on whole: by model_dump, or clause by clause.
HANDED_ON = {"Buffer", "BufferRule", "Sla"}


def models(base: type[BaseModel] = Strict) -> Iterator[type[BaseModel]]:
    for model in base.__subclasses__():
        if model.__module__.startswith("config."):
            yield model
        yield from models(model)


def read_names() -> set[str]:
    """Return every attribute that the code reads; what invents the demo's files is no reader."""
    paths = [
        path
        for folder in ("tasks", "flows", "config")
        for path in (ROOT / folder).rglob("*.py")
        if "demo" not in path.parts
    ]
    nodes = [node for path in paths for node in ast.walk(ast.parse(path.read_text("utf-8")))]
    return {node.attr for node in nodes if isinstance(node, ast.Attribute)}


def test_every_setting_has_somebody_who_reads_it() -> None:
    read = read_names()
    lonely = [
        f"{model.__name__}.{name}"
        for model in models()
        for name in model.model_fields
        if model.__name__ not in HANDED_ON
        and name not in read
        and f"{model.__name__}.{name}" not in FOR_THE_RECORD | BY_NAME
    ]
    assert not lonely, f"nothing reads {lonely}: wire them, or take them out"


def test_every_column_of_a_settings_table_is_read_by_sql_or_by_code() -> None:
    """A setting that is only copied into a table does nothing."""
    writers = ("settings_tables.py", "registry_tables.py", "terms_tables.py")
    source = "\n".join((ROOT / "tasks/warehouse" / name).read_text("utf-8") for name in writers)
    tables = re.findall(r'settings_table\(\s*con,\s*"(\w+)",\s*((?:"[^"]*"\s*)+)', source)
    assert len(tables) > 10
    sql = {model.table: model for model in read_models(ROOT / "sql")}
    code = "\n".join(
        path.read_text("utf-8")
        for path in (ROOT / "tasks").rglob("*.py")
        if path.name not in (*writers, "versions.py")  # it names whole tables
    )
    lonely = []
    for table, text in tables:
        name = f"settings.{table}"
        readers = "\n".join(
            model.sql.partition("\ncomment on column")[0]
            for model in sql.values()
            if name in model.inputs
        )
        readers += code if name in code else ""
        columns = re.findall(r"(\w+) (?:varchar|bigint|boolean|date|timestamptz|decimal)", text)
        lonely += [f"{name}.{c}" for c in columns if not re.search(rf"\b{c}\b", readers)]
    assert lonely == ["settings.exception_types.tier", "settings.exception_types.window_hours",], lonely  # fmt: skip
