"""The door of what people read: the summary, artifacts, the dashboard, alerts on their way."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from prefect import task
from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.cache_policies import NO_CACHE

from config.folders import handbook_page
from config.shop import Shop
from tasks.ledger import ledger_of
from tasks.rules.backtest import Replay, Result
from tasks.rules.outage import Loss, Outage
from tasks.rules.recall import Recalled
from tasks.rules.stock import Mode, Published
from tasks.run.night import Night
from tasks.run.progress import say
from tasks.run.retrying import WAITS, may_work_later
from tasks.run.wording import count, plain
from tasks.tell import (
    agenda,
    backtest,
    contingency,
    heartbeat,
    pick_lists,
    purchases,
    summary,
    worklist,
)
from tasks.tell.dashboard import write_dashboard
from tasks.tell.delivery import deliver_pending
from tasks.tell.forms import Forms, forms_of
from tasks.warehouse.connection import open_warehouse

ROWS_SHOWN = 500  # of a table on a run's page: with ten thousand the page does not open


@task(cache_policy=NO_CACHE)
def write_pages(night: Night) -> None:
    """Write the page of what each person has to do, and the owner's dashboard, which links to it."""
    folder = night.shop.folder
    with open_warehouse(folder) as con:
        worklist.write_page(con, night.shop, folder.worklist_page, forms_of(night.shop.name))
        write_dashboard(con, folder.dashboard, handbook=handbook_page())


@task(
    retries=3, retry_delay_seconds=WAITS, retry_condition_fn=may_work_later, cache_policy=NO_CACHE
)
def deliver_alerts(night: Night) -> int:
    """Deliver what the outbox holds, leftovers of earlier nights too; a replay alerts nobody."""
    if night.is_replay:
        return 0
    with ledger_of(night.shop) as ledger:
        delivered = deliver_pending(ledger, night.shop)
    say(f"{count(delivered, 'alert')} delivered")
    return delivered


@task(
    retries=3, retry_delay_seconds=WAITS, retry_condition_fn=may_work_later, cache_policy=NO_CACHE
)
def report_whole_night(night: Night) -> None:
    """Tell the shop's monitor outside that the night is whole, where the shop has one."""
    if heartbeat.beat(night):
        say("the monitor has its heartbeat")


@task(cache_policy=NO_CACHE)
def send_agenda(night: Night, week: str) -> None:
    """Write the agenda of a week, or its minutes once its review was held, and record who is sent it.

    It goes to whoever answers for the shop and for each metric that is red.
    """
    shop = night.shop
    with open_warehouse(shop.folder) as con, ledger_of(shop) as ledger:
        about = agenda.read_agenda(con, shop, week)
        held = next((r for r in ledger.rows("weekly_reviews") if r["iso_week"] == week), None)
        path = agenda.write_agenda(shop.folder.outbox, about, held)
        agenda.record_messages(night, ledger, about, held)
    create_markdown_artifact(
        agenda.agenda_markdown(about, held), key="weekly-review", description=f"{week}: {path.name}"
    )
    say(f"{path}")


def show_summary(night: Night) -> str:
    """Put the night's summary and tables on the run's page; return the summary as text."""
    with open_warehouse(night.shop.folder) as con:
        figures = summary.read_summary(con)
        tables = {
            "reorder-plan": (summary.reorder_table(con), "What to reorder, most urgent first"),
            "payouts-by-channel": (
                summary.channel_payouts_table(con),
                "What each channel paid out, what ties to the cent, and what is open",
            ),
            "payout-reconciliation": (
                summary.reconciliation_table(con),
                "Payouts that are not reconciled",
            ),
            "failing-expectations": (
                summary.failing_expectations_table(con),
                "Expectations that failed",
            ),
        }
    create_markdown_artifact(
        summary.as_markdown(figures),
        key=_key(night, "start-here"),
        description=f"Open this first. {done_night(night)}",
    )
    for key, (rows, description) in tables.items():
        table_artifact(rows, _key(night, key), description)
    return summary.as_text(figures, places_of(night.shop), color=False)


