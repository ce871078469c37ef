"""The steps of a night as Prefect tasks: each opens what it needs, calls one thing, says what came.

Tasks hand over names and counts, never frames or connections: a step that is killed is run again.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from prefect import task
from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.cache_policies import NO_CACHE

from config.check import notices
from config.errors import FatalError, RetryableError
from config.export import load_exports
from config.kpi import load_sops
from config.shop import Shop
from config.strict import ROOT
from tasks import alarm, approval, decide_reorders, decide_stock, privacy, summary
from tasks.alerts import deliver_pending
from tasks.build import build
from tasks.dashboard import write_dashboard
from tasks.journal import write_journal
from tasks.ledger_tables import write_ledger_tables
from tasks.load import forget_facts, has_facts, load, note_facts
from tasks.masking import masked
from tasks.models import read_models, read_rules, upstream
from tasks.night import Night, last_night_by
from tasks.normalize import normalize, record_refused
from tasks.progress import say
from tasks.publish import publish
from tasks.pull import Pulled, pull
from tasks.raw import Raw
from tasks.redacted import GONE
from tasks.replays import ledger_of as ledger_of
from tasks.replays import make, past_of
from tasks.rules.stock import Mode, Published
from tasks.settings_tables import write_settings
from tasks.sightings import record_sightings
from tasks.warehouse import open_warehouse
from tasks.wording import count

SQL = ROOT / "sql"
LISTED = 20  # files named one by one
# What the decisions of a night read; KPIs look at marts and are built with them.
FACTS = {
    "core",
    "ops.report_presence",
    "ops.missing_reports",
    "ops.open_demand",
    "ops.stock_position",
    "ops.stock_echo",
    "ops.demand_daily",
    "ops.payout_bank",
    "ops.bank_statements",
    "ops.payout_gaps",
    "ops.payout_orphans",
}
PAYOUTS = FACTS | {
    "marts.payout_reconciliation", "marts.payout_lines", "marts.payout_exceptions",
    "marts.expected_payouts", "marts.reserve_rollforward", "marts.journal_entries",
}  # fmt: skip


def may_work_later(_task: object, _run: object, state: object) -> bool:
    """Return whether waiting can help: only what is marked as retryable is tried again."""
    try:
        state.result()  # type: ignore[attr-defined]
    except RetryableError:
        return True
    except Exception:  # noqa: BLE001, any other error is final, and is raised by Prefect itself
        return False
    return False


WAITS: list[float] = [5, 30, 120]  # seconds before each further try


@task(
    retries=3, retry_delay_seconds=WAITS, retry_condition_fn=may_work_later, cache_policy=NO_CACHE
)
def pull_files(shop: Shop, by: datetime | None = None) -> Pulled:
    """Keep every new file of the shop's sources in raw; fail, at the end, if a source failed.

    With `by`, only what had come by that moment.
    """
    for notice in notices(shop):
        say(f"note: {notice}")
    pulled = pull(shop, datetime.now(UTC), by)
    say(
        f"pulled {count(len(pulled.new), 'new file')}, {pulled.known} known,"
        f" {len(pulled.left)} left where they are"
    )
    if by and pulled.later:
        say(
            f"{count(pulled.later, 'file')} came after {by:%Y-%m-%d %H:%M} UTC: a later night takes them"
        )
    for left in pulled.left[:LISTED]:
        say(f"left alone: {left.name}: {left.reason}")
    if len(pulled.left) > LISTED:
        say(f"left alone: {len(pulled.left) - LISTED} more, all in landing.left_alone")
    with open_warehouse(shop.folder) as con:
        con.execute("delete from landing.left_alone")
        for file in pulled.left:
            con.execute(
                "insert into landing.left_alone values (?, ?, ?, ?)",
                [file.address, file.name, file.bytes, file.reason],
            )
    pulled.require_all()
    return pulled


@task(cache_policy=NO_CACHE, task_run_name="normalize {platform}")
def normalize_platform(night: Night, platform: str) -> int:
    """Stage every file of one platform that is not staged yet; return the rows read."""
    arrivals = Raw(night.shop.folder.raw).arrivals(night.moment)
    rows = 0
    failures: list[Exception] = []
    with open_warehouse(night.shop.folder) as con:
        if not platform:
            record_refused(con, night, [a for a in arrivals if not a.report])
        for export in load_exports().values():
            if export.platform != platform:
                continue
            try:
                landed = normalize(
                    con, night, export, [a for a in arrivals if a.report == export.name]
                )
            except Exception as error:  # noqa: BLE001, raised once the other reports are read
                say(f"{export.name} failed; the other reports of {platform} are read")
                failures.append(error)
                continue
            refused = [file for file in landed if file.status == "rejected"]
            if landed:
                read = sum(file.rows_read for file in landed if file.status == "accepted")
                note = f", {len(refused)} refused" if refused else ""
                say(f"{export.name}: {count(len(landed), 'file')}, {count(read, 'row')}{note}")
                rows += read
            for file in refused:
                say(f"refused: {file.reason}")
            failures += [FatalError(file.reason) for file in refused if file.code == GONE]
    if failures:
        raise failures[0]
    return rows


def platforms_of(shop: Shop, by: datetime | None = None) -> list[str]:
    """Return the platforms of which files have landed; '' stands for files that are no export.

    With `by`, of files that had come by that moment.
    """
    reports = {arrival.report for arrival in Raw(shop.folder.raw).arrivals(by)}
    return sorted({report.partition(".")[0] for report in reports})


@task(cache_policy=NO_CACHE)
def load_facts(night: Night) -> int:
    """Make the canonical tables, the settings tables and the facts in core and ops."""
    with open_warehouse(night.shop.folder) as con, ledger_of(night.shop) as ledger:
        forget_facts(con)
        load(con, night.shop)
        record_sightings(con, night)
        write_settings(con, night)
        write_ledger_tables(con, ledger)
        built = build(con, read_models(SQL), read_rules(SQL), only=FACTS)
        note_facts(con, night)
    if anew := sum(table.rebuilt for table in built):
        say(f"{anew} of {len(built)} tables of facts built anew")
    return len(built)


def require_facts(night: Night) -> None:
    """Load the facts, unless this very run has: a flow of a night finds them, one alone does not."""
    with open_warehouse(night.shop.folder) as con:
        is_loaded = has_facts(con, night)
    if is_loaded:
        return
    if night.is_replay:  # alone, it finds no rows that an ingest staged
        for platform in platforms_of(night.shop, night.moment):
            normalize_platform(night, platform)
    load_facts(night)


@task(cache_policy=NO_CACHE)
def tell_channels(night: Night, dry_run: bool) -> list[Published]:
    """Decide what each channel is told, and write the stock files unless it is a dry run.

    A replay writes none: its numbers were sent, or never will be.
    """
    dry_run = dry_run or night.is_replay
    with open_warehouse(night.shop.folder) as con, ledger_of(night.shop) as ledger:
        told = decide_stock.decide_stock(con, night, ledger)
        files = [] if dry_run else decide_stock.push_stock(con, night, ledger, told)
        build(con, read_models(SQL), read_rules(SQL), only={"marts.channel_stock"})
    changed = sum(row.delta != 0 for row in told if row.mode is not Mode.READ_ONLY)
    say(
        f"{count(len(told), 'listing')} decided, {changed:,} changed,"
        f" {count(len(files), 'stock file')} written"
    )
    return told


@task(cache_policy=NO_CACHE)
def plan_and_suggest(night: Night) -> int:
    """Make the reorder plan and the suggested purchase orders; return how many are new."""
    with open_warehouse(night.shop.folder) as con, ledger_of(night.shop) as ledger:
        plans = decide_reorders.decide_reorders(con, night)
        new = decide_reorders.suggest_orders(con, night, ledger, plans)
        files = [] if night.is_replay else decide_reorders.write_purchase_orders(night, ledger)
        build(con, read_models(SQL), read_rules(SQL), only={"marts.reorder_plan"})
    say(
        f"{count(len(plans), 'SKU')} looked at, {count(new, 'new suggestion')},"
        f" {count(len(files), 'purchase order file')}"
    )
    return new


@task(cache_policy=NO_CACHE)
def build_all_marts(night: Night) -> int:
    """Sync the exceptions and build every mart from what the night found."""
    with open_warehouse(night.shop.folder) as con, ledger_of(night.shop) as ledger:
        models, rules = read_models(SQL), read_rules(SQL)
        build(con, models, rules, only=upstream(models, "ops.findings"))
        synced = alarm.sync_exceptions(con, night, ledger)
        write_ledger_tables(con, ledger)
        built = build(con, models, rules)
    say(
        f"{count(synced.opened, 'exception')} opened, {synced.closed} closed; {len(built)} tables stand"
    )
    return len(built)


@task(cache_policy=NO_CACHE)
def check_expectations(night: Night) -> list[str]:
    """Hold every KPI to its limit, send unanswered alerts up a tier; return the KPIs that failed."""
    with open_warehouse(night.shop.folder) as con, ledger_of(night.shop) as ledger:
        verdicts = alarm.check_kpis(con, night, ledger)
        raised = alarm.escalate(night, ledger)
    failed = sorted({verdict.kpi for verdict in verdicts if verdict.failed})
    judged = {verdict.kpi for verdict in verdicts if verdict.success is not None}
    say(f"{count(len(judged), 'KPI')} judged, {len(failed)} beyond their limit")
    if raised:
        say(f"{count(raised, 'unanswered alert')} went up a tier")
    return failed


@task(
    retries=3, retry_delay_seconds=WAITS, retry_condition_fn=may_work_later, cache_policy=NO_CACHE
)
def deliver_alerts(night: Night) -> int:
    """Deliver what the outbox holds, leftovers of earlier nights too; a replay alerts nobody."""
    if night.is_replay:
        return 0
    with ledger_of(night.shop) as ledger:
        delivered = deliver_pending(ledger, alarm.routes(night.shop), night.shop.folder.outbox)
    say(f"{count(delivered, 'alert')} delivered")
    return delivered


@task(cache_policy=NO_CACHE)
def publish_marts(night: Night) -> Path:
    """Publish the marts as one whole snapshot, and the dashboard and journal with them."""
    folder = night.shop.folder
    with open_warehouse(folder) as con, ledger_of(night.shop) as ledger:
        write_ledger_tables(con, ledger)
        build(con, read_models(SQL), read_rules(SQL))
        path = publish(
            con,
            folder.published,
            f"{night.moment:%Y%m%dT%H%M%SZ}",
            shop=night.shop.name,
            as_of=night.business_date,
            business_date=night.business_date,
        )
        if not night.is_replay:
            write_journal(con, folder.outbox / "journal")
        write_dashboard(con, folder.dashboard)
    say(f"published {path}")
    return path


def show_summary(night: Night) -> str:
    """Put the night's summary and tables on the run's page; return the summary as text."""
    with open_warehouse(night.shop.folder) as con:
        told = summary.read_summary(con)
        tables = {
            "reorder-plan": (summary.reorder_table(con), "What to reorder, most urgent first"),
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
        summary.as_markdown(told), key=_key(night, "night-summary"), description=str(night)
    )
    for key, (rows, description) in tables.items():
        create_table_artifact(rows, key=_key(night, key), description=description)
    return summary.as_text(told, places_of(night.shop), color=False)


def places_of(shop: Shop) -> dict[str, str]:
    """Return where the results of a night lie, for a person."""
    folder = shop.folder
    if shop.is_replay:
        return {"marts": str(folder.marts), "dashboard": str(folder.dashboard)}
    return {
        "marts": str(folder.marts),
        "dashboard": str(folder.dashboard),
        "stock files": str(folder.outbox / "stock"),
        "purchase orders": str(folder.outbox / "purchase_orders"),
        "alerts": str(folder.outbox / "alerts"),
    }


def last_night(shop: Shop, now: datetime) -> datetime:
    """Return the moment a night stands for: the last 02:00 of the shop, or a file that came later.

    So the same files give the same figures however often a night is run that day. It is never
    before the last night there was: no night is a replay unless it is asked for.
    """
    came = [landing.came_at for landing in Raw(shop.folder.raw).landings(now)]
    with ledger_of(shop) as ledger:
        before = ledger.last_night()
    return max([last_night_by(now, shop.zone), *came, *([before] if before else [])])


def begin(shop: Shop, moment: datetime, run_id: str, flow: str) -> Night:
    """Return the night of `shop` as of `moment`, and note in the ledger that there is one.

    A moment before the shop's last night is a replay.
    """
    with ledger_of(shop) as ledger:
        past = past_of(shop, moment, ledger)
        night = Night(past or shop, moment, run_id)
        if past is None:
            ledger.begin_night(night.moment, night.business_date, flow=flow)
        else:
            say(f"a replay as of {moment:%Y-%m-%d %H:%M} UTC: it reports, and changes nothing else")
            make(night, ledger)
    return night


def _key(night: Night, key: str) -> str:
    """Return the key of an artifact: a replay's never stands for the shop's newest."""
    return f"replay-{key}" if night.is_replay else key


def table_artifact(rows: Sequence[Mapping[str, object]], key: str, description: str) -> None:
    """Put a table on the run's page."""
    create_table_artifact([dict(row) for row in rows], key=key, description=description)


