"""The weekly review on paper: what to talk about, and what was decided.

Requires of the marts: kpi_weekly, kpi_dictionary, kpi_revisions, sop_register, exceptions, alerts, and of the ledger
the reviews.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
from markdown_it import MarkdownIt

from config.shop import Shop
from tasks.ledger import Alert, Ledger
from tasks.run.night import Night
from tasks.run.whole_file import write_whole
from tasks.run.wording import NO_DATA, count, figure, markdown, plain, words
from tasks.tell.reds import RED
from tasks.warehouse.tables import fetch


@dataclass(frozen=True)
class WeekLine:
    """One KPI of the reviewed week, of the shop or of a channel that alerts, and what its owner did last."""

    kpi: str
    title: str
    weekly_rank: int | None
    value: Decimal | None
    before_value: Decimal | None
    judged_value: Decimal | None  # where the week alone has too few cases, that of its last days
    judged_days: int | None
    target: Decimal | None
    unit: str
    currency: str
    status: str
    reason: str | None
    owner: str | None
    sop: str | None
    link: str | None
    last_action: str | None

    def shown(self, value: Decimal | None) -> str:
        """Return a value in the unit of this KPI."""
        return figure(value, self.unit, self.currency)

    @property
    def judged_text(self) -> str:
        """The value that the verdict is of: the week's, or that of more days, which it names."""
        if self.judged_value in (None, self.value):
            return self.shown(self.value)
        return f"{self.shown(self.judged_value)} of {count(self.judged_days, 'day')}"

    @property
    def target_text(self) -> str:
        """The target, or that none is set."""
        return "none set" if self.target is None else self.shown(self.target)


@dataclass(frozen=True)
class Revision:
    """A figure of a frozen week that is another one by now."""

    iso_week: str
    title: str
    channel: str
    old_value: Decimal | None
    new_value: Decimal | None
    unit: str | None
    noticed_on: date


@dataclass(frozen=True)
class Agenda:
    """What the review of one week is about."""

    shop: str
    iso_week: str
    lines: tuple[WeekLine, ...]
    revisions: tuple[Revision, ...]
    reviews: tuple[str, ...]

    @property
    def red(self) -> list[WeekLine]:
        """The metrics beyond their limits, the worst first."""
        return [line for line in self.lines if line.status in RED]

    @property
    def weekly(self) -> list[WeekLine]:
        """The metrics that are looked at every week, in their order."""
        return sorted(
            (line for line in self.lines if line.weekly_rank),
            key=lambda line: line.weekly_rank or 0,
        )


def read_agenda(con: duckdb.DuckDBPyConnection, shop: Shop, week: str) -> Agenda:
    """Return what there is to say of a week."""
    return Agenda(
        shop=shop.title,
        iso_week=week,
        lines=fetch(con, WeekLine, _LINES, [week]),
        revisions=fetch(con, Revision, _REVISIONS),
        reviews=tuple(title for (title,) in con.execute(_REVIEWS).fetchall()),
    )


def agenda_markdown(agenda: Agenda, held: Mapping[str, Any] | None = None) -> str:
    """Return the agenda, or the minutes where the review was `held`, every cell escaped."""
    kind = "minutes" if held else "agenda"
    title = f"# {markdown(agenda.shop)}: {kind} of the weekly review of {agenda.iso_week}"
    account = (
        [
            f"Held by {markdown(held['who'])}, with {markdown(held['attendees'])}.",
            "",
            "## Decided",
            "",
            markdown(held["decisions"]),
            "",
        ]
        if held
        else []
    )
    return "\n".join(
        [
            title,
            "",
            *account,
            "## The week",
            "",
            *_table(
                ("metric", "week", "target", "week before", "status", "owner"),
                [
                    (
                        line.title,
                        line.shown(line.value),
                        line.target_text,
                        line.shown(line.before_value),
                        _status(line),
                        line.owner or "nobody",
                    )
                    for line in agenda.weekly
                ],
            ),
            "## What is red",
            "",
            *(
                _table(
                    ("metric", "week", "target", "owner", "SOP", "last action"),
                    [
                        (
                            line.title,
                            line.judged_text,
                            line.target_text,
                            line.owner or "nobody",
                            line.link or words(line.sop or "none"),
                            line.last_action or "none recorded",
                        )
                        for line in agenda.red
                    ],
                )
                if agenda.red
                else ["Nothing was beyond its limits.", ""]
            ),
            "## SOPs to review",
            "",
            *([f"- {markdown(title)}" for title in agenda.reviews] or ["None."]),
            "",
            "## What changed of weeks that were closed",
            "",
            *(
                _table(
                    ("week", "metric", "channel", "shown", "now", "since"),
                    [
                        (
                            one.iso_week,
                            one.title,
                            one.channel,
                            figure(one.old_value, one.unit or "", ""),
                            figure(one.new_value, one.unit or "", ""),
                            str(one.noticed_on),
                        )
                        for one in agenda.revisions
                    ],
                )
                if agenda.revisions
                else ["Nothing.", ""]
            ),
        ]
    )


