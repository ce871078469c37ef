"""Orders to look at before they leave, and returns that nobody understands: each planted one is a case."""

from tests.nights.night import Night

RETURN_DAYS = 29  # those that order accuracy waits for, less the hours of the night


def cases(night: Night, kind: str) -> dict[str, str]:
    """Return the evidence of each open case of a kind by the order's name, else by its subject."""
    return {
        name or subject: evidence
        for name, subject, evidence in night.rows(
            "select order_inbox.order_name, exceptions.subject_id, exceptions.evidence from exceptions"
            " left join order_inbox using (channel, order_id)"
            f" where exceptions.type = '{kind}' and exceptions.state = 'open'"
        )
    }


def test_each_order_that_looks_like_a_fraud_waits_with_its_reasons(demo_night: Night) -> None:
    words = {
        "risk": "the channel says high risk",
        "country": "billed in CA, sent to US",
        "phone": "orders with its phone were cancelled",
        "address": "buyers sent to its address",
    }
    planted = demo_night.truth["suspects"]["fraud"]
    found = cases(demo_night, "fraud_review")
    assert {
        name: [rule for rule, phrase in words.items() if phrase in evidence]
        for name, evidence in found.items()
    } == planted
    assert {rule for rules in planted.values() for rule in rules} == set(words)
    assert all("Not available: " in evidence for evidence in found.values())
    held = demo_night.rows(
        "select order_name from order_inbox where blocking_exception = 'fraud_review'"
    )
    assert {name for (name,) in held} == set(planted)


def test_a_large_order_is_of_note_and_held_back_by_nothing(demo_night: Night) -> None:
    found = cases(demo_night, "order_of_note")
    assert sorted(found) == demo_night.truth["suspects"]["large_orders"]
    assert found


def test_an_order_that_nobody_can_send_as_it_is_waits(demo_night: Night) -> None:
    truth = demo_night.truth["suspects"]
    assert sorted(cases(demo_night, "unknown_shipping_method")) == truth["unknown_shipping_methods"]
    assert sorted(cases(demo_night, "impossible_dates")) == truth["impossible_dates"]
    assert truth["unknown_shipping_methods"]
    assert truth["impossible_dates"]


def test_returns_that_nobody_understands_or_has_graded_are_cases(demo_night: Night) -> None:
    truth = demo_night.truth["suspects"]
    [(word, evidence)] = cases(demo_night, "unmapped_return_reason").items()
    assert (word, evidence.split()[0]) == ("does not spark joy", str(truth["odd_reason_units"]))
    found = cases(demo_night, "return_not_graded")
    assert {place: int(text.split()[0]) for place, text in found.items()} == truth["ungraded_units"]


def test_order_accuracy_is_known_of_the_orders_whose_returns_are_over(demo_night: Night) -> None:
    [(rates, newest)] = demo_night.rows(
        "select count(*) filter (where order_accuracy_rate < 1),"
        " max(business_date) filter (where order_accuracy_rate is not null) from fulfilment_daily"
    )
    assert rates > 0
    [(day,)] = demo_night.rows("select max(as_of) from order_inbox")
    assert (day - newest).days >= RETURN_DAYS


def test_one_sku_comes_back_too_often_and_one_order_later_than_the_shop_takes_it(
    demo_night: Night,
) -> None:
    truth = demo_night.truth["suspects"]
    assert sorted(cases(demo_night, "high_return_sku")) == truth["high_return_skus"]
    assert sorted(cases(demo_night, "return_outside_policy")) == truth["outside_policy"]
    assert truth["outside_policy"]


def test_numbers_that_should_be_there_are_missed(demo_night: Night) -> None:
    for kind, planted in (
        ("order_numbers_missing", "order_number_missing"),
        ("shipped_without_invoice", "shipped_without_invoice"),
    ):
        keys = {a["key"] for a in demo_night.truth["anomalies"] if a["kind"] == planted}
        [(channel, evidence)] = cases(demo_night, kind).items()
        count, _, names = evidence.partition(" ")
        assert (channel, int(count)) == ("wholesale", len(keys))
        assert all(key.removeprefix("FPW-") in names for key in keys)
        assert keys


def test_an_app_whose_owner_has_left_is_to_decide(demo_night: Night) -> None:
    [(app, evidence)] = cases(demo_night, "app_to_decide").items()
    assert (app, "has no role in the shop" in evidence) == ("Klaviyo", True)


def test_a_setting_of_a_sku_that_no_file_has_is_a_case(demo_night: Night) -> None:
    [(sku, evidence)] = cases(demo_night, "setting_of_unknown_sku").items()
    assert (sku, evidence.split(" of ")[0]) == ("FP-WTR-02", "named by margin.floors")


def test_listings_that_changed_or_break_a_rule_of_their_channel_are_cases(
    demo_night: Night,
) -> None:
    truth = demo_night.truth["listings"]
    changed = demo_night.rows("select channel_sku, field from listing_changes where is_to_check")
    assert sorted(" ".join(each) for each in changed) == truth["changed"]
    [(subject, evidence)] = cases(demo_night, "listing_changed").items()
    assert (subject.split("/")[0], evidence.split()[0]) == ("tiktok", str(len(truth["changed"])))
    broken = cases(demo_night, "listing_rule_broken")
    assert set(broken) == {"tiktok/forbidden_words", "amazon/forbidden_characters"}
    [renamed] = truth["forbidden_words"]
    assert broken["tiktok/forbidden_words"].startswith(f"1 listing: {renamed}, ")
    assert truth["forbidden_characters"][0] in broken["amazon/forbidden_characters"]
