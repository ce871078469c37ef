"""What an alert says."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from tasks.rules.alert_text import (
    CELL_WIDTH,
    Failure,
    alert_body,
    alert_subject,
    cases_subject,
    cell,
)

FAILURE = Failure(
    what="On-time ship rate",
    station="fulfilment",
    day="23 Nov",
    observed="0.91 of 412 orders",
    threshold="at least 0.95",
    why="Late orders cost the seller's standing.",
    fix="See which location is behind in marts.backlog.",
    owner="Ada",
    sop="config/sops/fulfilment.md",
)
ROWS = [{"order_id": f"#{number}", "location": None} for number in range(7)]


def test_the_subject_says_what_where_and_when() -> None:
    assert alert_subject(FAILURE) == "On-time ship rate failed at Fulfilment, 23 Nov"


def test_the_body_says_figures_owner_reason_and_fix() -> None:
    assert alert_body(FAILURE).splitlines() == [
        "Observed: 0.91 of 412 orders",
        "Threshold: at least 0.95",
        "Owner: Ada",
        "Why it matters: Late orders cost the seller's standing.",
        "Next step: See which location is behind in marts.backlog.",
        "SOP: config/sops/fulfilment.md",
    ]


def test_a_figure_that_goes_without_a_report_says_so_in_subject_and_body() -> None:
    partial = replace(FAILURE, lacks="no file ever came of wholesale.orders")
    assert alert_subject(partial).endswith("23 Nov; no file ever came of wholesale.orders")
    assert "The figure is partial: no file ever came of wholesale.orders" in alert_body(partial)


def test_a_failure_that_lasts_says_since_when_and_one_of_a_channel_says_which() -> None:
    lasting = replace(FAILURE, since="20 Nov", channel="amazon")
    assert alert_subject(lasting) == (
        "On-time ship rate still fails at Fulfilment, 23 Nov, since 20 Nov"
    )
    assert alert_body(lasting).splitlines()[2:4] == ["Channel: amazon", "Since: 20 Nov"]


def test_new_cases_have_no_threshold_and_their_evidence_is_in_the_rows() -> None:
    cases = replace(
        FAILURE,
        what="3 new tickets without an answer",
        station="customer_service",
        observed="1 new",
        threshold="",
        why="",
        rows=[{"case": "web/1", "evidence": "paid twice"}],
        rows_are="cases",
    )
    assert cases_subject(cases) == "3 new tickets without an answer at Customer service, 23 Nov"
    assert alert_body(cases).splitlines() == [
        "Observed: 1 new",
        "Owner: Ada",
        "Next step: See which location is behind in marts.backlog.",
        "SOP: config/sops/fulfilment.md",
        "",
        "First cases (1 of 1):",
        "- case web/1, evidence paid twice",
    ]


def test_a_deputy_is_named_with_the_owner() -> None:
    assert "Owner: Ada (deputy: Bob)" in alert_body(replace(FAILURE, deputy="Bob"))


def test_the_first_five_rows_are_shown_and_all_are_counted() -> None:
    body = alert_body(replace(FAILURE, rows=ROWS)).splitlines()
    assert body[-6:-4] == ["First failing rows (5 of 7):", "- order_id #0, location (empty)"]
    assert "First failing rows (5 of 90):" in alert_body(
        replace(FAILURE, rows=ROWS, failing_count=90)
    )


@given(st.text())
def test_a_value_takes_one_line_and_is_cut(words: str) -> None:
    shown = cell(words)
    assert len(shown) <= CELL_WIDTH
    assert len(shown.splitlines()) <= 1