def places_of(shop: Shop) -> dict[str, str]:
    """Return where the results are that a night has left, for a person; short if below this folder."""
    folder = shop.folder
    places = {"dashboard": folder.dashboard, "marts": folder.marts}
    if not shop.is_replay:
        places |= {
            "who does what": folder.worklist_page,
            "stock files": folder.outbox / "stock",
            "pick lists": folder.outbox / "pick_lists",
            "purchase orders": folder.outbox / "purchase_orders",
            "buyer's workbook": folder.outbox / "buying" / "buyers_workbook.xlsx",
            "journal": folder.outbox / "accounting",
            "worklists": folder.outbox / "worklists",
            "weekly review": folder.outbox / "weekly",
            "alerts": folder.outbox / "alerts",
        }
    here = Path.cwd()
    return {
        name: str(place.relative_to(here) if place.is_relative_to(here) else place)
        for name, place in places.items()
        if place.exists()
    }


def show_worklists(night: Night) -> None:
    """Put what each person has to do on the run's page, a table for each."""
    with open_warehouse(night.shop.folder) as con:
        for desk in worklist.desks(con, forms_of(night.shop.name)):
            person = re.sub(r"[^a-z0-9]+", "-", desk.person.casefold()).strip("-")
            table_artifact(
                worklist.table(desk, night.shop, night.moment),
                _key(night, f"worklist-{person}"),
                f"{desk.person}: {count(desk.total, 'thing')} to do, {count(desk.late)} late",
                desk.total,
            )


def done_night(night: Night) -> str:
    """Return in one line what a night that went well leaves to do, and whose the first of it is."""
    with open_warehouse(night.shop.folder) as con:
        return worklist.headline(worklist.desks(con, Forms(night.shop.name)), night.shop)


def failed_night(night: Night, messages: Sequence[str]) -> str:
    """Return in one line what failed in a night, and who looks at it; every step says what to do."""
    first = plain(messages[0]).removeprefix("Flow run encountered an exception: ")
    more = f" {count(len(messages) - 1, 'other step')} failed too." if len(messages) > 1 else ""
    shop = night.shop
    who = shop.answers_on(shop.people[shop.owner_role], night.business_date)
    return f"{first}{more} The rest of the night is done. Whose: {who}; fix it and run the night again."


def show_resolved(night: Night, cases: Sequence[Mapping[str, object]]) -> None:
    """Put the cases that a person has just closed or taken in hand on the run's page."""
    names = ("type", "subject_id", "station", "tier", "amount_at_stake", "currency", "evidence")
    table_artifact(
        [
            {"id": row["exception_id"], **{name: plain(row[name] or "") for name in names}}
            for row in cases
        ],
        _key(night, "resolved-cases"),
        f"{count(len(cases), 'case')} closed or taken in hand",
    )


def show_stock(
    night: Night, published: Published, unsent: Mapping[str, int], dry_run: bool
) -> None:
    """Put the stock of each channel on the run's page: by channel, and the changed numbers.

    `unsent` are the listings of a channel that no file can send: they have changed nothing there.
    """
    with open_warehouse(night.shop.folder) as con:
        rows = summary.stock_table(con)
    written = "Dry run: nothing was written." if dry_run else "The files are in the outbox."
    lines = [
        "| channel | listings | units published | changed | not sent |",
        "| :-- | --: | --: | --: | --: |",
    ]
    for channel in sorted({*published.channel}):
        own = published[(published.channel == channel) & (published.mode != Mode.READ_ONLY)]
        units, not_sent = own.published_units.sum(), unsent.get(channel, 0)
        changed = (own.delta != 0).sum() - not_sent
        lines.append(f"| {channel} | {len(own):,} | {units:,} | {changed:,} | {not_sent:,} |")
    create_markdown_artifact(
        f"{written} Stock judged at {night.moment:%Y-%m-%d %H:%M} UTC.\n\n" + "\n".join(lines),
        key=_key(night, "stock-sync"),
        description="Stock published to each channel",
    )
    table_artifact(
        rows, _key(night, "channel-stock"), f"{len(published):,} listings; changed ones first"
    )


