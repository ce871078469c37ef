"""The weekly review: a closed week is frozen, what changes of it later is logged, a review is held."""

from datetime import timedelta

import duckdb

from config.errors import FatalError, UsageError
from tasks.ledger import Ledger, WeekFigure
from tasks.run.night import Night
from tasks.warehouse.tables import fetch

WEEKS = """
    select
        kpi, period as iso_week, channel, value, cast(numerator as decimal(18, 6)) as numerator,
        cast(denominator as decimal(18, 6)) as denominator, n, target, status, reason, owner, version
    from checks.kpis
    where grain = 'week' and not is_current
    order by period, kpi, channel
"""


def last_closed_week(night: Night) -> str:
    """Return the ISO week that closed last, as the marts name it."""
    sunday = night.business_date - timedelta(days=night.business_date.isoweekday())
    year, week, _ = sunday.isocalendar()
    return f"{year}-W{week:02}"


def freeze(con: duckdb.DuckDBPyConnection, night: Night, ledger: Ledger) -> str:
    """Freeze the closed weeks that are not frozen yet, of the first review the last one only; return it.

    Raises:
        FatalError: no night has run since the week closed, so that its figures are not whole.
    """
    week = last_closed_week(night)
    figures = fetch(con, WeekFigure, WEEKS)
    if not any(each.iso_week == week for each in figures):
        raise FatalError(
            f"{week} is over, and no night has run since: its figures are not whole yet. Run"
            f" `backroom nightly --shop {night.shop.name}`, then the weekly review."
        )
    frozen = max((row["iso_week"] for row in ledger.rows("frozen_weeks")), default="")
    ledger.freeze_weeks(
        [each for each in figures if each.iso_week > frozen and (frozen or each.iso_week == week)],
        at=night.moment,
    )
    return week


def log_revisions(con: duckdb.DuckDBPyConnection, night: Night, ledger: Ledger) -> int:
    """Log what of the frozen weeks is another figure tonight; return how many."""
    return ledger.record_revisions(fetch(con, WeekFigure, WEEKS), at=night.moment)


def hold(night: Night, ledger: Ledger, week: str, who: str, attendees: str, decisions: str) -> bool:
    """Keep that the review of a week was held; whether that is new.

    Raises:
        UsageError: somebody who was there has no role in the shop.
    """
    roles = [role.strip() for role in attendees.split(",") if role.strip()]
    if strangers := sorted(set(roles) - set(night.shop.people)):
        raise UsageError(
            f"attendees names {', '.join(strangers)}, which is no role of {night.shop.name}: it has"
            f" {', '.join(night.shop.people)}."
        )
    return ledger.record_weekly_review(
        week, who=who, attendees=", ".join(roles), decisions=decisions, at=night.moment
    )
