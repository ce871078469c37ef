"""What a whole night leaves names no customer: every file byte by byte, and every row of every table.

The files include those of the Prefect server that the night started: its database, its logs, its artifacts.
"""

import csv
import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from tasks.run.server import SECRET_FILE
from tests.nights.night import Night

EMAIL = r"[a-z0-9._+-]+@[a-z0-9.-]+"
PHONE = r"\+1 \d{3}-555-01\d{2}"
AROUND = 64  # bytes on either side of an @; no address of the demo is longer


@pytest.fixture(scope="module")
def customers(demo_night: Night) -> set[str]:
    """E-mail addresses and phone numbers of everybody who ordered, as the exports have them."""
    found: set[str] = set()
    for path in (demo_night.folder / "inbox").rglob("*.csv"):
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
            header = next(csv.reader(file), [])
            if "Email" in header and "Lineitem sku" in header:
                for row in csv.DictReader(file, header):
                    found |= {row["Email"], row.get("Shipping Phone") or ""}
    return {each.lower() for each in found if re.fullmatch(f"{EMAIL}|{PHONE}", each)}


def left(night: Night) -> Iterator[Path]:
    """Yield every file below the data folder but what the seller laid there, and the demo's own answers."""
    for path in night.data.rglob("*"):
        is_sellers = night.folder / "inbox" in path.parents or path.name == "truth.json"
        if path.is_file() and not path.is_symlink() and not is_sellers:
            yield path


def named_in(content: bytes, customers: set[str]) -> set[str]:
    """Return who of them stands in these bytes; each @ is looked at, not each place a word may begin."""
    places = (match.start() for match in re.finditer(b"@", content))
    windows = (content[max(0, n - AROUND) : n + AROUND].decode("latin-1") for n in places)
    texts = [*windows, *(m.decode() for m in re.findall(PHONE.encode(), content))]
    return {each for text in texts for each in named(text)} & customers


def named(text: str) -> list[str]:
    return re.findall(f"{EMAIL}|{PHONE}", text.lower())


def test_no_file_names_a_customer(demo_night: Night, customers: set[str]) -> None:
    assert len(customers) > 100
    files = list(left(demo_night))
    assert {"prefect.db", "warehouse.duckdb", "ledger.db"} <= {path.name for path in files}
    traces = {
        str(path.relative_to(demo_night.data)): names
        for path in files
        if (names := named_in(path.read_bytes(), customers))
    }
    assert traces == {}
    exports = (demo_night.folder / "inbox").rglob("*.csv")
    assert any(named_in(path.read_bytes(), customers) for path in exports)  # they can be found


def test_no_secret_is_in_another_file(demo_night: Night) -> None:
    """Keys of the vault, and the password of the night's server."""
    files = list(left(demo_night))
    secret_files = [p for p in files if p.parent.name == "keys" or p.name == SECRET_FILE]
    secrets = [path.read_bytes().strip() for path in secret_files]
    assert len(secrets) > 10
    for path in set(files) - set(secret_files):
        content = path.read_bytes()
        assert not [secret for secret in secrets if secret in content], path
    assert {path.stat().st_mode & 0o077 for path in secret_files} == {0}


def test_no_row_names_a_customer(demo_night: Night, customers: set[str]) -> None:
    """Asked of the tables, too: a database may store a text in parts."""
    traces = {}
    for file in [path for path in left(demo_night) if path.suffix == ".duckdb"]:
        with duckdb.connect(str(file), read_only=True) as con:
            tables = con.execute(
                "select schema_name || '.' || table_name from duckdb_tables()"
            ).fetchall()
            assert tables
            for (table,) in tables:
                found = con.execute(
                    "select distinct unnest(regexp_extract_all(lower(cast(row as varchar)), $1))"
                    f" from {table} as row",
                    [f"{EMAIL}|{PHONE}"],
                ).fetchall()
                if names := {text for (text,) in found} & customers:
                    traces[table] = names
    assert traces == {}
