"""What a source says wrongly and will not fix is put right by a person, by name and for a time."""

import shutil
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import yaml
from prefect import events

from config.check import notices
from config.correction import Correction, corrections_file
from config.export import load_exports
from config.shop import load_shop
from config.strict import CONFIG, ROOT, SettingsError
from tasks.archive.raw import Arrival, Raw
from tasks.intake.landing import Landed
from tasks.intake.normalize import normalize
from tasks.run.night import Night
from tasks.warehouse.build import build
from tasks.warehouse.load import load
from tasks.warehouse.models import read_models, read_rules
from tasks.warehouse.settings_tables import write_settings
from tests import inprocess
from tests.exports.door import AS_OF, EVENING, Door

SAMPLES = ROOT / "tests" / "exports"
BANK = "date,account,description,reference,amount,balance\n"
GOOD = "2026-11-20,USD,DEPOSIT,R1,11.04,100.00\n"
WRONG = "2026-11-20,USD,FEE,R2,-450.00,95.50\n"
RIGHT = "2026-11-20,USD,FEE,R2,-4.50,95.50\n"
DAY = timedelta(days=1)
FEE: dict[str, Any] = {
    "report": "bank.statement",
    "where": {"reference": "R2"},
    "set": {"amount": "-4.50"},
    "expects": {"amount": "-450"},
    "who": "ann@shop.example",
    "when": "2026-11-20",
    "why": "The bank shows cents as whole dollars and says it will not fix the export.",
    "until": "2026-12-31",
}
DROP = {key: value for key, value in FEE.items() if key != "set"} | {"drop": True}
BUILT = (
    "ops.quarantined_lines",
    "marts.landed_files",
    "marts.quarantined_rows",
    "marts.corrections",
    "checks.finding_corrections",
)
STATUS = (
    "select correction_id, column_name, status, rows_corrected from marts.corrections order by 1, 2"
)
pytestmark = pytest.mark.whole  # a night or two each

CASES = "select type, subject_id from checks.finding_corrections order by 1, 2"
AMOUNTS = "select reference, amount from valid.bank_lines order by 1"
ACCOUNT = (
    "select name from marts.landed_files"
    " where rows_read != rows_accepted + rows_quarantined + rows_non_data"
)


@pytest.fixture(autouse=True)
def nobody_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "emit_event", lambda *_, **__: None)


def correct(**corrections: Any) -> None:
    path = corrections_file("sample")
    path.parent.mkdir(exist_ok=True)
    path.write_text(yaml.safe_dump(corrections), encoding="utf-8")


def without(key: str) -> dict[str, Any]:
    return {name: value for name, value in FEE.items() if name != key}


def night(door: Door, day: int = 0) -> None:
    """Bring everything into the warehouse and build what shows corrections."""
    tonight = Night(door.shop, AS_OF + day * DAY, f"night {day}")
    for report in sorted({a.report for a in _arrivals(door)}):
        ingest(door, report, day)
    with door.warehouse() as con:
        load(con, door.shop)
        write_settings(con, tonight)
        build(con, read_models(ROOT / "sql"), read_rules(ROOT / "sql"), only=BUILT)


def _arrivals(door: Door) -> list[Arrival]:
    door.pull()
    return Raw(door.folder.raw).arrivals()


def ingest(door: Door, report: str, day: int = 0) -> list[Landed]:
    tonight = Night(door.shop, AS_OF + day * DAY, "test")
    arrivals = [each for each in _arrivals(door) if each.report == report]
    with door.warehouse() as con:
        return normalize(con, tonight, load_exports()[report], arrivals)


