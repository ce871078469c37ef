"""Nothing is lost on the way: a table's header says what it keeps, the builder counts what left."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from duckdb import DuckDBPyConnection

from config.errors import FatalError
from tasks.warehouse.build import build
from tasks.warehouse.kept import KeepsError, Pair, read_keeps
from tasks.warehouse.models import order, read_models


def model(root: Path, table: str, select: str, keeps: str, inputs: str = "valid.orders") -> None:
    path = root / f"{table.replace('.', '/')}.sql"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        f"-- What {table} tells.\n-- grain:  one row per id\n-- keys:   id\n-- inputs: {inputs}\n"
        f"{keeps}\ncreate or replace table {table} as\n{select};\n\n"
        f"comment on column {table}.id is 'Id';\n"
    )


@pytest.fixture
def con() -> Iterator[DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute(
            """
            create schema valid;
            create table valid.orders (id varchar, amount decimal(18, 2), units bigint, currency varchar);
            insert into valid.orders values ('1', 10, 1, 'USD'), ('1', 12, 1, 'USD'), ('2', 5, 2, 'USD'),
                ('3', 7, 1, 'EUR'), (null, 1, 1, 'USD')
            """
        )
        yield connection


def kept(con: DuckDBPyConnection, root: Path) -> list[tuple[object, ...]]:
    build(con, read_models(root))
    return con.execute(
        "select reason, currency, rows, cast(units as bigint), cast(amount as decimal(18, 2)) :: varchar"
        " from meta.kept order by all"
    ).fetchall()


NEWEST = "select id, max(amount) as amount from valid.orders where id is not null group by id"
COUNTED = "money amount; units units"


def test_of_rows_that_repeat_one_is_kept_and_a_named_one_leaves(
    con: DuckDBPyConnection, tmp_path: Path
) -> None:
    model(
        tmp_path, "core.orders", NEWEST,
        f"-- keeps:  valid.orders by id; {COUNTED};\n--   leaves no_id where id is null\n",
    )  # fmt: skip
    found = kept(con, tmp_path)
    assert [row[:3] for row in found] == [
        ("kept", "EUR", 1), ("kept", "USD", 2), ("no_id", "USD", 1), ("repeated", "USD", 1),
    ]  # fmt: skip
    assert found[2][3:] == (1, "1.00")


def test_what_leaves_for_no_named_reason_is_unexplained_with_its_money(
    con: DuckDBPyConnection, tmp_path: Path
) -> None:
    model(
        tmp_path, "core.orders", f"select * from ({NEWEST}) where id <> '3'",
        f"-- keeps: valid.orders by id; {COUNTED}; leaves no_id where id is null\n",
    )  # fmt: skip
    assert ("unexplained", "EUR", 1, 1, "7.00") in kept(con, tmp_path)


def test_a_row_that_is_there_has_not_left_whatever_a_condition_says(
    con: DuckDBPyConnection, tmp_path: Path
) -> None:
    model(
        tmp_path, "core.orders", NEWEST,
        "-- keeps: valid.orders by id; leaves no_id where id is null; leaves small where amount < 100\n",
    )  # fmt: skip
    assert {row[0] for row in kept(con, tmp_path)} == {"kept", "repeated", "no_id"}


def test_a_sum_that_is_another_is_unexplained(con: DuckDBPyConnection, tmp_path: Path) -> None:
    header = (
        "-- keeps: valid.orders by id; sum amount; money amount; leaves no_id where id is null\n"
    )
    whole = "select id, sum(amount) as amount from valid.orders where id is not null group by id"
    model(tmp_path, "core.orders", whole, header)
    assert not [row for row in kept(con, tmp_path) if row[0] in ("unexplained", "repeated")]
    model(tmp_path, "core.orders", NEWEST, header)  # loses the 10 of order 1
    assert ("unexplained", "", 1, None, "10.00") in kept(con, tmp_path)


def test_a_sum_out_of_nothing_is_unexplained(con: DuckDBPyConnection, tmp_path: Path) -> None:
    model(
        tmp_path, "core.orders",
        "select id, sum(amount) as amount from valid.orders where id is not null group by id"
        " union all select 'invented', 3",
        "-- keeps: valid.orders by id; sum amount; leaves no_id where id is null\n",
    )  # fmt: skip
    assert ("unexplained", "", 1, None, "-3.00") in kept(con, tmp_path)


def test_a_value_that_no_row_of_the_input_has_is_unexplained(
    con: DuckDBPyConnection, tmp_path: Path
) -> None:
    header = "-- keeps: valid.orders by id; same amount; leaves no_id where id is null\n"
    model(tmp_path, "core.orders", NEWEST, header)
    assert "unexplained" not in {row[0] for row in kept(con, tmp_path)}
    invented = "select id, sum(amount) as amount from valid.orders where id is not null group by id"
    model(tmp_path, "core.orders", invented, header)
    assert ("unexplained", "", 1, None, None) in kept(con, tmp_path)


def test_keys_may_have_another_name_and_be_computed(
    con: DuckDBPyConnection, tmp_path: Path
) -> None:
    model(
        tmp_path, "core.orders",
        "select coalesce(id, 'none') as id, max(amount) as amount from valid.orders group by all",
        "-- keeps: valid.orders by coalesce(id, 'none') = id\n",
    )  # fmt: skip
    assert {row[0] for row in kept(con, tmp_path)} == {"kept", "repeated"}


def test_a_table_that_reads_what_was_counted_comes_after_all_that_promise(
    con: DuckDBPyConnection, tmp_path: Path
) -> None:
    model(
        tmp_path,
        "core.z_orders",
        NEWEST,
        "-- keeps: valid.orders by id; leaves no_id where id is null\n",
    )
    model(
        tmp_path, "core.a_counted",
        "select reason as id, cast(sum(rows) as decimal(18, 2)) as amount from meta.kept group by reason",
        "", inputs="meta.kept",
    )  # fmt: skip
    assert [each.table for each in order(read_models(tmp_path))] == [
        "core.z_orders",
        "core.a_counted",
    ]
    build(con, read_models(tmp_path))
    assert ("no_id", 1) in con.execute("select id, amount from core.a_counted").fetchall()


def test_what_a_file_that_is_gone_promised_is_forgotten(
    con: DuckDBPyConnection, tmp_path: Path
) -> None:
    model(
        tmp_path,
        "core.orders",
        NEWEST,
        "-- keeps: valid.orders by id; leaves no_id where id is null\n",
    )
    assert kept(con, tmp_path)
    (tmp_path / "core" / "orders.sql").unlink()
    assert kept(con, tmp_path) == []


def test_the_grammar() -> None:
    keeps = read_keeps(
        "valid.shipments by store = channel, coalesce(tracking_id, '') = tracking_id;"
        " sum gross_amount, quantity_units = units; leaves late where a = 1 and b in (1, 2)"
    )
    assert keeps.source == "valid.shipments"
    assert keeps.keys == (
        Pair("store", "channel"),
        Pair("coalesce(tracking_id, '')", "tracking_id"),
    )
    assert keeps.sums == (Pair("gross_amount", "gross_amount"), Pair("quantity_units", "units"))
    assert keeps.leaves == (("late", "a = 1 and b in (1, 2)"),)


@pytest.mark.parametrize(
    "text",
    [
        "orders by id",
        "valid.orders",
        "valid.orders by id; drops x where y",
        "valid.orders by id; leaves kept where y",
        "valid.orders by id; leaves a where x; leaves a where y",
        "valid.orders by id; money a; money b",
        "valid.orders by id; sum",
    ],
)
def test_what_is_not_of_the_grammar_is_refused(text: str) -> None:
    with pytest.raises(KeepsError):
        read_keeps(text)


def test_a_fault_names_the_file(con: DuckDBPyConnection, tmp_path: Path) -> None:
    model(tmp_path, "core.orders", NEWEST, "-- keeps: valid.orders by id; nonsense\n")
    with pytest.raises(FatalError, match=r"core/orders\.sql: in `-- keeps:` `nonsense` should be"):
        read_models(tmp_path)
    model(tmp_path, "core.orders", NEWEST, "-- keeps: valid.parcels by id\n")
    with pytest.raises(FatalError, match="not among its inputs"):
        read_models(tmp_path)
    model(tmp_path, "core.orders", NEWEST, "-- keeps: valid.orders by nothing\n")
    with pytest.raises(FatalError, match=r"`-- keeps:` of .*core/orders\.sql fails"):
        build(con, read_models(tmp_path))


def needing(root: Path, needs: str) -> None:
    path = root / "marts" / "figures.sql"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        f"-- Figures.\n-- grain:  one row per channel\n-- keys:   channel\n-- needs:  {needs}\n"
        "-- inputs: valid.figures\n\ncreate or replace table marts.figures as\n"
        "select channel from valid.figures;\n"
    )


@pytest.mark.parametrize(
    ("needs", "web", "shop"),
    [
        ("orders, stock", "shopify.orders", "tiktok.orders"),
        ("all orders", "shopify.orders, tiktok.orders", "shopify.orders, tiktok.orders"),
        ("orders, plan", "plan.revenue, shopify.orders", "plan.revenue, tiktok.orders"),
        ("stock", None, None),
    ],
)
def test_a_row_names_the_reports_that_it_needs_and_that_never_came(
    con: DuckDBPyConnection, tmp_path: Path, needs: str, web: str | None, shop: str | None
) -> None:
    con.execute(
        """
        create schema ops;
        create table ops.missing_reports (need varchar, channel varchar, location varchar, what varchar);
        insert into ops.missing_reports values ('orders', 'web', '', 'shopify.orders'),
            ('orders', 'shop', '', 'tiktok.orders'), ('plan', '', '', 'plan.revenue');
        create table valid.figures as select unnest(['web', 'shop']) as channel;
        """
    )
    needing(tmp_path, needs)
    build(con, read_models(tmp_path))
    found = dict(con.execute("select channel, missing_reports from marts.figures").fetchall())
    assert found == {"web": web, "shop": shop}
    con.execute("delete from ops.missing_reports")
    build(con, read_models(tmp_path))
    assert con.execute("select count(missing_reports) from marts.figures").fetchall() == [(0,)]


def test_where_nothing_is_known_of_missing_reports_the_column_is_empty(
    con: DuckDBPyConnection, tmp_path: Path
) -> None:
    con.execute("create table valid.figures as select 'web' as channel")
    needing(tmp_path, "orders")
    build(con, read_models(tmp_path))
    assert con.execute("select missing_reports from marts.figures").fetchall() == [(None,)]