@task(cache_policy=NO_CACHE)
def reconcile(night: Night) -> int:
    """Build the payout tables; return how many payouts are neither reconciled nor on their way."""
    with open_warehouse(night.shop.folder) as con:
        build(con, read_models(SQL), read_rules(SQL), only=PAYOUTS)
        rows = con.execute(
            "select status, count(*) from marts.payout_reconciliation group by status order by status"
        ).fetchall()
    counts = dict(rows)
    settled = {"reconciled", "scheduled", "in_transit", "carried_over"}
    say("payouts: " + (", ".join(f"{n} {s.replace('_', ' ')}" for s, n in rows) or "none yet"))
    return sum(n for status, n in counts.items() if status not in settled)


def show_stock(night: Night, told: Sequence[Published], dry_run: bool) -> None:
    """Put what each channel is told on the run's page: by channel, and the changed numbers."""
    with open_warehouse(night.shop.folder) as con:
        rows = summary.stock_table(con)
    written = "Dry run: nothing was written." if dry_run else "The files lie in the outbox."
    lines = ["| channel | listings | units told | changed |", "| :-- | --: | --: | --: |"]
    for channel in sorted({row.channel for row in told}):
        own = [row for row in told if row.channel == channel and row.mode is not Mode.READ_ONLY]
        units, changed = sum(row.published_units for row in own), sum(row.delta != 0 for row in own)
        lines.append(f"| {channel} | {len(own):,} | {units:,} | {changed:,} |")
    create_markdown_artifact(
        f"{written} Stock judged at {night.moment:%Y-%m-%d %H:%M} UTC.\n\n" + "\n".join(lines),
        key=_key(night, "stock-sync"),
        description="What each channel is told",
    )
    table_artifact(
        rows, _key(night, "channel-stock"), f"{len(told):,} listings; changed ones first"
    )