def test_a_cell_is_overridden_and_says_who_why_and_how_often(door: Door) -> None:
    door.drop("bank.csv", BANK + GOOD + WRONG)
    correct(fee=FEE)
    night(door)
    assert door.rows(AMOUNTS) == [("R1", Decimal("11.04")), ("R2", Decimal("-4.50"))]
    assert door.rows(STATUS) == [("fee", "amount", "applied", 1)]
    assert door.rows(
        "select target, action, old_value, new_value, expects, who, why from marts.corrections"
    ) == [
        (
            "reference = R2", "set", "-450", "-4.50", "amount = -450", "ann@shop.example", FEE["why"],
        )
    ]  # fmt: skip
    assert door.rows("select line_no, correction_id, is_applied from landing.corrections") == [
        (3, "fee", True)
    ]
    assert door.rows("select count(*) from landing.quarantine") == [(0,)]
    assert door.rows(CASES) == []
    assert door.rows(ACCOUNT) == []


def test_a_line_is_dropped_by_name_and_accounted_for(door: Door) -> None:
    door.drop("bank.csv", BANK + GOOD + WRONG)
    by_line = {key: value for key, value in DROP.items() if key != "where"}
    correct(fee={**by_line, "file": "bank.csv", "line": 3})
    night(door)
    assert door.rows(AMOUNTS) == [("R1", Decimal("11.04"))]
    assert door.rows("select line_no, reason, detail from marts.quarantined_rows") == [
        (3, "corrected", "dropped by the correction fee")
    ]
    assert door.rows(
        "select status, rows_read, rows_accepted, rows_quarantined from marts.landed_files"
    ) == [("accepted", 2, 1, 1)]
    assert door.rows(STATUS) == [("fee", "*", "applied", 1)]
    assert door.rows(ACCOUNT) == []
    assert door.rows(CASES) == []


def test_a_file_may_lose_all_its_rows_to_a_person_and_is_still_taken(door: Door) -> None:
    door.drop("bank.csv", BANK + WRONG)
    correct(fee=DROP)
    [landed] = ingest(door, "bank.statement")
    assert (landed.status, landed.code, landed.rows_read) == ("accepted", "", 1)


def test_what_follows_from_a_corrected_cell_follows_from_the_right_one(door: Door) -> None:
    door.drop("orders.csv", SAMPLES / "shopify/orders.csv")
    door.night()
    before = door.rows("select line_no, reason from landing.quarantine order by 1")
    assert before == [(2, "not_an_amount"), (3, "currency_mismatch"), (4, "not_a_whole_number")]
    correct(
        two={
            **FEE,
            "report": "shopify.orders",
            "where": {"order_name": "#1005"},
            "set": {"quantity_units": "2"},
            "expects": {"quantity_units": "two"},
        },
        gift={
            **DROP,
            "report": "shopify.orders",
            "where": {"order_name": "#1003", "channel_sku": None},
            "expects": {"title": "Gift card"},
        },
    )
    [landed] = ingest(door, "shopify.orders")
    assert (landed.rows_read, landed.completeness) == (9, "proven")
    assert door.rows("select line_no, reason from landing.quarantine order by 1") == [
        (2, "not_an_amount"), (3, "currency_mismatch"), (8, "corrected"),
    ]  # fmt: skip
    lines = "select line_id, quantity_units, gross_amount from staged.shopify_orders where order_name = '{}' order by 1"
    assert door.rows(lines.format("#1005")) == [("1", 2, Decimal("17.00"))]
    assert [line for line, _, _ in door.rows(lines.format("#1003"))] == ["1", "2"]
    assert door.rows(
        "select count(*) from information_schema.columns where column_name like '%\\_\\_text' escape '\\'"
    ) == [(0,)]


def test_a_changed_correction_reads_the_report_again_and_an_unchanged_one_does_not(
    door: Door,
) -> None:
    door.drop("bank.csv", BANK + GOOD + WRONG)
    assert len(ingest(door, "bank.statement")) == 1
    correct(fee=FEE)
    assert len(ingest(door, "bank.statement")) == 1
    assert ingest(door, "bank.statement") == []
    correct(fee=FEE | {"why": "Informed otherwise."})
    assert ingest(door, "bank.statement") == []
    correct(fee=FEE | {"set": {"amount": "-4.51"}})
    assert len(ingest(door, "bank.statement")) == 1
    assert door.rows("select amount from staged.bank_statement where reference = 'R2'") == [
        (Decimal("-4.51"),)
    ]
    assert door.rows("select count(*) from landing.corrections") == [(1,)]
    corrections_file("sample").unlink()
    assert len(ingest(door, "bank.statement")) == 1
    assert door.rows("select count(*) from landing.corrections") == [(0,)]


