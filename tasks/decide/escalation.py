"""Alerts that nobody answered go a tier up."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from tasks.ledger import Alert, Ledger
from tasks.run.night import Night
from tasks.run.wording import clock

ANSWER_WITHIN = timedelta(hours=24)
ESCALATED = "alert.escalated"


def escalate(night: Night, ledger: Ledger) -> int:
    """Send every alert that nobody answered in its window one tier up; return how many went.

    The ladder: whom it went to, then the deputy, then who answers for the whole shop (the role
    `owner`, else `operations`). Each step has a window of its own; an answer to any step is an
    answer, and at the top the alert stays with whom it reached.
    """
    unanswered = ledger.unanswered_alerts(at=night.moment)
    every = ledger.rows("alerts")
    raised = 0
    for alarm in unanswered:
        if alarm["kind"] == ESCALATED:
            continue
        steps = [row for row in every if row["alert_key"].startswith(f"{alarm['alert_key']}/tier/")]
        if any(row["acknowledged_by"] or row["due_at"] > night.moment for row in steps):
            continue
        asked = {alarm["sent_to"], *(row["sent_to"] for row in steps)}
        higher = next((who for who in _ladder(night, alarm) if who not in asked), None)
        if higher is None:
            continue
        since = clock(alarm["opened_at"], night.shop.zone)
        raised += ledger.record_alert(
            Alert(
                alert_key=f"{alarm['alert_key']}/tier/{len(steps) + 1}",
                kind=ESCALATED,
                about=alarm["about"],
                business_date=night.business_date,
                station=alarm["station"],
                severity=alarm["severity"],
                owner=alarm["owner"],
                deputy=alarm["deputy"],
                sent_to=higher,
                subject=f"Unanswered: {alarm['subject']}",
                body=f"Nobody acknowledged this since {since}; it went to {', '.join(sorted(asked))}."
                f"\n\n{alarm['body']}",
                due_at=night.moment + ANSWER_WITHIN,
            ),
            at=night.moment,
        )
    return raised


def _ladder(night: Night, alarm: Mapping[str, Any]) -> list[str]:
    people = night.shop.people
    top = people.get("owner") or people.get("operations")
    those = [alarm["owner"], alarm["deputy"], *([top.owner, top.deputy] if top else [])]
    return [who for who in those if who]