def show_reorders(night: Night) -> None:
    """Put the reorder plan on the run's page."""
    with open_warehouse(night.shop.folder) as con:
        table_artifact(
            summary.reorder_table(con),
            _key(night, "reorder-plan"),
            "What to reorder, most urgent first",
        )


def show_purchases(night: Night) -> None:
    """Put what is open with each supplier on the run's page: what a person decides on."""
    with open_warehouse(night.shop.folder) as con, ledger_of(night.shop) as ledger:
        table_artifact(
            purchases.purchase_table(con, ledger, night),
            _key(night, "purchase-orders"),
            "Purchase orders that wait or may be placed: approve_purchase_orders takes their keys",
        )


def show_pick_lists(night: Night) -> None:
    """Put what each location picks on the run's page, and where its list is."""
    with open_warehouse(night.shop.folder) as con:
        table_artifact(
            pick_lists.pick_list_table(con),
            _key(night, "pick-lists"),
            f"What each location picks: the lists are in {night.shop.folder.outbox / 'pick_lists'}",
        )


def show_backtest(night: Night, results: Sequence[Result], replays: Sequence[Replay]) -> None:
    """Put a backtest on the run's page: by class and policy, and the SKUs that differ most."""
    for sentence in backtest.comparison(results, night.shop.currency):
        say(sentence)
    create_markdown_artifact(
        backtest.as_markdown(results, night.shop.currency),
        key=_key(night, "backtest"),
        description="What each policy would have sold, lost and kept",
    )
    table_artifact(
        backtest.sku_table(replays),
        _key(night, "backtest-skus"),
        "Units lost by SKU, the widest difference first",
    )


def show_recall(night: Night, sku: str, found: Sequence[Recalled]) -> None:
    """Put a recall on the run's page: how far it goes, and every order, shelf and purchase order."""
    text = contingency.recall_as_markdown(sku, found)
    say(text)
    create_markdown_artifact(text, key=_key(night, "recall"), description=f"Recall of {sku}")
    table_artifact(
        contingency.recall_table(found),
        _key(night, "recall-rows"),
        "Orders and stock of the recall",
    )


def show_outage(night: Night, outage: Outage, losses: Sequence[Loss]) -> None:
    """Put an outage on the run's page: what it costs, and its SKUs, the worst first."""
    text = contingency.outage_as_markdown(outage, losses, night.shop.currency)
    say(text)
    description = f"{outage.supplier} down for {count(outage.days, 'day')}"
    create_markdown_artifact(text, key=_key(night, "supplier-down"), description=description)
    table_artifact(
        contingency.outage_table(losses),
        _key(night, "supplier-down-skus"),
        "What runs out, and when",
    )


def show_payouts(night: Night) -> None:
    """Put the reconciliation on the run's page: by channel, what is open, and what to do about it."""
    with open_warehouse(night.shop.folder) as con:
        tables = {
            "payouts-by-channel": (
                summary.channel_payouts_table(con),
                "What each channel paid out, what ties to the cent, and what is open",
            ),
            "payout-reconciliation": (
                summary.reconciliation_table(con),
                "Payouts that are not reconciled",
            ),
            "payout-worklist": (
                summary.payout_worklist_table(con),
                "What needs a person, worst first, with what it most likely is",
            ),
        }
    for key, (rows, description) in tables.items():
        table_artifact(rows, _key(night, key), description)


def table_artifact(
    rows: Sequence[Mapping[str, object]], key: str, description: str, total: int = 0
) -> None:
    """Put a table on the run's page: as many of its rows as a page opens with, and how many there are.

    Args:
        rows: What is shown, what matters most first.
        key: The artifact's.
        description: What the rows are.
        total: How many there are, where `rows` are the first of more.
    """
    shown = rows[:ROWS_SHOWN]
    if (total := max(total, len(rows))) > len(shown):
        description += (
            f" (the first {count(len(shown))} of {count(total)}; the marts have them all)"
        )
    create_table_artifact([dict(row) for row in shown], key=key, description=description)


def _key(night: Night, key: str) -> str:
    """Return the key of an artifact: a replay's never replaces the shop's newest."""
    return f"replay-{key}" if night.is_replay else key
