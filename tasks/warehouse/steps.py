"""The door of the warehouse: facts are loaded, tables are built, everything computed is dropped."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC
from itertools import chain

from duckdb import DuckDBPyConnection
from prefect import task
from prefect.cache_policies import NO_CACHE

from config.export import reports_into
from config.kpi import load_kpis
from config.shop import Shop
from tasks.ledger import Ledger, ledger_of
from tasks.rules.payouts import SETTLED
from tasks.run.night import Night
from tasks.run.progress import say
from tasks.warehouse import given
from tasks.warehouse.build import build
from tasks.warehouse.catalog import tables_of
from tasks.warehouse.changes import followed
from tasks.warehouse.connection import kept_open, open_warehouse
from tasks.warehouse.ledger_tables import write_ledger_tables
from tasks.warehouse.load import forget_facts, has_facts, load, note_facts
from tasks.warehouse.models import Model, fed_by_ledger, read_models, read_rules, upstream
from tasks.warehouse.settings_tables import write_settings

# What a decision about stock reads, and all that it is built from.
STOCK = (
    "core.bundles", "core.listings", "core.order_lines", "core.promotions", "core.sku_map",
    "ops.missing_reports", "ops.oversold", "ops.record_accuracy", "ops.sku_classes", "ops.stock_position",
    "ops.stock_echo",
)  # fmt: skip
# What the other decisions of a night read; KPIs look at marts and are built with them.
FACTS = (
    *STOCK, "ops.inbound_shipments", "ops.open_demand", "ops.demand_daily", "ops.unit_prices",
    "ops.purchase_order_status", "ops.received_since_count", "ops.bank_statements",
    "ops.payout_orphans",
)  # fmt: skip
PAYOUTS = (
    "marts.payout_reconciliation", "marts.payout_lines", "marts.payout_worklist",
    "marts.expected_payouts", "marts.reserve_rollforward", "marts.journal_entries",
)  # fmt: skip
PICKED = ("marts.pick_list", "marts.order_inbox")
JUDGED = ("marts.kpi_daily", "marts.kpi_weekly")


def facts(models: Sequence[Model]) -> frozenset[str]:
    """Return what is built before a night decides: all of core, and of ops what decisions read."""
    return frozenset({"core"}) | upstream(models, *FACTS)


@contextmanager
def warehouse_kept_open(shop: Shop) -> Iterator[None]:
    """Keep the shop's warehouse open in the block; whoever holds the shop's lock may."""
    with kept_open(shop.folder):
        yield


@task(cache_policy=NO_CACHE)
def load_facts(night: Night) -> int:
    """Make the canonical tables, the settings tables and the facts in core and ops."""
    with open_warehouse(night.shop.folder) as con, ledger_of(night.shop) as ledger:
        _load(con, ledger, night)
        models = read_models()
        built = build(con, models, read_rules(), only=facts(models))
        note_facts(con, night)
    if rebuilt := sum(table.rebuilt for table in built):
        say(f"{rebuilt} of {len(built)} tables of facts built")
    return len(built)


@task(cache_policy=NO_CACHE)
def load_stock_facts(night: Night) -> int:
    """Load what a decision about stock reads, and nothing else; the next night finds the facts of no run."""
    with open_warehouse(night.shop.folder) as con, ledger_of(night.shop) as ledger:
        _load(con, ledger, night)
        models = read_models()
        built = build(con, models, read_rules(), only=upstream(models, *STOCK))
    return sum(table.rebuilt for table in built)


def _load(con: DuckDBPyConnection, ledger: Ledger, night: Night) -> None:
    """Make what models read and do not build: the canonical tables, the settings' and the ledger's."""
    forget_facts(con)
    given.forget(con)
    load(con, night.shop)
    write_settings(con, night)
    given.note(con, followed(read_models()))
    write_ledger_tables(con, ledger)


def stock_reports() -> frozenset[str]:
    """Return the reports that a decision about stock is made of."""
    models = read_models()
    made_of = upstream(models, *STOCK) - {"ops.missing_reports"}
    read = {name for model in models if model.table in made_of for name in model.inputs}
    return reports_into({name.removeprefix("valid.") for name in read if name.startswith("valid.")})


def are_facts_loaded(night: Night) -> bool:
    """Return whether this very run has loaded the facts of its moment."""
    with open_warehouse(night.shop.folder) as con:
        return has_facts(con, night)


@task(cache_policy=NO_CACHE)
def build_table(night: Night, table: str) -> None:
    """Build one table, and what leads to it from what a decision has just written."""
    with open_warehouse(night.shop.folder) as con:
        models = read_models()
        build(con, models, read_rules(), only=upstream(models, table))


@task(cache_policy=NO_CACHE)
def build_findings(night: Night) -> int:
    """Build what needs a person, by the ledger as it is now; return how many tables there are."""
    with open_warehouse(night.shop.folder) as con, ledger_of(night.shop) as ledger:
        write_ledger_tables(con, ledger)  # tonight's purchases and pushes are in it by now
        models = read_models()
        return len(build(con, models, read_rules(), only=upstream(models, "checks.findings")))


@task(cache_policy=NO_CACHE)
def build_pick_list(night: Night) -> None:
    """Build what is to be picked and what a case keeps from it, by the ledger as it is now."""
    with open_warehouse(night.shop.folder) as con, ledger_of(night.shop) as ledger:
        write_ledger_tables(con, ledger)
        models = read_models()
        build(con, models, read_rules(), only=upstream(models, *PICKED))


@task(cache_policy=NO_CACHE)
def build_kpis(night: Night) -> int:
    """Build what KPIs are judged on and list their rows from, by the ledger as it is now; return how many tables."""
    with open_warehouse(night.shop.folder) as con, ledger_of(night.shop) as ledger:
        write_ledger_tables(con, ledger)
        models = read_models()
        listed = chain.from_iterable(kpi.marts for kpi in load_kpis().values())
        return len(build(con, models, read_rules(), only=upstream(models, *JUDGED, *listed)))


@task(cache_policy=NO_CACHE)
def build_all_marts(night: Night) -> int:
    """Build every table whose inputs changed, the ledger's among them; return how many there are."""
    with open_warehouse(night.shop.folder) as con, ledger_of(night.shop) as ledger:
        write_ledger_tables(con, ledger)
        built = build(con, read_models(), read_rules())
    say(f"{sum(table.rebuilt for table in built)} of {len(built)} tables built")
    return len(built)