def show_reorders(night: Night) -> None:
    """Put the reorder plan on the run's page."""
    with open_warehouse(night.shop.folder) as con:
        table_artifact(
            summary.reorder_table(con),
            _key(night, "reorder-plan"),
            "What to reorder, most urgent first",
        )


def show_payouts(night: Night) -> None:
    """Put the payouts that are not reconciled on the run's page."""
    with open_warehouse(night.shop.folder) as con:
        table_artifact(
            summary.reconciliation_table(con),
            _key(night, "payout-reconciliation"),
            "Payouts not reconciled",
        )


@task(cache_policy=NO_CACHE)
def decide_purchase_orders(night: Night, supplier: str, approve: bool, who: str, why: str) -> int:
    """Record the decision of who may make it, and write the purchase order files; return its lines.

    Raises:
        FatalError: `who` may not decide on this order, or nothing of the supplier waits.
    """
    with ledger_of(night.shop) as ledger:
        waiting = [
            row
            for row in ledger.rows("purchase_suggestions")
            if row["supplier"] == supplier and row["state"] == "pending_approval"
        ]
        approval.require_approver(night.shop, who, night.business_date, waiting)
        decided = ledger.decide(
            approve=approve, who=who, why=masked(why), at=night.moment, supplier=supplier
        )
        decide_reorders.write_purchase_orders(night, ledger)
    say(
        f"{supplier}: {count(len(decided), 'line')} {'approved' if approve else 'rejected'} by {who}"
    )
    return len(decided)


