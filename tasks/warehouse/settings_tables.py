"""What the settings say, as tables `settings.*`, so that no SQL names a channel, date or threshold."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import duckdb

from config.check import shipping_days
from config.correction import EVERY_COLUMN, Cells, load_corrections
from config.export import Export, load_exports
from config.kpi import load_exceptions
from config.shop import Shop
from config.weekday import WEEKDAYS
from tasks.reading.masking import masked
from tasks.rules.working_days import due_date
from tasks.run.night import Night
from tasks.warehouse.connection import transaction
from tasks.warehouse.order_tables import write_order_rules
from tasks.warehouse.registry_tables import pattern, write_registries
from tasks.warehouse.shipping_tables import write_shipping
from tasks.warehouse.tables import settings_table
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
        settings_table(con, "run",
               "shop varchar, shop_title varchar, as_of timestamptz, business_date date, timezone varchar,"
               " currency varchar",
               [(shop.name, shop.title, night.moment, night.business_date, shop.timezone, shop.currency)])  # fmt: skip
        _channels(con, shop)
        write_order_rules(con, shop)
        write_shipping(con, shop)
        _counting(con, shop)
        _suppliers(con, shop)
        _buying(con, shop)
        _margin(con, shop)
        settings_table(con, "named_skus", "sku varchar, setting varchar", shop.named_skus)
        _calendars(con, shop, first, last)
        _support(con, shop, first, last)
        _people(con, night)
        _team(con, shop)
        write_terms(con, shop)
        write_registries(con, shop, night.business_date)
        _corrections(con, shop)


def _channels(con: duckdb.DuckDBPyConnection, shop: Shop) -> None:
    settings_table(
        con,
        "channels",
        "channel varchar, platform varchar, timezone varchar, business_timezone varchar, currency varchar,"
        " rate decimal(18, 6), priority bigint, fba_location varchar, test_gateway varchar,"
        " sla_timezone varchar, cutoff_hour bigint, by_requested_date boolean, is_pushed boolean,"
        " is_tax_inclusive boolean, are_titles_skus boolean, settlement_days bigint, is_split boolean",
        [
            (name, c.platform, c.timezone, shop.business_zone(name), c.currency,
             shop.fixed_rates.get(c.currency, 1), c.priority, c.fba_location, c.test_gateway,
             c.ship_sla.timezone or c.timezone, c.ship_sla.cutoff_hour, c.ship_sla.by_requested_date, c.push,
             c.is_tax_inclusive, c.sku_is == "title", c.settlement_days, c.partial_stock == "split")
            for name, c in shop.channels.items()
        ],
    )  # fmt: skip
    # Nothing else turns one currency into another; what is in none of these is added to nothing.
    settings_table(con, "rates", "currency varchar, rate decimal(18, 6)",
           list(({**shop.fixed_rates, shop.currency: 1}).items()))  # fmt: skip
    settings_table(con, "channel_locations", "channel varchar, location varchar, preference bigint",
           [(n, place, i) for n, c in shop.channels.items() for i, place in enumerate(c.locations, 1)])  # fmt: skip
    settings_table(con, "locations",
           "location varchar, kind varchar, pool varchar, is_read_only boolean, count_holds_days bigint,"
           " is_counted boolean",
           [(n, p.kind, p.pool, p.read_only, p.count_holds_days, p.counts)
            for n, p in shop.locations.items()])  # fmt: skip
    settings_table(con, "synced_sources", "channel varchar, source varchar, owner_channel varchar",
           [(n, s, o) for n, c in shop.channels.items() for s, o in c.synced_sources.items()])  # fmt: skip
    settings_table(con, "bank_descriptions", "channel varchar, description varchar",
           [(n, d) for n, c in shop.channels.items() for d in c.bank_descriptions])  # fmt: skip
    settings_table(
        con,
        "stock",
        "stale_hours bigint, hold_hours bigint, bank_lag_days bigint, late_receipt_days bigint, window_days bigint,"
        " payout_tolerance_amount decimal(18, 2)",
        [(shop.stock.stale_hours, shop.stock.hold_hours, shop.finance.bank_lag_working_days,
          shop.reorder.late_receipt_days, shop.reorder.window_days, shop.finance.payout_tolerance_amount)],
    )  # fmt: skip
    settings_table(con, "disputes", "answer_hours bigint", [(shop.dispute_hours,)])


def _counting(con: duckdb.DuckDBPyConnection, shop: Shop) -> None:
    rules = shop.counting
    settings_table(con, "count_classes", "abc varchar, every_days bigint, tolerance_percent decimal(9, 4)",
           [(abc, days, rules.tolerance_percent[abc]) for abc, days in rules.every_days.items()])  # fmt: skip
    settings_table(
        con,
        "counting",
        "recount_days bigint, window_days bigint, minimum_records bigint, accuracy_rate decimal(9, 6), role varchar",
        [(rules.recount_days, rules.window_days, rules.minimum_records, shop.count_accuracy_rate, rules.role)],
    )  # fmt: skip


def _buying(con: duckdb.DuckDBPyConnection, shop: Shop) -> None:
    settings_table(con, "buying",
           "budget_amount decimal(18, 2), wait_days bigint, open_days bigint, inbound_days bigint, currency varchar,"
           " approval_role varchar",
           [(shop.reorder.budget_amount, shop.approval.wait_days, shop.approval.open_days, shop.reorder.inbound_days,
             shop.currency, shop.approval_role)])  # fmt: skip


def _margin(con: duckdb.DuckDBPyConnection, shop: Shop) -> None:
    rules = shop.margin
    settings_table(
        con,
        "margin",
        "shared_by varchar, floor_rate decimal(9, 6)",
        [(rules.shared_by, rules.floor_rate)],
    )
    settings_table(con, "margin_floors", "sku varchar, abc varchar, floor_rate decimal(9, 6)",
           [(floor.sku, floor.abc, floor.rate) for floor in rules.floors])  # fmt: skip
    settings_table(
        con, "ad_channels", "platform varchar, channel varchar", list(rules.ads_for.items())
    )
    settings_table(
        con, "fee_free_channels", "channel varchar", [(name,) for name in rules.fee_free]
    )


def _suppliers(con: duckdb.DuckDBPyConnection, shop: Shop) -> None:
    rules = shop.suppliers
    settings_table(
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
    settings_table(
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
    settings_table(con, "bank_days", "day date, working_day_number bigint", numbered)


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
    settings_table(con, "support_hours", "opens_at timestamptz, closes_at timestamptz",
           [(day + timedelta(hours=rules.opens_hour), day + timedelta(hours=rules.closes_hour))
            for day in open_days])  # fmt: skip
    tags = {"where_is_my_order": rules.where_is_my_order_tags, "macro": rules.macro_tags}
    settings_table(con, "support_tags", "kind varchar, tag varchar",
           [(kind, tag) for kind, those in tags.items() for tag in sorted(set(map(pattern, those)))])  # fmt: skip
    settings_table(con, "support", "reply_hours bigint", [(rules.reply_hours,)])


def _people(con: duckdb.DuckDBPyConnection, night: Night) -> None:
    rows = [
        (
            role,
            person.owner,
            person.deputy,
            night.shop.answers_on(person, night.business_date),
        )
        for role, person in night.shop.people.items()
    ]
    settings_table(
        con,
        "people",
        "role varchar, owner varchar, deputy varchar, answers varchar",
        rows,
    )
    # Who closes a case that is beyond whoever has it: the lowest tier that reaches, of the role itself first.
    settings_table(con, "closers", "type varchar, closer varchar", _closers(night.shop))


def _closers(shop: Shop) -> list[tuple[str, str]]:
    """Return whose the last word is of each kind of case, by its address: the owner of the role that closes it.

    The case's own role where it reaches, else the lowest tier that does.
    """
    found = []
    for name, kind in load_exceptions().items():
        roles = sorted(shop.closing_roles(kind.role, kind.tier), key=shop.tier_of)
        if roles:  # a shop file without them is refused; the handbook shows the tables of no shop
            first = kind.role if kind.role in roles else roles[0]
            found.append((name, shop.people[first].owner))
    return found


def _team(con: duckdb.DuckDBPyConnection, shop: Shop) -> None:
    settings_table(con, "training",
           "person varchar, sop varchar, version bigint, signed_date date, signed_by varchar",
           [(each.person, sop, each.version, each.signed_date, each.signed_by)
            for each in shop.training for sop in each.sops])  # fmt: skip
    settings_table(con, "apps",
           "app varchar, owner varchar, purpose varchar, cost_amount decimal(18, 2), renewal_date date",
           [(name, a.owner, a.purpose, a.cost_amount, a.renewal_date) for name, a in shop.apps.items()])  # fmt: skip


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
    settings_table(
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
