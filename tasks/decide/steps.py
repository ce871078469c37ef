"""The door of the decisions: stock, reorders, exceptions, KPI verdicts, and what people decide."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE

from config.errors import FatalError, UsageError
from config.kpi import load_sops
from config.shop import Shop
from tasks.decide import (
    approval,
    backtest,
    cases,
    escalation,
    exceptions,
    last_decision,
    outages,
    overrides,
    purchases,
    recall,
    reorders,
    stock,
    verdicts,
    weekly,
)
from tasks.decide.approval import Selection
from tasks.decide.cases import Cases
from tasks.decide.people import acting, require_tier
from tasks.ledger import Subject, ledger_of
from tasks.reading.masking import masked
from tasks.rules.backtest import Policy, Replay, Result
from tasks.rules.outage import Loss, Outage
from tasks.rules.override import Stated
from tasks.rules.recall import Recalled
from tasks.run.night import Night
from tasks.run.progress import say
from tasks.run.wording import count
from tasks.warehouse.catalog import tables_of
from tasks.warehouse.connection import open_warehouse


@task(cache_policy=NO_CACHE)
def decide_stock(night: Night) -> stock.Decided:
    """Decide the units to publish of every listing, and until when that holds."""
    with open_warehouse(night.shop.folder) as con:
        return stock.decide_stock(con, night)


def decision_that_holds(
    night: Night, reports: Collection[str]
) -> last_decision.StockDecision | None:
    """Return the last decision about stock, made of `reports`, if one of now would be the same."""
    with open_warehouse(night.shop.folder) as con, ledger_of(night.shop) as ledger:
        return last_decision.still_holds(con, night, reports, ledger.rows("overrides"))


@task(cache_policy=NO_CACHE)
def note_decision(night: Night, reports: Collection[str], decided: stock.Decided) -> None:
    """Note that stock, made of `reports`, is decided and its files are written."""
    with open_warehouse(night.shop.folder) as con, ledger_of(night.shop) as ledger:
        overridden, listings = ledger.rows("overrides"), len(decided.published)
        last_decision.note_decision(con, night, reports, overridden, listings, decided.holds_until)


@task(cache_policy=NO_CACHE)
def note_oversells(night: Night) -> None:
    """Keep in the ledger what is oversold, and since when."""
    with open_warehouse(night.shop.folder) as con, ledger_of(night.shop) as ledger:
        stock.note_oversells(con, night, ledger)


@task(cache_policy=NO_CACHE)
def plan_and_suggest(night: Night) -> int:
    """Make the reorder plan and the suggested purchase orders; return how many are new."""
    with open_warehouse(night.shop.folder) as con, ledger_of(night.shop) as ledger:
        plans = reorders.decide_reorders(con, night)
        new = purchases.suggest_orders(con, night, ledger, plans)
    say(f"{count(len(set(plans.sku)), 'SKU')} looked at, {count(new, 'new suggestion')}")
    return new


@task(cache_policy=NO_CACHE)
def backtest_policies(night: Night, policies: str) -> tuple[list[Result], list[Replay]]:
    """Replay the shop's history under each policy named; return what each comes to, and by SKU."""
    chosen = [Policy(name) for name in dict.fromkeys(policies.split(","))]
    with open_warehouse(night.shop.folder) as con:
        results, replays = backtest.run_backtest(con, night, chosen)
    say(f"{count(len({replay.sku for replay in replays}), 'SKU')} replayed")
    return results, replays


def require_decisions(night: Night) -> None:
    """Decide what no run has decided yet, for marts that are built alone; nothing is sent or suggested."""
    with open_warehouse(night.shop.folder) as con:
        existing = tables_of(con)
        if "ops.channel_stock" not in existing:
            stock.decide_stock(con, night)
        if "ops.reorder_plan" not in existing:
            reorders.decide_reorders(con, night)
        if backtest.TABLE not in existing:
            backtest.keep(con, ())


@task(cache_policy=NO_CACHE)
def sync_exceptions(night: Night) -> int:
    """Open a case for everything new that needs a person, close what is fixed; return those opened."""
    with open_warehouse(night.shop.folder) as con, ledger_of(night.shop) as ledger:
        stock.note_oversells(con, night, ledger)
        synced = exceptions.sync_exceptions(con, night, ledger)
    say(f"{count(synced.opened, 'exception')} opened, {synced.closed} closed")
    return synced.opened


@task(cache_policy=NO_CACHE)
def check_expectations(night: Night) -> list[str]:
    """Hold every KPI to its limit, send unanswered alerts up a tier; return the KPIs that failed."""
    with open_warehouse(night.shop.folder) as con, ledger_of(night.shop) as ledger:
        checked = verdicts.check_kpis(con, night, ledger)
        raised = escalation.escalate(night, ledger)
        revised = weekly.log_revisions(con, night, ledger)
    failed = sorted({verdict.kpi for verdict in checked if verdict.failed})
    judged = {verdict.kpi for verdict in checked if verdict.success is not None}
    say(f"{count(len(judged), 'KPI')} judged, {len(failed)} beyond their limit")
    if raised:
        say(f"{count(raised, 'unanswered alert')} went up a tier")
    if revised:
        say(f"{count(revised, 'figure')} of frozen weeks changed: marts.kpi_revisions")
    return failed