def test_a_rebuild_from_raw_gives_the_same(door: Door) -> None:
    door.drop("bank.csv", BANK + GOOD + WRONG)
    door.drop("more.csv", BANK + WRONG + GOOD.replace("R1", "R3"), EVENING - DAY)
    correct(fee=FEE, deposit=DROP | {"where": {"reference": "R3"}, "expects": {"amount": "11.04"}})
    tables = ("valid.bank_lines", "landing.corrections", "landing.quarantine", "marts.corrections")

    def everything() -> list[list[tuple[object, ...]]]:
        return [door.rows(f"select * from {table} order by all") for table in tables]

    night(door)
    before = everything()
    assert before[1]
    door.folder.warehouse.unlink()
    night(door)
    assert everything() == before


def test_a_replay_of_a_night_applies_what_was_in_force_then(door: Door) -> None:
    correct(fee=FEE | {"until": "2026-11-21"})
    door.drop("bank.csv", BANK + WRONG)
    amounts = "select amount from staged.bank_statement"
    ingest(door, "bank.statement", day=1)
    assert door.rows(amounts) == [(Decimal("-450.00"),)]
    past = Door.of(door.shop.replayed("20261121T070000Z"))
    ingest(past, "bank.statement")
    assert past.rows(amounts) == [(Decimal("-4.50"),)]
    assert door.rows(amounts) == [(Decimal("-450.00"),)]


def test_a_file_with_personal_data_is_corrected_alike_once_nobody_can_open_it(door: Door) -> None:
    door.drop("orders.csv", SAMPLES / "shopify/orders.csv")
    first = {"where": {"order_name": "#1005"}, "expects": {"quantity_units": "two"}}
    two = FEE | first | {"report": "shopify.orders", "set": {"quantity_units": "2"}}
    correct(two=two)
    ingest(door, "shopify.orders")
    staged = "select * from staged.shopify_orders order by line_no"
    before = door.rows(staged)
    shutil.rmtree(door.folder.vault)
    door.folder.warehouse.unlink()
    ingest(door, "shopify.orders")
    assert door.rows(staged) == before
    corrections_file("sample").unlink()
    ingest(door, "shopify.orders")
    assert len(door.rows(staged)) == len(before)
    assert door.rows("select reason from landing.quarantine where line_no = 4") == [
        ("not_a_whole_number",)
    ]


def test_a_cell_is_written_as_its_file_writes_it_and_judged_as_one_of_it(door: Door) -> None:
    door.drop("payouts.csv", SAMPLES / "shopify/payouts@semicolon.csv")
    payout = FEE | {"report": "shopify.payouts", "where": {"state": "in_transit"}}
    fees = "select fees_amount from staged.shopify_payouts order by 1"
    # Three decimals are no amount: neither the text nor the value is what the file says.
    payout |= {"set": {"fees_amount": "-13,36"}, "expects": {"fees_amount": "-13,350"}}
    correct(fee=payout)
    ingest(door, "shopify.payouts")
    assert door.rows(fees) == [(Decimal("-13.35"),), (Decimal("-1.00"),)]

    correct(fee=payout | {"expects": {"fees_amount": "-13,35"}})
    ingest(door, "shopify.payouts")
    assert door.rows("select reason from landing.quarantine") == [("total_is_not_its_parts",)]

    both = {"fees_amount": "-13,36", "payout_amount": "416,64"}
    wrong = {"fees_amount": "-13,35", "payout_amount": "416,65"}
    correct(fee=payout | {"set": both, "expects": wrong})
    ingest(door, "shopify.payouts")
    assert door.rows(fees) == [(Decimal("-13.36"),), (Decimal("-1.00"),)]
    assert door.rows("select count(*) from landing.quarantine") == [(0,)]


