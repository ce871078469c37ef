"""What leaves: the demo shop's pick lists, parcels and edits of the stock are those of its truth."""

import csv
import re
from datetime import date

from tests.nights.night import Night

AS_OF = "select max(as_of) from pick_list"


def cases(night: Night, kind: str) -> dict[str, str]:
    """Return subject and evidence of the open cases of a kind."""
    return dict(
        night.rows(
            f"select subject_id, evidence from exceptions where type = '{kind}' and state = 'open'"
        )
    )


def orders_of(evidence: str) -> set[str]:
    """Return the orders that the evidence of a place names."""
    return set(evidence.partition(" of orders ")[2].removesuffix(", …").split(", "))


def test_what_is_due_is_picked_and_nothing_else(demo_night: Night) -> None:
    blocked = demo_night.rows(
        "select order_id from pick_list inner join order_exceptions using (channel, order_id)"
        " inner join order_inbox using (channel, order_id) where blocking_exception is not null"
    )
    assert not blocked
    later = demo_night.rows(
        "select order_id from pick_list where timezone('America/New_York', ship_by_at)::date > as_of"
    )
    assert not later
    waiting = demo_night.rows(
        "select count(*) from backlog inner join order_inbox using (channel, order_id)"
        " where timezone('America/New_York', backlog.ship_by_at)::date > backlog.as_of"
        " or blocking_exception is not null"
    )
    assert waiting != [(0,)], "nothing tests that later and blocked orders are left out"
    bundles = demo_night.rows("select sku, bundle_sku from pick_list where bundle_sku is not null")
    assert all(sku != bundle for sku, bundle in bundles)


def test_every_location_has_its_files(demo_night: Night) -> None:
    ((day,),) = demo_night.rows(AS_OF)
    assert isinstance(day, date)
    folder = demo_night.folder / "outbox" / "pick_lists" / f"{day}"
    for location, units in demo_night.rows(
        "select location, sum(pick_units) from pick_list group by location"
    ):
        stem = re.sub(r"[^\w-]", "_", location)
        with (folder / f"{stem}.csv").open(encoding="utf-8", newline="") as file:
            assert sum(int(row["pick_units"]) for row in csv.DictReader(file)) == units
        assert location in (folder / f"{stem}.html").read_text("utf-8")


def test_lost_parcels_are_the_planted_ones(demo_night: Night) -> None:
    found = {subject.split("/")[1] for subject in cases(demo_night, "parcel_lost_suspect")}
    assert found == set(demo_night.truth["parcels"]["lost"]) != set()
    ((lost,),) = demo_night.rows("select sum(lost_suspects) from carriers_monthly")
    assert lost == len(found)


def test_parcels_beside_the_rules_are_the_planted_ones(demo_night: Night) -> None:
    planted = demo_night.truth["parcels"]
    for kind, truth in (
        ("parcels_without_tracking", "without_tracking"),
        ("carrier_rule_not_followed", "wrong_carrier"),
    ):
        named = {
            order for evidence in cases(demo_night, kind).values() for order in orders_of(evidence)
        }
        assert named, kind
        assert named <= set(planted[truth]), kind
    heavy = {subject.split("/")[1] for subject in cases(demo_night, "parcel_weight_off")}
    assert heavy
    assert heavy <= set(planted["wrong_weight"])
    named = {
        order
        for evidence in cases(demo_night, "routing_not_followed").values()
        for order in orders_of(evidence)
    }
    numbers = dict(demo_night.rows("select order_id, order_name from order_inbox"))
    assert {numbers[order] for order in named} <= set(planted["wrong_location"])


def test_a_barcode_on_several_skus_is_a_case(demo_night: Night) -> None:
    planted = {
        f"shopify/{each['key']}"
        for each in demo_night.truth["anomalies"]
        if each["kind"] == "duplicate_barcode"
    }
    assert set(cases(demo_night, "duplicate_barcode")) == planted != set()


def test_an_edit_without_a_reason_is_a_case(demo_night: Night) -> None:
    planted = {
        each["key"]
        for each in demo_night.truth["anomalies"]
        if each["kind"] == "stock_edit_without_reason"
    }
    found = {subject.split("/")[1] for subject in cases(demo_night, "stock_edit_without_reason")}
    assert planted == found != set()


def test_an_order_that_is_partly_in_stock_says_what_is_missing(demo_night: Night) -> None:
    planted = demo_night.truth["picking"]["partly_in_stock"]
    found = cases(demo_night, "partial_stock_order")
    assert {
        subject.split("/")[1]: int(evidence.split()[1]) for subject, evidence in found.items()
    } == planted
    assert planted


def test_a_bundle_is_picked_part_by_part_on_its_guaranteed_day_and_not_before(
    demo_night: Night,
) -> None:
    ((today,),) = demo_night.rows(AS_OF)
    planted = demo_night.truth["picking"]["dated_bundles"]
    found = demo_night.rows(
        "select order_id, sku, pick_units, cast(timezone('America/New_York', ship_by_at) as date)"
        " from pick_list where bundle_sku = 'FP-BND-03' order by order_id, sku"
    )
    assert found == [
        (order, sku, units, today)
        for order, bundle in sorted(planted.items())
        for sku, units in sorted(bundle["parts"])
        if bundle["due"] == str(today)
    ]
    assert found
