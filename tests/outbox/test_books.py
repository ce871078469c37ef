"""What the accountant's programs import: their documented layouts, balanced, and the same again."""

import csv
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from beancount import loader
from beancount.core.data import Balance
from duckdb import DuckDBPyConnection

from config.accounts import Account
from config.errors import FatalError
from config.shop import Shop, load_shop
from tasks.outbox.books.imports import QUICKBOOKS, XERO
from tasks.outbox.journal import write_books

FORMULA = '=cmd()|"calc" \\'


@pytest.fixture
def con() -> Iterator[DuckDBPyConnection]:
    """Two payouts: one over two months and at the bank, one of which the bank kept three cents."""
    with duckdb.connect() as con:
        con.execute(
            "create schema marts; create table marts.journal_entries (journal_id varchar, channel varchar,"
            " entry_date date, account varchar, debit_amount decimal(18, 2), credit_amount decimal(18, 2),"
            " currency varchar, memo varchar, payout_id varchar);"
            "create table marts.payout_reconciliation (channel varchar, payout_id varchar, currency varchar,"
            " lines_total_amount decimal(18, 2), carried_over_amount decimal(18, 2), bank_amount decimal(18, 2));"
            "insert into marts.payout_reconciliation values ('web', '1', 'GBP', 14.10, 0, 14.10),"
            " ('web', 'pay 2', 'EUR', 8, 0, 7.97)"
        )
        for journal, payout, day, accounts in (
            (
                "web-1-GBP-2026-05",
                "1",
                "2026-05-31",
                "sale -11, commission 0.90, clearing web 10.10",
            ),
            ("web-1-GBP-2026-06", "1", "2026-06-01", "sale -4, clearing web 4"),
            ("web-1-GBP-bank", "1", "2026-06-02", "clearing web -14.10, bank GBP 14.10"),
            ("web-pay 2-EUR-2026-06", "pay 2", "2026-06-01", "sale -9, storage 1, clearing web 8"),
            ("web-pay 2-EUR-bank", "pay 2", "2026-06-03", "clearing web -7.97, bank EUR 7.97"),
        ):
            add(con, journal, payout, day, accounts)
        yield con


def add(con: DuckDBPyConnection, journal: str, payout: str, day: str, accounts: str) -> None:
    """Book one journal; a positive amount is a debit."""
    for each in accounts.split(", "):
        account, _, amount = each.rpartition(" ")
        signed, currency = Decimal(amount), "EUR" if "EUR" in journal else "GBP"
        debit, credit = max(signed, Decimal()), max(-signed, Decimal())
        con.execute(
            "insert into marts.journal_entries values (?, 'web', ?, ?, ?, ?, ?, ?, ?)",
            [journal, day, account, debit, credit, currency, FORMULA, payout],
        )


@pytest.fixture
def shop() -> Shop:
    return load_shop("demo")


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_each_program_has_a_file_for_each_currency_and_month(
    con: DuckDBPyConnection, shop: Shop, tmp_path: Path
) -> None:
    files, _ = write_books(con, tmp_path, shop)
    assert [path.name for path in files] == [
        "books.beancount", "quickbooks_EUR_2026-06_1.csv", "quickbooks_GBP_2026-05_1.csv",
        "quickbooks_GBP_2026-06_1.csv", "xero_EUR_2026-06_1.csv", "xero_GBP_2026-05_1.csv",
        "xero_GBP_2026-06_1.csv",
    ]  # fmt: skip


def test_xero_reads_a_narration_and_date_per_journal_and_debits_as_positive(
    con: DuckDBPyConnection, shop: Shop, tmp_path: Path
) -> None:
    write_books(con, tmp_path, shop)
    found = rows(tmp_path / "xero_GBP_2026-05_1.csv")
    assert list(found[0]) == [
        "*Narration", "*Date", "Description", "*AccountCode", "*TaxRate", "*Amount",
    ]  # fmt: skip
    assert {row["*Date"] for row in found} == {"31/05/2026"}
    assert len({row["*Narration"] for row in found}) == 1
    assert {row["*AccountCode"]: row["*Amount"] for row in found} == {
        "610": "10.10", "404": "0.90", "200": "-11.00",
    }  # fmt: skip
    assert all(row["*TaxRate"] for row in found)