def person(shop: Shop, who: str) -> str:
    """Return the address of one of the shop's people, or refuse a stranger."""
    return acting(shop, who)


def selection(supplier: str, lines: str, everything: bool) -> Selection:
    """Return what a form asks to decide on: a supplier's lines, lines by key, or all that waits."""
    return Selection(supplier, approval.lines_of(lines), everything)


def subject(sku: str, supplier: str, what: Stated) -> Subject:
    """Return what an override is of: one figure of a SKU or of a supplier."""
    return overrides.subject(sku, supplier, what)


@task(cache_policy=NO_CACHE)
def decide_purchase_orders(
    night: Night, chosen: Selection, approve: bool, who: str, why: str
) -> int:
    """Record the decision of who may make it, return its lines.

    Who may is said by all that is open with the supplier and approved or waits, so that no order
    above the limit is approved line by line.

    Raises:
        FatalError: `who` may not decide on such an order, or nothing of the selection waits.
    """
    with ledger_of(night.shop) as ledger:
        rows = ledger.rows("purchase_suggestions")
        lines = chosen.of([row for row in rows if row["state"] == "pending_approval"])
        with open_warehouse(night.shop.folder) as con:
            units = chosen.corrected(lines, purchases.tonight(con))
        decided_on = {line["po_key"] for line in lines}
        for supplier in sorted({line["supplier"] for line in lines}):
            together = [
                {
                    **row,
                    "line_amount": units.get(row["po_key"], row["units"]) * row["unit_cost_amount"],
                }
                for row in rows
                if row["supplier"] == supplier
                and (row["state"] == "approved" or row["po_key"] in decided_on)
            ]
            approval.require_approver(night.shop, who, night.business_date, together)
        by = acting(night.shop, who)
        decided = ledger.decide(
            approve=approve, who=by, why=masked(why), at=night.moment,
            po_keys=sorted(decided_on), units=units if approve else {},
        )  # fmt: skip
    word = "approved" if approve else "rejected"
    changed = f", {len(units)} of them with other units" if units and approve else ""
    say(f"{count(len(decided), 'line')} {word} by {by}{changed}")
    return len(decided)


@task(cache_policy=NO_CACHE)
def set_override(night: Night, of: Subject, value: str, until: date, who: str, why: str) -> bool:
    """Keep what a person states of a SKU or a supplier; whether it changes anything.

    Raises:
        FatalError: `who` may not state it, or nobody knows the SKU or supplier.
        UsageError: the value is missing or cannot be, or its last day is over.
    """
    by = overrides.require_right(night, Stated(of.what), who)
    with open_warehouse(night.shop.folder) as con:
        number = overrides.require_sense(con, night, of, value, until)
    with ledger_of(night.shop) as ledger:
        is_new = ledger.set_override(
            of, value=number, until=until, who=by, why=masked(why), at=night.moment
        )
    holds = f"{of.what} of {of.subject_id} is {number} until {until}"
    say(f"{holds}, from the next plan or sync on" if is_new else f"{holds}: it was so before")
    return is_new


@task(cache_policy=NO_CACHE)
def end_override(night: Night, of: Subject, who: str, why: str) -> None:
    """Take an override back.

    Raises:
        FatalError: `who` may not state it, or there is none.
    """
    by = overrides.require_right(night, Stated(of.what), who)
    with ledger_of(night.shop) as ledger:
        ledger.end_override(of, who=by, why=masked(why), at=night.moment)
    say(f"{of.what} of {of.subject_id} is what the data say again, from the next plan or sync on")


@task(cache_policy=NO_CACHE)
def order_from_supplier(night: Night, supplier: str, who: str, why: str) -> int:
    """Record that a supplier's lines were ordered; they leave its purchase order file.

    Raises:
        FatalError: `who` may not buy, or the supplier has no line that may be ordered.
    """
    by = approval.require_buyer(night.shop, who, night.business_date)
    with ledger_of(night.shop) as ledger:
        keys = [row["po_key"] for row in ledger.waiting_to_order(supplier)]
        if not keys:
            raise FatalError(
                f"No line of supplier {supplier!r} may be ordered in {night.shop.name}. See the"
                " spelling and the state of its lines in marts.purchase_suggestions."
            )
        moved = ledger.order(keys, who=by, why=masked(why), at=night.moment, on=night.business_date)
    say(f"{supplier}: {count(len(moved), 'line')} ordered by {by}")
    return len(moved)


