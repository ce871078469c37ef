"""What the settings say, as tables `settings.*`, so that no SQL names a channel, date or threshold."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from config.bucket import load_buckets
from config.check import shipping_days
from config.correction import EVERY_COLUMN, Cells, load_corrections
from config.export import Export, load_exports
from config.kpi import load_exceptions, load_kpis, load_sops
from config.requirement import load_needs, required_reports, states_shipping
from config.shop import Shop
from config.standard import load_standards
from config.station import STATIONS
from config.strict import ROOT
from config.weekday import WEEKDAYS
from config.words import load_words
from tasks.reading.masking import masked
from tasks.rules.working_days import due_date
from tasks.run.night import Night
from tasks.warehouse.connection import transaction
from tasks.warehouse.models import Model, read_models
from tasks.warehouse.tables import insert
from tasks.warehouse.terms_tables import write_terms


def write_settings(con: duckdb.DuckDBPyConnection, night: Night) -> None:
    """Write every settings table from scratch; the orders loaded so far bound the calendars."""
    shop = night.shop
    bounds = con.execute(
        """
        select cast(min(day) as date), cast(max(day) as date)
        from (
            select ordered_at as day from valid.orders
            union all select payout_date from valid.payouts
            union all select booked_date from valid.bank_lines
            union all select created_at from valid.tickets
        )
        """
    ).fetchall()[0]
    first = min(bounds[0] or night.business_date, night.business_date) - timedelta(days=10)
    last = max(bounds[1] or night.business_date, night.business_date) + timedelta(days=10)
    with transaction(con):
        _table(con, "run", "shop varchar, as_of timestamptz, business_date date, timezone varchar, currency varchar",
               [(shop.name, night.moment, night.business_date, shop.timezone, shop.currency)])  # fmt: skip
        _channels(con, shop)
        _counting(con, shop)
        _suppliers(con, shop)
        _buying(con, shop)
        _margin(con, shop)
        _calendars(con, shop, first, last)
        _support(con, shop, first, last)
        _people(con, night)
        write_terms(con, shop)
        _registries(con, shop, night.business_date)
        _corrections(con, shop)


def _channels(con: duckdb.DuckDBPyConnection, shop: Shop) -> None:
    _table(
        con,
        "channels",
        "channel varchar, platform varchar, timezone varchar, business_timezone varchar, currency varchar,"
        " rate decimal(18, 6), priority bigint, fba_location varchar, test_gateway varchar,"
        " sla_timezone varchar, cutoff_hour bigint, by_requested_date boolean, is_pushed boolean,"
        " is_tax_inclusive boolean, are_titles_skus boolean, settlement_days bigint",
        [
            (name, c.platform, c.timezone, shop.business_zone(name), c.currency,
             shop.fixed_rates.get(c.currency, 1), c.priority, c.fba_location, c.test_gateway,
             c.ship_sla.timezone or c.timezone, c.ship_sla.cutoff_hour, c.ship_sla.by_requested_date, c.push,
             c.tax == "inclusive", c.sku_is == "title", c.settlement_days)
            for name, c in shop.channels.items()
        ],
    )  # fmt: skip
    # Nothing else turns one currency into another; what is in none of these is added to nothing.
    _table(con, "rates", "currency varchar, rate decimal(18, 6)",
           list(({**shop.fixed_rates, shop.currency: 1}).items()))  # fmt: skip
    _table(con, "channel_locations", "channel varchar, location varchar, preference bigint",
           [(n, place, i) for n, c in shop.channels.items() for i, place in enumerate(c.locations, 1)])  # fmt: skip
    _table(con, "locations",
           "location varchar, kind varchar, pool varchar, is_read_only boolean, count_holds_days bigint,"
           " is_counted boolean",
           [(n, p.kind, p.pool, p.read_only, p.count_holds_days, p.counts)
            for n, p in shop.locations.items()])  # fmt: skip
    _table(con, "synced_sources", "channel varchar, source varchar, owner_channel varchar",
           [(n, s, o) for n, c in shop.channels.items() for s, o in c.synced_sources.items()])  # fmt: skip
    _table(con, "bank_descriptions", "channel varchar, description varchar",
           [(n, d) for n, c in shop.channels.items() for d in c.bank_descriptions])  # fmt: skip
    _table(
        con,
        "stock",
        "stale_hours bigint, hold_hours bigint, bank_lag_days bigint, late_receipt_days bigint, window_days bigint,"
        " payout_tolerance_amount decimal(18, 2)",
        [(shop.stock.stale_hours, shop.stock.hold_hours, shop.finance.bank_lag_working_days,
          shop.reorder.late_receipt_days, shop.reorder.window_days, shop.finance.payout_tolerance_amount)],
    )  # fmt: skip
    _table(con, "disputes", "answer_hours bigint", [(shop.dispute_hours,)])
    _table(con, "returns", "goods_back_days bigint", [(shop.returns.goods_back_days,)])


def _counting(con: duckdb.DuckDBPyConnection, shop: Shop) -> None:
    rules = shop.counting
    _table(con, "count_classes", "abc varchar, every_days bigint, tolerance_percent decimal(9, 4)",
           [(abc, days, rules.tolerance_percent[abc]) for abc, days in rules.every_days.items()])  # fmt: skip
    _table(
        con,
        "counting",
        "recount_days bigint, window_days bigint, minimum_records bigint, accuracy_rate decimal(9, 6), role varchar",
        [(rules.recount_days, rules.window_days, rules.minimum_records, shop.count_accuracy_rate, rules.role)],
    )  # fmt: skip


def _buying(con: duckdb.DuckDBPyConnection, shop: Shop) -> None:
    _table(con, "buying",
           "budget_amount decimal(18, 2), wait_days bigint, open_days bigint, inbound_days bigint, currency varchar,"
           " approval_role varchar",
           [(shop.reorder.budget_amount, shop.approval.wait_days, shop.approval.open_days, shop.reorder.inbound_days,
             shop.currency, shop.approval_role)])  # fmt: skip


def _margin(con: duckdb.DuckDBPyConnection, shop: Shop) -> None:
    rules = shop.margin
    _table(
        con,
        "margin",
        "shared_by varchar, floor_rate decimal(9, 6)",
        [(rules.shared_by, rules.floor_rate)],
    )
    _table(con, "margin_floors", "sku varchar, abc varchar, floor_rate decimal(9, 6)",
           [(floor.sku, floor.abc, floor.rate) for floor in rules.floors])  # fmt: skip
    _table(con, "ad_channels", "platform varchar, channel varchar", list(rules.ads_for.items()))
    _table(con, "fee_free_channels", "channel varchar", [(name,) for name in rules.fee_free])


def _suppliers(con: duckdb.DuckDBPyConnection, shop: Shop) -> None:
    rules = shop.suppliers
    _table(
        con,
        "suppliers",
        "tolerance_days bigint, minimum_lines bigint, confirm_days bigint, on_time_rate decimal(9, 6), quarters bigint",
        [(rules.tolerance_days, rules.minimum_lines, rules.confirm_days, shop.supplier_on_time_rate,
          shop.supplier_quarters)],
    )  # fmt: skip


def _calendars(con: duckdb.DuckDBPyConnection, shop: Shop, first: date, last: date) -> None:
    days = [first + timedelta(days=i) for i in range((last - first).days + 1)]
    weekdays = frozenset(range(5))
    promised = {name: shipping_days(shop, name) for name in shop.channels}
    due = [
        (
            name,
            day,
            before,
            due_date(day, before, c.ship_sla.working_days, promised[name], shop.holidays),
        )
        for name, c in shop.channels.items()
        for day in days
        for before in (True, False)
    ]
    _table(
        con,
        "due_dates",
        "channel varchar, ordered_date date, is_before_cutoff boolean, due_date date",
        due,
    )
    # Working days are numbered, so that the working days between two dates are a difference.
    number, numbered = 0, []
    for day in days:
        number += day.weekday() in weekdays and day not in shop.holidays
        numbered.append((day, number))
    _table(con, "bank_days", "day date, working_day_number bigint", numbered)


def _support(con: duckdb.DuckDBPyConnection, shop: Shop, first: date, last: date) -> None:
    rules = shop.support
    zone = ZoneInfo(shop.timezone)
    days = [first + timedelta(days=i) for i in range((last - first).days + 1)]
    open_days = [
        datetime(day.year, day.month, day.day, tzinfo=zone)
        for day in days
        if WEEKDAYS[day.weekday()] in rules.weekdays and day not in shop.holidays
    ]
    # Wall time moves on evenly, whatever clocks do that night: hour 24 is the next midnight.
    _table(con, "support_hours", "opens_at timestamptz, closes_at timestamptz",
           [(day + timedelta(hours=rules.opens_hour), day + timedelta(hours=rules.closes_hour))
            for day in open_days])  # fmt: skip
    _table(con, "support_tags", "tag varchar",
           [(tag,) for tag in sorted({_pattern(tag) for tag in rules.where_is_my_order_tags})])  # fmt: skip
    _table(con, "support", "reply_hours bigint", [(rules.reply_hours,)])


def _people(con: duckdb.DuckDBPyConnection, night: Night) -> None:
    rows = [
        (role, person.owner, person.deputy, person.answers_on(night.business_date))
        for role, person in night.shop.people.items()
    ]
    _table(con, "people", "role varchar, owner varchar, deputy varchar, answers varchar", rows)


def _corrections(con: duckdb.DuckDBPyConnection, shop: Shop) -> None:
    """Write what a person put right of a source, one row per column that is set; one for a drop."""
    exports = load_exports()
    rows = []
    for name, each in load_corrections(shop.name).items():
        export = exports[each.report]
        where = _cells(export, each.where)
        line = f"line {each.line}" if each.line else ""
        target = ", ".join(filter(None, [each.file, line, where]))
        for column in each.set_ or [EVERY_COLUMN]:
            old, new = (
                _cell(export, column, cells.get(column)) for cells in (each.expects, each.set_)
            )
            rows.append(
                (name, each.report, target, each.action, column, old, new, _cells(export, each.expects),
                 each.who, each.when, masked(each.why), each.until)
            )  # fmt: skip
    _table(
        con,
        "corrections",
        "correction_id varchar, report varchar, target varchar, action varchar, column_name varchar,"
        " old_value varchar, new_value varchar, expects varchar, who varchar, made_date date, why varchar,"
        " until_date date",
        rows,
    )


def _cells(export: Export, cells: Cells) -> str:
    """Return the cells that a correction names, for a person to read."""
    return " and ".join(
        f"{name} is blank" if cell is None else f"{name} = {_cell(export, name, cell)}"
        for name, cell in cells.items()
    )


def _cell(export: Export, name: str, cell: str | None) -> str | None:
    """Return a cell as the marts may show it: a code is as long as a card's number, and is none."""
    is_shown = cell is None or not export.columns[name].may_hold_card
    return cell if is_shown or cell is None else masked(cell)