def test_an_unpivoted_cell_is_identified_by_its_header(door: Door) -> None:
    door.drop("inventory.csv", SAMPLES / "shopify/inventory_available.csv")
    bench = FEE | {
        "report": "shopify.inventory_available",
        "where": {"channel_sku": "bench-1", "location": "Main Warehouse"},
        "set": {"available_units": "1"},
        "expects": {"available_units": "1.5"},
    }
    tray = DROP | {
        "report": "shopify.inventory_available",
        "where": {"channel_sku": "TRAY", "location": "3PL East"},
        "expects": {"available_units": "0"},
    }
    correct(bench=bench, tray=tray)
    [landed] = ingest(door, "shopify.inventory_available")
    assert landed.status == "accepted"
    units = (
        "select available_units from staged.shopify_inventory_available"
        " where location = '{}' and channel_sku = '{}'"
    )
    assert door.rows(units.format("Main Warehouse", "BENCH-1")) == [(1,)]
    assert door.rows(units.format("3PL East", "BENCH-1")) == [(2,)]
    assert door.rows(units.format("3PL East", "TRAY")) == []
    assert door.rows(units.format("Main Warehouse", "TRAY")) == [(5,)]


def test_a_dropped_line_is_no_repeat_of_the_one_that_stays(door: Door) -> None:
    plan = "iso_week,channel,plan_usd\n2026-W47,shopify,100.00\n2026-W47,shopify,200.00\n"
    door.drop("plan.csv", plan)
    correct(
        twice={key: value for key, value in DROP.items() if key != "where"}
        | {
            "report": "plan.revenue_plan",
            "file": "plan.csv",
            "line": 3,
            "expects": {"plan_amount": "200"},
        }
    )
    ingest(door, "plan.revenue_plan")
    assert door.rows("select plan_amount from staged.plan_revenue_plan") == [(Decimal("100.00"),)]
    assert door.rows("select line_no, reason from landing.quarantine") == [(3, "corrected")]


def test_a_person_is_not_shown_by_a_reason(door: Door) -> None:
    correct(fee=FEE | {"why": "Asked jane@buyer.example, +1 518 555 0142."})
    door.drop("bank.csv", BANK + WRONG)
    night(door)
    assert door.rows("select why from marts.corrections") == [("Asked (e-mail), (phone).",)]


def test_once_the_source_is_right_it_is_taken_at_its_word_and_a_person_hears_of_it(
    door: Door,
) -> None:
    correct(fee=FEE)
    door.drop("old.csv", BANK + WRONG, EVENING)
    night(door)
    assert door.rows(STATUS) == [("fee", "amount", "applied", 1)]
    door.drop("new.csv", BANK + RIGHT, EVENING + DAY)
    night(door, 1)
    assert door.rows(STATUS) == [("fee", "amount", "source_is_right", 1)]
    assert door.rows(CASES) == [("correction_fulfilled", "fee")]
    assert door.rows("select distinct amount from valid.bank_lines") == [(Decimal("-4.50"),)]


def test_after_its_last_day_it_is_not_applied_and_a_person_hears_of_it(door: Door) -> None:
    correct(fee=FEE | {"until": "2026-11-21"})
    door.drop("bank.csv", BANK + WRONG)
    night(door)
    assert door.rows(AMOUNTS) == [("R2", Decimal("-4.50"))]
    night(door, 1)
    assert door.rows(AMOUNTS) == [("R2", Decimal("-450.00"))]
    assert door.rows(STATUS) == [("fee", "amount", "expired", 0)]
    assert door.rows(CASES) == [("correction_expired", "fee")]


