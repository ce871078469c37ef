"""The door of the outbox: stock files, pick lists, purchase orders, the published snapshot, the journal."""

from collections.abc import Sequence
from datetime import date
from functools import partial
from pathlib import Path

from prefect import task
from prefect.cache_policies import NO_CACHE

from config.accounts import SUSPENSE
from tasks.ledger import ledger_of
from tasks.outbox import buyers_workbook, journal, worklists
from tasks.outbox.contingency import write_losses, write_recalled
from tasks.outbox.count_sheets import write_count_sheets
from tasks.outbox.elsewhere import put_elsewhere
from tasks.outbox.pick_lists import write_pick_lists
from tasks.outbox.purchase_orders import write_purchase_orders
from tasks.outbox.snapshot import publish
from tasks.outbox.stock_files import PushFile, Unsent, sendings, write_stock_files
from tasks.rules.outage import Loss, Outage
from tasks.rules.recall import Recalled
from tasks.rules.stock import Published
from tasks.run.night import Night
from tasks.run.progress import say
from tasks.run.retrying import WAITS, may_work_later
from tasks.run.wording import count
from tasks.warehouse.connection import frugally, open_warehouse, within_memory


@task(cache_policy=NO_CACHE)
def push_stock(night: Night, decided: Published, dry_run: bool) -> list[Unsent]:
    """Write the stock files unless it is a dry run; return what no file can send.

    A replay writes none: its numbers were sent, or never will be.
    """
    files: list[PushFile] = []
    with open_warehouse(night.shop.folder) as con, ledger_of(night.shop) as ledger:
        sent, unsent = sendings(con, night, decided)
        if not (dry_run or night.is_replay):
            files = write_stock_files(con, night, ledger, sent)
    changed = sum(row.published_units != row.previous_units for each in sent for row in each.rows)
    say(
        f"{count(len(decided), 'listing')} decided, {changed:,} changed,"
        f" {count(len(files), 'stock file')} written"
    )
    if len(files) > 1:
        say(f"upload them in this order: {', '.join(file.path.name for file in files)}")
    for each in unsent:
        say(f"{each.channel}: {count(each.listings, 'listing')} not sent: {each.why}")
    return unsent


@task(cache_policy=NO_CACHE)
def write_orders_to_place(night: Night) -> int:
    """Write what may be ordered now, two files per supplier; return how many suppliers.

    A replay writes none.
    """
    if night.is_replay:
        return 0
    with open_warehouse(night.shop.folder) as con, ledger_of(night.shop) as ledger:
        files = write_purchase_orders(con, night, ledger)
    orders = sum(path.suffix == ".csv" for path in files)
    say(f"{count(orders, 'purchase order file')}")
    return orders


@task(cache_policy=NO_CACHE)
def publish_marts(night: Night) -> Path:
    """Publish the marts as one whole snapshot."""
    folder = night.shop.folder
    with open_warehouse(folder) as con:
        published = partial(
            publish,
            con,
            folder.published,
            f"{night.moment:%Y%m%dT%H%M%SZ}",
            shop=night.shop.name,
            as_of=night.business_date,
            business_date=night.business_date,
        )
        with frugally(con):
            path = within_memory(con, published)  # the next one puts away what was begun
    say(f"published {path}")
    return path


@task(
    cache_policy=NO_CACHE,
    retries=len(WAITS),
    retry_delay_seconds=WAITS,
    retry_condition_fn=may_work_later,
)
def put_marts_elsewhere(night: Night, snapshot: Path) -> str | None:
    """Put the published snapshot to the shop's object store, where it has one. A replay puts none."""
    address = None if night.is_replay else put_elsewhere(night.shop, snapshot)
    if address:
        say(f"published {address}")
    return address


@task(cache_policy=NO_CACHE)
def write_workbook(night: Night) -> int:
    """Write the buyer's workbook from the built marts; return how many. A replay writes none."""
    if night.is_replay:
        return 0
    with open_warehouse(night.shop.folder) as con:
        buyers_workbook.write_workbook(con, night)
    return 1


@task(cache_policy=NO_CACHE)
def write_journal(night: Night) -> int:
    """Write the accountant's journal, a file a month; return how many. A replay writes none."""
    if night.is_replay:
        return 0
    with open_warehouse(night.shop.folder) as con:
        return len(journal.write_journal(con, night.shop.folder.outbox / "journal"))


@task(cache_policy=NO_CACHE)
def write_books(night: Night) -> int:
    """Write the journal as accounting programs import it; return how many files. A replay writes none."""
    if night.is_replay:
        return 0
    shop = night.shop
    with open_warehouse(shop.folder) as con:
        files, in_suspense = journal.write_books(con, shop.folder.outbox / "accounting", shop)
    if not shop.accounts:
        say("no file for Xero and QuickBooks: the shop file has no accounts")
    if in_suspense:
        name = shop.accounts[SUSPENSE].name
        say(f"booked to {name}, as accounts does not name them: {', '.join(in_suspense)}")
    return len(files)


@task(cache_policy=NO_CACHE)
def write_counts_to_make(night: Night) -> int:
    """Write the count sheet of each counted location; return how many. A replay writes none."""
    if night.is_replay:
        return 0
    with open_warehouse(night.shop.folder) as con:
        return len(write_count_sheets(con, night))


@task(cache_policy=NO_CACHE)
def write_orders_to_pick(night: Night) -> int:
    """Write the pick list of each location; return how many locations have one. A replay writes none."""
    if night.is_replay:
        return 0
    with open_warehouse(night.shop.folder) as con:
        lists = [path for path in write_pick_lists(con, night) if path.suffix == ".csv"]
    say(f"{count(len(lists), 'pick list')}")
    return len(lists)


@task(cache_policy=NO_CACHE)
def write_worklists(night: Night) -> int:
    """Write what each person has to do; return how many files. A replay writes none."""
    if night.is_replay:
        return 0
    with open_warehouse(night.shop.folder) as con:
        return len(worklists.write_worklists(con, night.shop.folder.outbox / "worklists"))


@task(cache_policy=NO_CACHE)
def write_recall(
    night: Night, sku: str, first: date, last: date, found: Sequence[Recalled]
) -> None:
    """Write what a recall found as one file. A replay writes none."""
    if not night.is_replay:
        path = write_recalled(night.shop.folder.outbox / "recalls", sku, first, last, found)
        say(f"{count(len(found), 'row')} in {path}")


@task(cache_policy=NO_CACHE)
def write_outage(night: Night, outage: Outage, losses: Sequence[Loss]) -> None:
    """Write what an outage does to each SKU as one file. A replay writes none."""
    if not night.is_replay:
        shop = night.shop
        path = write_losses(shop.folder.outbox / "what_if", outage, losses, shop.currency)
        say(f"{count(len(losses), 'SKU')} in {path}")