def test_quickbooks_reads_accounts_by_name_and_one_side_a_line(
    con: DuckDBPyConnection, shop: Shop, tmp_path: Path
) -> None:
    write_books(con, tmp_path, shop)
    found = rows(tmp_path / "quickbooks_GBP_2026-05_1.csv")
    assert list(found[0]) == [
        "Journal No.", "Journal Date", "Account Name", "Description", "Debits", "Credits",
    ]  # fmt: skip
    assert {row["Account Name"]: (row["Debits"], row["Credits"]) for row in found} == {
        "Marketplace clearing": ("10.10", ""),
        "Marketplace fees:Commission": ("0.90", ""),
        "Sales": ("", "11.00"),
    }
    assert {row["Journal Date"] for row in found} == {"05/31/2026"}
    assert all(0 < len(row["Journal No."]) <= 21 for row in found)


def test_the_bank_is_in_quickbooks_and_not_in_xero_which_refuses_it(
    con: DuckDBPyConnection, shop: Shop, tmp_path: Path
) -> None:
    write_books(con, tmp_path, shop)
    found = rows(tmp_path / "xero_GBP_2026-06_1.csv")
    assert {row["*AccountCode"] for row in found} == {"610", "200"}
    booked = rows(tmp_path / "quickbooks_GBP_2026-06_1.csv")
    assert "Business checking" in {row["Account Name"] for row in booked}


def test_every_journal_of_every_file_balances(
    con: DuckDBPyConnection, shop: Shop, tmp_path: Path
) -> None:
    files, _ = write_books(con, tmp_path, shop)
    sums: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for path in files:
        for row in rows(path) if path.suffix == ".csv" else []:
            if path.name.startswith("xero"):
                sums[path.name, row["*Narration"]] += Decimal(row["*Amount"])
            else:
                sums[path.name, row["Journal No."]] += Decimal(row["Debits"] or 0)
                sums[path.name, row["Journal No."]] -= Decimal(row["Credits"] or 0)
    assert len(sums) == 8
    assert set(sums.values()) == {Decimal()}


def test_no_text_is_a_formula(con: DuckDBPyConnection, shop: Shop, tmp_path: Path) -> None:
    con.execute("update marts.journal_entries set account = '=sale' where account = 'sale'")
    for path in write_books(con, tmp_path, shop)[0]:
        for row in rows(path) if path.suffix == ".csv" else []:
            texts = [cell for name, cell in row.items() if name != "*Amount"]
            assert not [cell for cell in texts if cell.startswith(("=", "+", "-", "@"))]


def test_a_file_takes_as_many_lines_as_its_program(
    con: DuckDBPyConnection, shop: Shop, tmp_path: Path
) -> None:
    for number in range(200):
        add(con, f"web-n{number}", f"n{number}", "2026-07-01", "sale -1, clearing web 1")
    write_books(con, tmp_path, shop)
    lengths = [len(rows(path)) for path in sorted(tmp_path.glob("xero_GBP_2026-07_*.csv"))]
    assert lengths == [XERO.lines, 100]
    assert [len(rows(tmp_path / "quickbooks_GBP_2026-07_1.csv"))] == [400]
    assert QUICKBOOKS.lines > 400


def test_what_the_chart_does_not_name_is_booked_to_suspense_and_said(
    con: DuckDBPyConnection, shop: Shop, tmp_path: Path
) -> None:
    _, in_suspense = write_books(con, tmp_path, shop)
    assert in_suspense == ["storage"]
    [storage] = [
        row
        for row in rows(tmp_path / "quickbooks_EUR_2026-06_1.csv")
        if row["Description"].startswith("storage: ")
    ]
    assert storage["Account Name"] == "Suspense"


