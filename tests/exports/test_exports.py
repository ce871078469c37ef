"""Every export's sample becomes exactly the tables that are next to it.

`tests/exports/<platform>/<report>.csv` (or .txt, .json, .xlsx, .edi) is a small file of that kind, invented by us, with
its real header and its oddities; `<report>.md` says what becomes of it:

    given shopify/orders.csv          lands before it, where its rows need partners

    then valid.orders                 its rows in any order, every column in which it has a value

    | order_name | total_amount |
    | ---------- | ------------ |
    | #1001      | 24.00        |

`landing.files` says what became of the file, `landing.quarantine` and `landing.unreferenced` of
its failing rows. An empty cell is NULL or empty. `<report>@<variant>.csv` is another layout of the report.

`a shifted row may pass: <why>` says that nothing in a row of that file shows a cell below another header
(tests/mutations/test_mutations.py). `python -m tests.exports.golden <sample>` writes all this of a new sample, to be
read and corrected by a person.
"""

import re
from collections import Counter
from pathlib import Path

import duckdb
import pytest

from config.export import Export, load_exports
from config.strict import ROOT
from tasks.intake.landing import Landed
from tests.exports.door import Door

HERE = Path(__file__).parent
KINDS = {".csv", ".txt", ".json", ".jsonl", ".xlsx", ".edi"}
SAMPLES = sorted(path for path in HERE.glob("*/*") if path.suffix in KINDS)
TABLE = re.compile(r"^then (\w+\.\w+)\n\n((?:\|.*\n)+)", re.MULTILINE)
# A keyed hash is another one in each shop.
KEYS = {"customer_key", "phone_key", "address_key", "assignee_key"}
NOT_SHOWN = KEYS | {"platform", "report", "file_id", "exported_at", "line_no"}
GIVEN = re.compile(r"^given (\S+)$", re.MULTILINE)


def name_of(path: Path) -> str:
    return f"{path.parent.name}.{path.stem.partition('@')[0]}"


# `make test` reads one layout of each report, `make test-whole` the others.
@pytest.mark.parametrize(
    "sample",
    [
        pytest.param(
            path,
            id=f"{path.parent.name}/{path.name}",
            marks=[pytest.mark.whole] if "@" in path.stem else [],
        )
        for path in SAMPLES
    ],
)
def test_sample_becomes_its_tables_and_no_row_is_lost(sample: Path, door: Door) -> None:
    expected = sample.with_suffix(".md")
    where = expected.relative_to(ROOT)
    assert expected.exists(), f"{name_of(sample)} has no expected tables: add {where}."
    content = expected.read_text("utf-8") + "\n"
    tables = TABLE.findall(content)
    assert tables, f"{where} says nothing: begin with `then valid.<table>`."

    for partner in GIVEN.findall(content):
        door.drop(partner, HERE / partner)
    door.drop(f"{sample.parent.name}/{sample.name}", sample)
    files = [file for file in door.night() if file.arrival.address.endswith(f"/{sample.name}")]
    [landed] = [file for file in files if file.arrival.report in (name_of(sample), "")]

    assert landed.arrival.report == name_of(sample)
    export = load_exports()[landed.arrival.report]
    with door.warehouse() as con:
        faults = [
            f"{table}: {line}"
            for table, rows in tables
            for line in differing(con, table, rows.splitlines(), landed.arrival.file_id)
        ]
        faults += unstated(con, export, {table for table, _ in tables}, landed.arrival.file_id)
        faults += [
            f"{table}: nothing is said of {column}, which is not blank"
            for table, rows in tables
            for column in filled(con, table, rows.splitlines()[0], landed.arrival.file_id)
        ]
        if landed.status == "accepted":
            faults += lost(con, export, landed)
    assert not faults, "\n".join([str(where), *faults])


def test_every_export_has_a_sample() -> None:
    found = {name_of(sample) for sample in SAMPLES}
    lacking = [
        f"{name} has no sample: add tests/exports/{name.replace('.', '/')}.csv."
        for name in load_exports()
        if name not in found
    ]
    assert not lacking, "\n".join(lacking)


def test_every_expected_table_has_its_sample() -> None:
    samples = {sample.with_suffix(".md") for sample in SAMPLES}
    lacking = [
        f"{path.relative_to(ROOT)} is of a file that is missing: add {path.stem}.csv next to it."
        for path in HERE.glob("*/*.md")
        if path not in samples
    ]
    assert not lacking, "\n".join(lacking)


def differing(
    con: duckdb.DuckDBPyConnection, table: str, lines: list[str], file_id: str
) -> list[str]:
    """Return the rows of `table` that are missing or unexpected, of those that this file gave."""
    grid = [[cell.strip() for cell in line.strip("|\n").split("|")] for line in lines]
    names, rows = grid[0], grid[2:]
    types = {name: str(kind) for name, kind, *_ in con.execute(f"describe {table}").fetchall()}
    casts = ", ".join(f"cast(cast(nullif(?, '') as {types[name]}) as varchar)" for name in names)
    expected = Counter(con.execute(f"select {casts}", row).fetchall()[0] for row in rows)
    columns = ", ".join(f"nullif(cast({name} as varchar), '')" for name in names)
    actual = Counter(
        con.execute(f"select {columns} from {table} where file_id = ?", [file_id]).fetchall()
    )
    return [
        *(f"missing    {row}" for row in (expected - actual).elements()),
        *(f"unexpected {row}" for row in (actual - expected).elements()),
    ]


def unstated(
    con: duckdb.DuckDBPyConnection, export: Export, stated: set[str], file_id: str
) -> list[str]:
    """Return the tables that the file feeds and that its expected tables leave out."""
    tables = [*(f"valid.{table}" for table in export.loads_into), "landing.quarantine"]
    found = [
        table
        for table in (*tables, "landing.unreferenced")
        if con.execute(f"select 1 from {table} where file_id = ?", [file_id]).fetchone()
    ]
    return [f"nothing is said of {table}" for table in found if table not in stated]


def filled(con: duckdb.DuckDBPyConnection, table: str, header: str, file_id: str) -> list[str]:
    """Return the columns of a canonical table that the expected one leaves out and in which this file has a value."""
    if not table.startswith("valid."):
        return []
    listed = {cell.strip() for cell in header.strip("|\n").split("|")}
    every = [name for name, *_ in con.execute(f"describe {table}").fetchall()]
    others = [name for name in every if name not in listed | NOT_SHOWN]
    counts = ", ".join(f"count(nullif(cast({name} as varchar), ''))" for name in others) or "0"
    found = con.execute(f"select {counts} from {table} where file_id = ?", [file_id]).fetchall()[0]
    return [name for name, values in zip(others, found, strict=False) if values]


def lost(con: duckdb.DuckDBPyConnection, export: Export, landed: Landed) -> list[str]:
    """Return a sentence if rows read are not those accepted, quarantined and no data."""
    [(accepted,)] = con.execute(
        f"select count(*) from {export.table} anti join landing.quarantine using (file_id, line_no)"
        " where row_kind = 'data'"
    ).fetchall()
    [(quarantined,)] = con.execute(
        "select count(distinct line_no) from landing.quarantine where file_id = ?",
        [landed.arrival.file_id],
    ).fetchall()
    if landed.rows_read == accepted + quarantined + landed.rows_non_data:
        return []
    return [f"{landed.rows_read} rows read, {accepted} accepted, {quarantined} quarantined"]