def _registries(con: duckdb.DuckDBPyConnection, shop: Shop, day: date) -> None:
    models = read_models(ROOT / "sql")
    used = tables_read(models)
    computed = "\n".join(model.sql for model in models if model.name.startswith("kpi_"))
    _table(
        con,
        "exports",
        "report varchar, platform varchar, title varchar, station varchar, limit_hours bigint, family varchar,"
        " is_used boolean, states_ship_day boolean, states_shipping boolean, bring_from varchar",
        [
            (e.name, e.platform, e.title, e.station, shop.freshness_hours.get(e.name, e.fresh_hours),
             # Reports of one platform that load the same tables stand in for each other.
             f"{e.platform}: {', '.join(sorted(e.loads_into)) or e.report}",
             not used.isdisjoint(e.loads_into), *states_shipping(e), e.where)
            for e in load_exports().values()
            if not e.refuse
        ],
    )  # fmt: skip
    _table(
        con,
        "export_tables",
        "report varchar, loaded_table varchar",
        [
            (e.name, table)
            for e in load_exports().values()
            if not e.refuse
            for table in e.loads_into
        ],
    )
    _table(con, "stations", "station varchar, priority bigint",
           [(station, number) for number, station in enumerate(STATIONS, 1)])  # fmt: skip
    needs = load_needs()
    figures = {
        name: ", ".join(
            (*need.figures, *(k for k, kpi in load_kpis().items() if name in kpi.needs))
        )
        for name, need in needs.items()
    }
    _table(
        con,
        "required_reports",
        "need varchar, channel varchar, location varchar, report varchar, any_report varchar, station varchar,"
        " is_asked boolean, only_if varchar, needed_by varchar, need_no bigint",
        [
            (r.need, r.channel, r.location, r.report, each, r.station, r.asks, r.only_if,
             figures.get(r.need, "what the shop file says"), need_no)
            for need_no, r in enumerate(required_reports(shop), 1)
            for each in r.reports
        ],
    )  # fmt: skip
    _table(con, "kpi_needs", "kpi varchar, need varchar, is_blocking boolean",
           [(name, need, needs[need].blocks) for name, kpi in load_kpis().items() for need in kpi.needs])  # fmt: skip
    _table(
        con,
        "buckets",
        "platform varchar, rule_no bigint, transaction_type varchar, amount_type varchar, description varchar,"
        " bucket varchar",
        [
            (platform, number, *(_pattern(part) for part in rule[:3]), rule[3])
            for platform, rules in load_buckets().items()
            for number, rule in enumerate(rules)
        ],
    )
    # The newest standard of each metric that holds on the night's day.
    _table(
        con,
        "standards",
        "platform varchar, metric varchar, threshold_rate decimal(9, 6), better varchar, window_days bigint",
        [
            (platform, metric, each.threshold_rate, each.better, each.window_days)
            for (platform, metric), entries in load_standards().items()
            for each in [entry for entry in entries if entry.valid_from <= day][-1:]
        ],
    )
    _table(
        con,
        "order_words",
        "platform varchar, axis varchar, word varchar, meaning varchar",
        [
            (platform, axis, _pattern(word), meaning)
            for platform, words in load_words().items()
            for axis, word, meaning in words.rows()
        ],
    )
    # What the shop holds its cases to, it holds their KPI to.
    standards = {
        "record_accuracy_rate": shop.count_accuracy_rate,
        "supplier_otif_rate": shop.supplier_on_time_rate,
        **shop.kpi_targets,
    }
    _table(
        con,
        "kpis",
        "kpi varchar, station varchar, title varchar, outcome varchar, role varchar, sop varchar, numerator varchar,"
        " denominator varchar, exclusions varchar, clock varchar, unit varchar, direction varchar,"
        " target decimal(18, 6), warning decimal(18, 6), critical decimal(18, 6), minimum_n bigint, version varchar,"
        " source varchar, judged varchar, is_computed boolean",
        [
            (name, k.station, k.title, k.outcome, k.role, k.sop, k.numerator, k.denominator, k.exclusions, k.clock,
             k.unit, k.direction, standards.get(name, k.target), k.warning, k.critical, k.minimum_n,
             k.version, k.source, k.judged, f"'{name}' as kpi" in computed)
            for name, k in load_kpis().items()
        ],
    )  # fmt: skip
    _table(
        con,
        "exception_types",
        "type varchar, station varchar, severity varchar, role varchar, tier bigint, window_hours bigint,"
        " next_step varchar, message varchar, is_blocking boolean",
        [
            (
                n,
                t.station,
                t.severity,
                t.role,
                t.tier,
                t.window_hours,
                t.next_step,
                t.message,
                t.blocking,
            )
            for n, t in load_exceptions().items()
        ],
    )
    _table(
        con,
        "sops",
        "sop varchar, station varchar, title varchar, role varchar, tier bigint, metric varchar, cadence_days bigint,"
        " last_review_date date, link varchar, words bigint, video varchar, is_complete boolean",
        [
            (n, s.station, s.title, s.role, s.tier, s.metric, s.cadence_days, s.last_review_date, s.link, s.words,
             s.video, s.complete)
            for n, s in load_sops().items()
        ],
    )  # fmt: skip


def tables_read(models: Iterable[Model]) -> frozenset[str]:
    """Return the canonical tables that SQL reads: a report that loads no other is not used yet."""
    inputs = (name.split(".") for model in models for name in model.inputs)
    return frozenset(table for schema, table in inputs if schema in ("valid", "loaded"))


def _pattern(part: str) -> str:
    """Return a taxonomy's cell as a LIKE pattern over folded text."""
    folded = "".join(character for character in part.casefold() if character not in " -_")
    return folded.replace("*", "%")


def _table(
    con: duckdb.DuckDBPyConnection, name: str, columns: str, rows: Iterable[Sequence[Any]]
) -> None:
    con.execute(f"create or replace table settings.{name} ({columns})")
    insert(con, f"settings.{name}", rows)