def test_a_clearing_account_of_its_own_goes_before_the_one_for_all(
    con: DuckDBPyConnection, shop: Shop, tmp_path: Path
) -> None:
    own = {**shop.accounts, "clearing web": Account(code="699", name="Web clearing")}
    write_books(con, tmp_path, shop.model_copy(update={"accounts": own}))
    codes = [row["*AccountCode"] for row in rows(tmp_path / "xero_GBP_2026-05_1.csv")]
    assert "699" in codes
    assert "610" not in codes


def test_without_a_chart_there_is_nothing_to_import(
    con: DuckDBPyConnection, shop: Shop, tmp_path: Path
) -> None:
    write_books(con, tmp_path, shop)
    files, in_suspense = write_books(con, tmp_path, shop.model_copy(update={"accounts": {}}))
    assert [path.name for path in files] == ["books.beancount"]
    assert list(tmp_path.glob("*.csv")) == []
    assert in_suspense == []


def test_a_second_run_writes_the_same_bytes(
    con: DuckDBPyConnection, shop: Shop, tmp_path: Path
) -> None:
    first = [path.read_bytes() for path in write_books(con, tmp_path, shop)[0]]
    assert [path.read_bytes() for path in write_books(con, tmp_path, shop)[0]] == first


def test_beancount_finds_no_fault_and_each_payout_asserted(
    con: DuckDBPyConnection, shop: Shop, tmp_path: Path
) -> None:
    write_books(con, tmp_path, shop)
    entries, errors, _ = loader.load_file(str(tmp_path / "books.beancount"))
    assert errors == []
    kinds = [type(entry).__name__ for entry in entries]
    assert (kinds.count("Transaction"), kinds.count("Balance")) == (5, 2)


def test_beancount_finds_the_payout_that_is_a_cent_off(
    con: DuckDBPyConnection, shop: Shop, tmp_path: Path
) -> None:
    con.execute("update marts.payout_reconciliation set bank_amount = 14.09 where payout_id = '1'")
    write_books(con, tmp_path, shop)
    _, errors, _ = loader.load_file(str(tmp_path / "books.beancount"))
    assert len(errors) == 1
    assert "Assets:Clearing:Web:P1" in errors[0].message


def test_names_that_look_alike_are_two_accounts(
    con: DuckDBPyConnection, shop: Shop, tmp_path: Path
) -> None:
    add(con, "web-pay-2-EUR", "pay-2", "2026-06-01", "sale -1, clearing web 1")
    con.execute("insert into marts.payout_reconciliation values ('web', 'pay-2', 'EUR', 1, 0, 0)")
    write_books(con, tmp_path, shop)
    assert loader.load_file(str(tmp_path / "books.beancount"))[1] == []


def test_a_payout_that_comes_to_nothing_is_asserted(
    con: DuckDBPyConnection, shop: Shop, tmp_path: Path
) -> None:
    add(con, "web-3-GBP-2026-06", "3", "2026-06-04", "sale -5, refund 5")
    con.execute("insert into marts.payout_reconciliation values ('web', '3', 'GBP', 0, 0, null)")
    write_books(con, tmp_path, shop)
    entries, errors, _ = loader.load_file(str(tmp_path / "books.beancount"))
    assert errors == []
    assert "Assets:Clearing:Web:P3" in {
        entry.account for entry in entries if isinstance(entry, Balance)
    }


def test_what_does_not_balance_is_not_written(
    con: DuckDBPyConnection, shop: Shop, tmp_path: Path
) -> None:
    con.execute(
        "update marts.journal_entries set credit_amount = 11.01 where credit_amount = 11.00"
    )
    with pytest.raises(FatalError, match=r"web-1-GBP-2026-05: debit 11\.00, credit 11\.01"):
        write_books(con, tmp_path, shop)
    assert not list(tmp_path.iterdir())