@task(cache_policy=NO_CACHE)
def acknowledge(night: Night, alert: str, who: str, why: str) -> bool:
    """Record that somebody is on an alert.

    Raises:
        FatalError: the shop has no such person or alert.
    """
    by = acting(night.shop, who)
    with ledger_of(night.shop) as ledger:
        is_first = ledger.acknowledge_alert(alert, who=by, why=masked(why), at=night.moment)
    say("acknowledged" if is_first else "somebody had acknowledged it before: nothing changed")
    return is_first


def cases_of(ids: str, type_: str = cases.ANY, station: str = cases.ANY) -> Cases:
    """Return what a form asks to decide on: cases by id, or all of a type or a station."""
    return cases.cases_of(ids, type_, station)


@task(cache_policy=NO_CACHE)
def close_cases(night: Night, chosen: Cases, who: str, why: str) -> list[Mapping[str, Any]]:
    """Record that a person closed cases; return those that were open.

    Raises:
        FatalError: one of them is beyond `who`, and then none is closed; or there is none such.
    """
    with ledger_of(night.shop) as ledger:
        wanted = chosen.of(ledger.rows("exceptions"))
        by = require_tier(night.shop, who, night.business_date, wanted)
        closed = ledger.close_exceptions(
            [row["exception_id"] for row in wanted], who=by, why=masked(why), at=night.moment
        )
    say(f"{count(len(closed), 'case')} closed by {by}")
    if len(closed) < len(wanted):
        say(f"{count(len(wanted) - len(closed), 'case')} closed before: nothing changed")
    return closed


@task(cache_policy=NO_CACHE)
def take_cases(night: Night, chosen: Cases, who: str, why: str) -> list[Mapping[str, Any]]:
    """Record that a person has cases in hand, of whatever tier; return those of which it is new.

    Raises:
        FatalError: the shop has no such person, or no such case is open.
    """
    by = acting(night.shop, who)
    with ledger_of(night.shop) as ledger:
        wanted = chosen.of(ledger.rows("exceptions"))
        taken = ledger.acknowledge_exceptions(
            [row["exception_id"] for row in wanted], who=by, why=masked(why), at=night.moment
        )
    say(f"{by} has {count(len(taken), 'case')} in hand")
    if len(taken) < len(wanted):
        say(f"{by} had {len(wanted) - len(taken)} in hand before: nothing changed")
    return taken


@task(cache_policy=NO_CACHE)
def freeze_week(night: Night) -> str:
    """Freeze the week that closed last, where it is not yet; return it."""
    with open_warehouse(night.shop.folder) as con, ledger_of(night.shop) as ledger:
        week = weekly.freeze(con, night, ledger)
    say(f"{week} is frozen")
    return week


@task(cache_policy=NO_CACHE)
def hold_weekly_review(night: Night, week: str, who: str, attendees: str, decisions: str) -> bool:
    """Keep that the review of a week was held.

    Raises:
        UsageError: somebody who was there has no role in the shop.
        FatalError: the shop has no such person.
    """
    by = acting(night.shop, who)
    with ledger_of(night.shop) as ledger:
        is_new = weekly.hold(night, ledger, week, by, attendees, masked(decisions))
    say(
        f"the review of {week} is kept"
        if is_new
        else f"the account of the review of {week} is kept"
    )
    return is_new


@task(cache_policy=NO_CACHE)
def record_review(night: Night, sop: str, outcome: str, who: str, notes: str) -> int:
    """Record that an SOP was reviewed.

    Raises:
        UsageError: there is no such page.
        FatalError: the shop has no such person.
    """
    by = acting(night.shop, who)
    if sop not in load_sops():
        raise UsageError(f"There is no SOP {sop!r}. There are {', '.join(load_sops())}.")
    with ledger_of(night.shop) as ledger:
        closed = ledger.record_review(
            sop,
            who=by,
            outcome=outcome,
            notes=masked(notes),
            review_date=night.business_date,
            at=night.moment,
        )
    say(f"the review of {sop} is kept; {count(closed, 'open review')} closed by it")
    return closed


@task(cache_policy=NO_CACHE)
def find_recalled(night: Night, sku: str, first: date, last: date, lot: str) -> list[Recalled]:
    """Find every unit of a SKU that was sold or left in those days, is on a shelf or on order."""
    with open_warehouse(night.shop.folder) as con:
        return recall.recalled(con, sku, first, last, lot)


@task(cache_policy=NO_CACHE)
def suppose_supplier_down(
    night: Night, supplier: str, days: int, first: date
) -> tuple[Outage, list[Loss]]:
    """Say what happens to each SKU of a supplier that is down for `days` days from `first` on.

    Raises:
        UsageError: it begins before the night, or nothing is bought from such a supplier.
    """
    if first < night.business_date:
        raise UsageError(
            f"first_date {first} is before {night.business_date}: the stock of then is not known now."
        )
    outage = Outage(supplier, first, days, night.business_date)
    with open_warehouse(night.shop.folder) as con:
        return outage, outages.losses(con, outage, night.shop.reorder.late_receipt_days)