@task(cache_policy=NO_CACHE)
def order_from_supplier(night: Night, supplier: str, who: str, why: str) -> int:
    """Record that a supplier's lines were ordered; they leave its purchase order file.

    Raises:
        FatalError: `who` may not buy, or the supplier has no line that may be ordered.
    """
    approval.require_buyer(night.shop, who, night.business_date)
    with ledger_of(night.shop) as ledger:
        keys = [row["po_key"] for row in ledger.waiting_to_order(supplier)]
        if not keys:
            raise FatalError(
                f"No line of supplier {supplier!r} may be ordered in {night.shop.name}. See the"
                " spelling and the state of its lines in marts.purchase_suggestions."
            )
        moved = ledger.order(
            keys, who=who, why=masked(why), at=night.moment, on=night.business_date
        )
        decide_reorders.write_purchase_orders(night, ledger)
    say(f"{supplier}: {count(len(moved), 'line')} ordered by {who}")
    return len(moved)


@task(cache_policy=NO_CACHE)
def acknowledge(night: Night, alert: str, who: str, why: str) -> bool:
    """Record that somebody is on an alert."""
    with ledger_of(night.shop) as ledger:
        return ledger.acknowledge_alert(alert, who=who, why=masked(why), at=night.moment)


@task(cache_policy=NO_CACHE)
def destroy_due_files(night: Night) -> int:
    """Destroy the sealed files with personal data that are older than the shop keeps them."""
    destroyed = privacy.destroy_due(night.shop, night.moment)
    if destroyed:
        say(f"{destroyed} files with personal data were due and are destroyed")
    return destroyed