def agenda_text(agenda: Agenda, held: Mapping[str, Any] | None = None) -> str:
    """Return the same for a message: short lines, no markup."""
    weekly = [
        f"- {plain(line.title)}: {line.shown(line.value)}, target {line.target_text}, week before"
        f" {line.shown(line.before_value)}, {_status(line)} ({line.owner or 'nobody'})"
        for line in agenda.weekly
    ]
    red = [
        f"- {plain(line.title)}: {line.judged_text}, {line.owner or 'nobody'}, SOP"
        f" {line.link or 'none'}, last action: {plain(line.last_action or 'none recorded')}"
        for line in agenda.red
    ]
    decided = (
        [f"Decided: {plain(held['decisions'])}", f"There: {plain(held['attendees'])}"]
        if held
        else []
    )
    return "\n".join(
        [
            *decided,
            f"The week {agenda.iso_week}:",
            *weekly,
            f"Red: {count(len(red), 'metric')}",
            *red,
            f"SOPs to review: {', '.join(map(plain, agenda.reviews)) or 'none'}",
            f"Changed of closed weeks: {count(len(agenda.revisions), 'figure')}",
        ]
    )


def write_agenda(outbox: Path, agenda: Agenda, held: Mapping[str, Any] | None = None) -> Path:
    """Write the agenda or the minutes as Markdown and as a page; return the page's path."""
    folder = outbox / "weekly"
    name = f"{agenda.iso_week}-{'minutes' if held else 'agenda'}"
    text = agenda_markdown(agenda, held)
    write_whole(folder / f"{name}.md", text)
    body = MarkdownIt("commonmark", {"html": False}).enable("table").render(text)
    return write_whole(folder / f"{name}.html", _PAGE.format(title=name, body=body))


def record_messages(
    night: Night, ledger: Ledger, agenda: Agenda, held: Mapping[str, Any] | None
) -> None:
    """Put the agenda or the minutes in the outbox, one message for each who is to have it."""
    people = night.shop.people.values()
    top = night.shop.people.get("owner") or night.shop.people.get("operations")
    kind = "minutes" if held else "agenda"
    owners = {line.owner for line in agenda.red} | {top.owner if top else None}
    for person in {one.owner: one for one in people if one.owner in owners}.values():
        to = night.shop.answers_on(person, night.business_date)
        ledger.record_notice(
            Alert(
                alert_key=f"weekly/{agenda.iso_week}/{kind}/{to}",
                kind=f"weekly.{kind}",
                about=f"weekly/{agenda.iso_week}",
                business_date=night.business_date,
                station="analytics",
                severity="info",
                owner=person.owner,
                deputy=person.deputy,
                sent_to=to,
                subject=f"{kind.capitalize()} of the weekly review of {agenda.iso_week}",
                body=agenda_text(agenda, held),
            ),
            at=night.moment,
        )


def _status(line: WeekLine) -> str:
    return words(line.status) + (f": {plain(line.reason)}" if line.status == "no_data" else "")


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = [head, ["---"] * len(head), *([markdown(cell) for cell in row] for row in rows)]
    return [*(f"| {' | '.join(cells)} |" for cells in lines), ""] if rows else [NO_DATA, ""]


_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 60em; margin: 2em auto; padding: 0 1em; }}
table {{ border-collapse: collapse; }}
th, td {{ text-align: left; padding: 4px 12px 4px 0; border-bottom: 1px solid #ccc; vertical-align: top; }}
@media (max-width: 600px) {{ table {{ display: block; overflow-x: auto; }} }}
</style>
</head>
<body>
{body}
</body>
</html>
"""
# What its owner did last: an answer to an alert, or a review of the page.
_LINES = """
    with reviewed as (
        select
            sop, max_by(reviewed_by || ' reviewed the page: ' || outcome, reviewed_at) as action,
            max(reviewed_at) as at
        from ledger.sop_reviews where state = 'closed' group by sop
    ),
    answered as (
        select
            regexp_extract(about, '^expectation/([^/]+)', 1) as kpi,
            max_by(acknowledged_by || ' acknowledged the alert', acknowledged_at) as action,
            max(acknowledged_at) as at
        from marts.alerts where acknowledged_at is not null group by kpi
    )
    select
        week.kpi, if(week.channel = 'all', week.title, week.title || ', ' || week.channel) as title,
        if(week.channel = 'all', dictionary.weekly_rank, null) as weekly_rank,
        week.value, before.value as before_value, week.judged_value, week.judged_days, week.target, week.unit,
        dictionary.currency, week.status, week.reason, week.owner, dictionary.sop, pages.link,
        case
            when answered.at is null or reviewed.at > answered.at
                then reviewed.action || ', ' || strftime(reviewed.at, '%Y-%m-%d')
            else answered.action || ', ' || strftime(answered.at, '%Y-%m-%d')
        end as last_action
    from marts.kpi_weekly as week
    inner join marts.kpi_dictionary as dictionary using (kpi)
    left join marts.kpi_weekly as before
        on week.kpi = before.kpi and week.channel = before.channel
        and before.iso_week = (select max(iso_week) from marts.kpi_weekly where iso_week < week.iso_week)
    left join marts.sop_register as pages on dictionary.sop = pages.sop
    left join reviewed on dictionary.sop = reviewed.sop
    left join answered on week.kpi = answered.kpi
    where (week.channel = 'all' or week.status = 'critical') and week.iso_week = $1
    order by array_position(['critical', 'warning', 'off_target', 'ok', 'too_few', 'no_data'], week.status), title
"""
_REVISIONS = """
    select iso_week, title, channel, old_value, new_value, unit, cast(noticed_at as date) as noticed_on
    from marts.kpi_revisions
    where noticed_at >= (select max(noticed_at) from marts.kpi_revisions) - to_days(7)
    order by iso_week, title, channel, noticed_at
"""
_REVIEWS = (
    "select title || ': ' || status from marts.sop_register where status <> 'ok' order by title"
)