def test_its_case_has_an_owner_and_a_next_step(door: Door) -> None:
    correct(fee=FEE | {"until": "2026-11-20"})
    door.drop("bank.csv", BANK + WRONG)
    tonight = Night(door.shop, AS_OF, "night")
    door.pull()
    inprocess.read(tonight)
    inprocess.decide(tonight)
    [(owner, next_step, evidence)] = door.rows(
        "select owner, next_step, evidence from marts.exceptions where type = 'correction_expired'"
    )
    assert owner == door.shop.people["operations"].owner
    assert "take it out of config/corrections" in str(next_step)
    assert evidence == (
        "bank.statement, reference = R2: it ended on 2026-11-20 and is not applied any more;"
        " written by ann@shop.example"
    )


def test_one_that_fits_no_row_is_a_case(door: Door) -> None:
    correct(fee=FEE | {"where": {"reference": "R9"}}, here=FEE | {"file": "other.csv"})
    door.drop("bank.csv", BANK + WRONG)
    night(door)
    assert door.rows(AMOUNTS) == [("R2", Decimal("-450.00"))]
    assert door.rows(CASES) == [
        ("correction_never_matched", "fee"),
        ("correction_never_matched", "here"),
    ]


def test_a_file_is_named_by_its_name_or_by_its_hash(door: Door) -> None:
    door.drop("bank.csv", BANK + WRONG)
    [landed] = ingest(door, "bank.statement")
    for file in ("bank.csv", landed.arrival.sha256[:12]):
        correct(fee=FEE | {"file": file})
        ingest(door, "bank.statement")
        assert door.rows("select amount from staged.bank_statement") == [(Decimal("-4.50"),)]


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (without("until"), r"sample.yaml: fee has a key to fix:\n +until: this key is missing"),
        (without("expects"), r"expects: this key is missing"),
        (without("where"), r"names no row"),
        (without("set"), r"says either `drop: true` or what to `set`"),
        (FEE | {"drop": True}, r"says either `drop: true` or what to `set`"),
        (FEE | {"line": 3}, r"`line` is of a `file`"),
        (FEE | {"colour": "red"}, r"colour: there is no such key"),
        (FEE | {"set": {"amount": -4.5}}, r"set.amount: .*put the cell in quotes"),
        (FEE | {"set": {"account": "EUR"}}, r"`expects` lacks account"),
        (FEE | {"set": FEE["expects"]}, r"say the same of amount"),
        (FEE | {"until": "2026-11-19"}, r"`until` is before `when`"),
        (FEE | {"report": "bank.statment"}, r"fee.report: .*did you mean bank.statement\?"),
        (FEE | {"where": {"referense": "R2"}}, r"fee.where.referense: .*did you mean reference\?"),
        (
            DROP | {"report": "shopify.orders", "where": {"email": "x"}, "expects": {"title": "b"}},
            r"fee.where.email: the column is personal",
        ),
    ],
)  # fmt: skip
def test_what_no_export_knows_stops_the_start_and_is_named(
    door: Door, entry: dict[str, Any], message: str
) -> None:
    correct(fee=entry)
    with pytest.raises(SettingsError, match=message):
        load_shop("sample")


def test_the_example_of_the_demo_shop_can_be_used_as_it_is() -> None:
    text = (CONFIG / "corrections" / "demo.yaml").read_text("utf-8")
    _, start, rest = text.partition("# fee-in-whole-dollars:")
    lines = (start + rest.partition("#\n")[0]).splitlines()
    [(name, entry)] = yaml.safe_load("\n".join(line[2:] for line in lines)).items()
    Correction.parse(entry, "demo.yaml", correction_id=name)


def test_two_corrections_of_one_cell_are_refused(door: Door) -> None:
    correct(fee=FEE, again=FEE | {"set": {"amount": "-4.51"}})
    with pytest.raises(SettingsError, match=r"\w+.set.amount: \w+ sets the same cell"):
        load_shop("sample")


def test_a_file_of_corrections_without_a_shop_is_named(door: Door) -> None:
    correct(fee=FEE)
    corrections_file("sample").rename(corrections_file("smaple"))
    assert "smaple.yaml does nothing: no shop file has its name" in notices()[0]