def are_marts_built(night: Night) -> bool:
    """Return whether every table is there: a night that failed may have left only some."""
    with open_warehouse(night.shop.folder) as con:
        return {model.table for model in read_models()} <= tables_of(con)


def last_built(shop: Shop) -> Night:
    """Return the night that the tables of the warehouse are as of."""
    with open_warehouse(shop.folder) as con:
        [(moment,)] = con.execute("select as_of from settings.run").fetchall()
    return Night(shop, moment.astimezone(UTC), "")


@task(cache_policy=NO_CACHE)
def build_decided(night: Night) -> int:
    """Build the marts that show what people decided; return how many had changed."""
    with open_warehouse(night.shop.folder) as con, ledger_of(night.shop) as ledger:
        write_ledger_tables(con, ledger)
        models = read_models()
        built = build(con, models, read_rules(), only=fed_by_ledger(models))
    return sum(table.rebuilt for table in built)


@task(cache_policy=NO_CACHE)
def reconcile(night: Night) -> int:
    """Build the payout tables; return how many payouts are neither reconciled nor on their way."""
    with open_warehouse(night.shop.folder) as con:
        models = read_models()
        build(con, models, read_rules(), only=upstream(models, *PAYOUTS))
        rows = con.execute(
            "select status, count(*) from marts.payout_reconciliation group by status order by status"
        ).fetchall()
    counts = dict(rows)
    say("payouts: " + (", ".join(f"{n} {s.replace('_', ' ')}" for s, n in rows) or "none yet"))
    return sum(n for status, n in counts.items() if status not in SETTLED)


@task(cache_policy=NO_CACHE)
def drop_warehouse(shop: Shop) -> None:
    """Throw away everything that is computed from raw."""
    shop.folder.warehouse.unlink(missing_ok=True)
    shop.folder.warehouse.with_suffix(".duckdb.wal").unlink(missing_ok=True)
