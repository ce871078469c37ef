"""What a shop must bring follows from its own file, and each need names what it is for."""

import re

import pytest

from config.check import notices_of
from config.export import load_exports
from config.kpi import load_kpis
from config.requirement import load_needs, required_reports
from config.shop import Shop, load_shop
from config.strict import ROOT, SettingsError
from tasks.warehouse.models import read_models

DEMO = load_shop("demo")


def asked(shop: Shop) -> set[tuple[str, str, str]]:
    return {(r.report, r.channel, r.location) for r in required_reports(shop) if r.asks}


def test_the_demo_shop_needs_what_its_channels_payers_and_locations_need() -> None:
    assert asked(DEMO) == {
        ("shopify.orders", "shopify", ""),
        ("amazon.all_orders", "amazon", ""),
        ("tiktok.orders", "tiktok", ""),
        ("wholesale.orders", "wholesale", ""),
        *(("fulfilment.shipments", channel, "") for channel in DEMO.channels),
        ("shopify.inventory", "", "Main Warehouse"),
        ("shopify.inventory", "", "3PL East"),
        ("amazon.fba_inventory", "", "FBA US"),
        ("shopify.products", "shopify", ""),
        ("catalog.sku_map", "amazon", ""),
        ("catalog.sku_map", "tiktok", ""),
        ("shopify.payouts", "shopify", ""),
        ("shopify.payment_transactions", "shopify", ""),
        ("amazon.settlement_v2", "amazon", ""),
        ("tiktok.income", "tiktok", ""),
        ("bank.statement", "", ""),
        ("catalog.sku_map", "", ""),
        ("catalog.bundles", "", ""),
        ("fulfilment.inbound_shipments", "", ""),
        ("marketing.promotions", "", ""),
    }


def test_the_shop_file_takes_a_report_out_and_adds_one() -> None:
    wanted = {**DEMO.required_reports, "bank.statement": False, "plan.revenue_plan": True}
    shop = DEMO.model_copy(update={"required_reports": wanted})
    assert asked(shop) - asked(DEMO) == {("plan.revenue_plan", "", "")}
    assert asked(DEMO) - asked(shop) == {("bank.statement", "", "")}


def test_a_report_that_the_shop_file_names_is_needed_without_condition() -> None:
    quiet = DEMO.model_copy(update={"required_reports": {}})
    assert {"sku_map", "bundles"}.isdisjoint(r.need for r in required_reports(quiet))
    assert {r.only_if for r in required_reports(quiet) if r.need == "shipments"} == {
        "unstated_shipping"
    }
    assert {r.only_if for r in required_reports(DEMO) if r.need == "shipments"} == {None}


def test_a_channel_rests_on_the_orders_of_those_that_ship_or_place_its_own() -> None:
    needs = {(r.channel, r.report) for r in required_reports(DEMO) if r.need == "sibling_orders"}
    assert needs == {
        ("shopify", "amazon.all_orders"),
        ("shopify", "tiktok.orders"),
        ("tiktok", "amazon.all_orders"),
        ("wholesale", "amazon.all_orders"),
    }


def test_a_copied_shop_file_is_not_asked_for_reports_of_channels_that_it_has_not() -> None:
    wanted = {**DEMO.required_reports, "amazon.fba_inventory": True}
    one = {"shopify": DEMO.channels["shopify"]}
    shop = DEMO.model_copy(update={"channels": one, "required_reports": wanted})
    reports = {report for report, _, _ in asked(shop)}
    assert {"catalog.bundles", "fulfilment.shipments"} <= reports
    assert not {report for report in reports if "amazon" in report or "inbound" in report}
    assert [note.partition(" ")[2] for note in notices_of(shop)] == [
        "fulfilment.inbound_shipments is not asked for: the shop has no channel that it is about",
        "amazon.fba_inventory is not asked for: the shop has no channel that it is about",
        "FBA US is a warehouse of Amazon's, and no channel names it",
    ]
    assert notices_of(DEMO) == []


def test_only_the_marketplace_reports_what_its_own_warehouse_did() -> None:
    stored = {(r.channel, r.reports) for r in required_reports(DEMO) if r.need == "stock_events"}
    assert stored == {("amazon", ("amazon.ledger_detail", "amazon.ledger_summary"))}


def test_what_is_sent_to_a_marketplaces_warehouse_is_no_question_for_who_has_none() -> None:
    quiet = DEMO.model_copy(update={"required_reports": {}})
    channels = {n: c.model_copy(update={"fba_location": None}) for n, c in DEMO.channels.items()}
    own = quiet.model_copy(update={"channels": channels})
    assert [r.asks for r in required_reports(quiet) if r.need == "inbound"] == [False]
    assert not [r for r in required_reports(own) if r.need in ("inbound", "stock_events")]


def test_a_report_that_does_not_exist_is_named() -> None:
    shop = DEMO.model_copy(update={"required_reports": {"bank.statements": True}})
    with pytest.raises(SettingsError, match=r"required_reports names \['bank.statements'\]"):
        required_reports(shop)


def test_a_payer_of_a_channel_owes_its_reports_too() -> None:
    channel = DEMO.channels["shopify"].model_copy(update={"paid_through": ("stripe",)})
    shop = DEMO.model_copy(update={"channels": {"shopify": channel}})
    assert ("stripe.payout_reconciliation", "shopify", "") in asked(shop)


def test_every_need_names_tables_that_exports_load() -> None:
    loaded = {table for export in load_exports().values() for table in export.loads_into}
    for name, need in load_needs().items():
        assert set(need.loads) <= loaded, name


def test_every_kpi_that_reads_orders_stock_or_payouts_names_its_needs() -> None:
    needs = load_needs()
    for name, kpi in load_kpis().items():
        assert set(kpi.needs) <= set(needs), name
    assert "stock" in load_kpis()["stockout_rate"].needs
    assert "shipments" in load_kpis()["on_time_ship_rate"].needs


def test_a_registry_says_why_a_need_opens_no_case() -> None:
    text = (ROOT / "config" / "requirements.yaml").read_text("utf-8")
    assert all(re.search(r"#", line) for line in text.splitlines() if "asks: false" in line)


def test_what_a_mart_needs_is_in_the_registry_and_every_need_is_somebodys() -> None:
    asked_for = {need for model in read_models(ROOT / "sql") for need in model.all_needs}
    asked_for |= {need for kpi in load_kpis().values() for need in kpi.needs}
    assert asked_for == set(load_needs())