@task(cache_policy=NO_CACHE)
def erase_customer(night: Night, key: str, who: str, why: str) -> int:
    """Erase a customer and note who did it and why."""
    with ledger_of(night.shop) as ledger:
        done = privacy.forget(night.shop, key)
        ledger.record_erasure(
            key, files=done.files, readings=done.readings, who=who, why=masked(why), at=night.moment
        )
    say(f"forgotten: {done.readings} readings blanked, {done.files} sealed files destroyed")
    return done.readings


@task(cache_policy=NO_CACHE)
def drop_warehouse(shop: Shop) -> None:
    """Throw away everything that is computed from raw."""
    shop.folder.warehouse.unlink(missing_ok=True)
    shop.folder.warehouse.with_suffix(".duckdb.wal").unlink(missing_ok=True)


@task(cache_policy=NO_CACHE)
def close_exception(night: Night, exception: str, who: str, why: str) -> bool:
    """Record that a person closed an exception."""
    with ledger_of(night.shop) as ledger:
        return ledger.close_exception(exception, who=who, why=masked(why), at=night.moment)


@task(cache_policy=NO_CACHE)
def record_review(night: Night, sop: str, outcome: str, who: str, notes: str) -> int:
    """Record that an SOP was reviewed.

    Raises:
        FatalError: there is no such page.
    """
    if sop not in load_sops():
        raise FatalError(f"There is no SOP {sop!r}. There are {', '.join(load_sops())}.")
    with ledger_of(night.shop) as ledger:
        return ledger.record_review(
            sop,
            who=who,
            outcome=outcome,
            notes=masked(notes),
            review_date=night.business_date,
            at=night.moment,
        )
