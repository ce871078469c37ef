"""The warehouse: one DuckDB file a shop, one writer, deleted and rebuilt from raw at will."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import duckdb

from config.errors import RetryableError
from config.folders import ShopFolder
from tasks.reading import masking
from tasks.run.whole_file import whole_file

Result = TypeVar("Result")

SCHEMAS = (
    "landing",
    "staged",
    "loaded",
    "valid",
    "settings",
    "ledger",
    "core",
    "ops",
    "marts",
    "checks",
)

TIMEZONE = "set timezone = 'UTC'"
# MiB a thread that DuckDB may hold while files are read, and tables built and published: with what Python holds, a
# night of a million order lines takes about a gigabyte on two threads.
FRUGAL = 200
_UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB")

LANDING = """
create table if not exists landing.files (
    file_id varchar primary key, sha256 varchar, report varchar, platform varchar, name varchar,
    address varchar, bytes bigint, exported_at timestamptz, received_at timestamptz,
    status varchar, code varchar, reason varchar, reading varchar, export_version varchar,
    rows_read bigint, rows_non_data bigint, rows_quarantined bigint,
    completeness varchar, controls varchar, warnings varchar
);
alter table landing.files add column if not exists completeness varchar;
alter table landing.files add column if not exists controls varchar;
alter table landing.files add column if not exists warnings varchar;
create table if not exists landing.quarantine (
    file_id varchar, line_no bigint, report varchar, reason varchar, column_name varchar,
    detail varchar, raw_line varchar
);
create table if not exists landing.corrections (
    file_id varchar, line_no bigint, report varchar, correction_id varchar, is_applied boolean
);
create table if not exists landing.sightings (
    file_id varchar, report varchar, seen_at timestamptz
);
create table if not exists landing.left_alone (
    address varchar, name varchar, bytes bigint, reason varchar
);
create table if not exists landing.expectation_results (
    run_id varchar, run_at timestamptz, suite varchar, expectation varchar, subject varchar,
    station varchar, severity varchar, success boolean, observed varchar, threshold varchar,
    element_count bigint, unexpected_count bigint
);
"""

# What the exports' `derive` may call. A keyed hash cannot be undone without the shop's key. A macro is
# written out wherever it stands, and each of its arguments too: what costs something stands in one only once.
MACROS = r"""
create or replace temp macro keyed_hash(value) as
    case when regexp_full_match(value, 'keyed:[0-9a-f]{64}') then substr(value, 7)
    when nullif(trim(value), '') is not null
    then sha256(getvariable('hash_key') || ':' || lower(trim(value))) end;
create or replace temp macro kept_token(hash) as
    case when len(getvariable('forgotten')) = 0 or not list_contains(getvariable('forgotten'), hash)
    then 'keyed:' || hash end;
create or replace temp macro keyed_token(value) as kept_token(keyed_hash(value));
create or replace temp macro most_frequent(value) as
    list_max(list_transform(
        map_entries(histogram(value)), lambda entry: {'times': entry.value, 'value': entry.key}
    )).value;
create or replace temp macro is_token(value) as
    coalesce(regexp_full_match(value, 'keyed:[0-9a-f]{64}'), false);
create or replace temp macro phone_is_valid(phone) as
    is_token(phone) or coalesce(regexp_full_match(phone, '(?:[^0-9]*[0-9]){7,15}[^0-9]*'), false);
-- One phone is written with and without its country and area: the last nine digits are the same.
-- A number of one digit over and over is nobody's, nor is what an erasure leaves.
create or replace temp macro phone_key(phone) as
    case when is_token(phone) then substr(phone, 7)
    when phone_is_valid(phone) and not regexp_full_match(regexp_replace(phone, '[^0-9]', '', 'g'), '(0+|1+|9+)')
    then sha256(getvariable('hash_key') || ':' || right(regexp_replace(phone, '[^0-9]', '', 'g'), 9)) end;
create or replace temp macro phone_token(phone) as
    case when phone_is_valid(phone) then coalesce(kept_token(phone_key(phone)), '0000000')
    when phone is not null then '0' end;
-- A part of an address without the ways in which it is written; 'x' is what is left of one that nothing needed.
create or replace temp macro address_part_key(value) as
    case when is_token(value) then substr(value, 7)
    else sha256(
        getvariable('hash_key') || ':'
        || nullif(nullif(regexp_replace(lower(value), '[^\pL\pN]', '', 'g'), ''), 'x')
    ) end;
create or replace temp macro address_token(value) as
    case when nullif(trim(value), '') is not null then coalesce(kept_token(address_part_key(value)), 'x') end;
create or replace temp macro address_key(street, city, zip) as
    sha256(
        getvariable('hash_key') || ':' || address_part_key(street) || ' ' || address_part_key(coalesce(zip, city))
    );
create or replace temp macro missing_address(street, city, zip) as
    concat_ws(', ', case when street is null then 'street' end, case when city is null then 'city' end,
    case when zip is null then 'postcode' end);
-- Whether a unit of measure holds several pieces: a case or a dozen, as X12 and people write them.
create or replace temp macro is_pack(unit) as
    regexp_full_match(
        upper(trim(unit)),
        '(CA|CS|CSE|CT|CTN|CASE|CARTON|BX|BOX|PK|PKG|PKT|PACK|DZ|DOZ|DZN|DOZEN|PL|PLT|PALLET|SKID|GS|GRO|GROSS|KT|KIT'
        '|ST|SET|MC|MASTER ?CASE|MASTER ?CARTON|INNER)(S|ES)?[.]?( ?(OF|[/X@-]) ?[0-9]+| ?[(]?[0-9]+[)]?)?'
    );
create or replace temp macro is_other_place(bill_country, bill_zip, ship_country, ship_zip) as
    case when lower(bill_country) != lower(ship_country) then true
    else address_part_key(bill_zip) != address_part_key(ship_zip) end;
"""


@dataclass
class _Kept:
    """A file that stays open between steps: its connection, and how many are at work in it."""

    con: duckdb.DuckDBPyConnection
    at_work: int = 0


_kept: dict[Path, _Kept] = {}


@contextmanager
def kept_open(folder: ShopFolder) -> Iterator[None]:
    """Keep the file open in the block: each opening reads the catalog, and a night has fifty steps.

    What a step has done is in the file when the step ends, as without this.

    Raises:
        RetryableError: another process has the file open.
    """
    path = folder.warehouse
    if path in _kept:
        yield
        return
    with closing(_connect(folder)) as con:
        _kept[path] = _Kept(con)
        try:
            yield
        finally:
            del _kept[path]


@contextmanager
def open_warehouse(folder: ShopFolder) -> Iterator[duckdb.DuckDBPyConnection]:
    """Give a writing connection to a shop's warehouse, its tables made; no other process has one.

    Raises:
        RetryableError: another process has the file open.
    """
    kept = _kept.get(folder.warehouse)
    if not kept:
        with closing(_connect(folder)) as con:
            yield con
        return
    kept.at_work += 1
    try:
        with closing(kept.con.cursor()) as con:
            con.execute(TIMEZONE)
            yield con
    finally:
        kept.at_work -= 1
    if not kept.at_work:
        kept.con.execute("checkpoint")


def _connect(folder: ShopFolder) -> duckdb.DuckDBPyConnection:
    folder.place.mkdir(parents=True, exist_ok=True)
    folder.work.mkdir(exist_ok=True)
    try:
        con = duckdb.connect(str(folder.warehouse))
    except duckdb.IOException as error:
        raise RetryableError(
            f"{folder.warehouse} is open in another program: {error}. Close it, or wait for the"
            " other run to end; analysts read published/current/marts.duckdb instead."
        ) from error
    try:
        con.execute(TIMEZONE)
        con.execute("set autoinstall_known_extensions = false")
        con.execute("set autoload_known_extensions = false")
        con.execute(f"set temp_directory = '{folder.work / 'spill'}'")
        for schema in SCHEMAS:
            con.execute(f"create schema if not exists {schema}")
        con.execute(LANDING)
        masking.install(con)
    except BaseException:
        con.close()
        raise
    return con


@contextmanager
def open_to_read_files(folder: ShopFolder) -> Iterator[duckdb.DuckDBPyConnection]:
    """`open_warehouse`, with what reading a file takes: the shop's keyed hashes, and what hides a card number.

    With little memory: what needs more asks for it (`within_memory`).

    Raises:
        RetryableError: another process has the file open.
    """
    with open_warehouse(folder) as con:
        con.execute("set variable hash_key = $1", [hash_key(folder)])
        con.execute("set variable forgotten = cast($1 as varchar[])", [forgotten(folder)])
        con.execute(MACROS + masking.MACRO)
        with frugally(con):
            yield con


def has_table(con: duckdb.DuckDBPyConnection, table: str) -> bool:
    """Return whether there is a table or view of that name, given as schema.name.

    Asked by name: `duckdb_tables()` looks at every table there is first, and a statement about a
    missing one ends the transaction.
    """
    try:
        con.table(table)
    except duckdb.CatalogException:
        return False
    return True


def insert_into(con: duckdb.DuckDBPyConnection, table: str, select: str) -> None:
    """Append the rows of `select`, by name, to `table` (schema.name), made if it is missing.

    Its columns are declared one by one: DuckDB 2.0.0 takes a table that was created as an empty
    select for empty ever after, if one transaction also inserts more than 122,880 rows: joins and
    sums over it then find nothing, without a word. `tests/intake/test_normalize.py` watches for it.
    """
    if not has_table(con, table):
        described = con.execute(f"describe {select}").fetchall()
        columns = ", ".join(f'"{name}" {kind}' for name, kind, *_ in described)
        con.execute(f"create table {table} ({columns})")
    con.execute(f"insert into {table} by name {select}")


def hash_key(folder: ShopFolder) -> str:
    """Return the shop's secret for keyed hashes, made once; without it no hash can be traced."""
    path: Path = folder.root / "hash.key"
    if not path.exists():
        with whole_file(path) as draft:
            draft.write_text(secrets.token_hex(32), encoding="ascii")
            draft.chmod(0o600)
    return path.read_text(encoding="ascii")


def forgotten(folder: ShopFolder) -> list[str]:
    """Return the keyed hashes of customers who asked to be forgotten: they are never kept again."""
    path: Path = folder.raw / "forgotten.txt"
    return path.read_text(encoding="ascii").split() if path.exists() else []


@contextmanager
def frugally(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Let DuckDB hold little memory in the block; what does not fit is kept in the shop's `work/spill`.

    The limit is of the whole file, whoever has it open, so one step at a time may set it; where less
    is set already it stays. A new limit makes DuckDB let go of what it holds: this is for many
    statements, not for each.

    Raises:
        duckdb.OutOfMemoryException: what cannot be on disk needs more; `within_memory` sees to it.
    """
    [(threads, limit)] = con.execute(
        "select current_setting('threads'), current_setting('memory_limit')"
    ).fetchall()
    little = FRUGAL * int(threads)
    if _mib(limit) <= little:
        yield
        return
    _lower(con, f"{little}MiB")
    with _followed_by(lambda: con.execute("reset memory_limit")):
        yield


def within_memory(con: duckdb.DuckDBPyConnection, do: Callable[[], Result]) -> Result:
    """Return what `do` returns; where it lacks memory within `frugally`, it is done again, as its own doing is undone.

    First with less: DuckDB then writes to disk from the start what it else holds until it is too late. A join of
    600,000 orders failed at 450 to 550 MiB, and neither at 300 nor at 600. Then with all there is: what fails with less
    for another reason, such as a disk that is full of what was written there, may do with that.

    Raises:
        duckdb.Error: what the last try failed of.
    """
    with suppress(duckdb.OutOfMemoryException):
        return do()
    with suppress(duckdb.Error), _less(con):
        return do()
    with generously(con):
        return do()


@contextmanager
def generously(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Let DuckDB hold in the block, within one of `frugally`, as much as it does by itself."""
    [(little,)] = con.execute("select current_setting('memory_limit')").fetchall()
    con.execute("reset memory_limit")
    with _followed_by(lambda: _lower(con, little)):
        yield


@contextmanager
def _less(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Let DuckDB hold in the block three fifths of what it may."""
    [(limit,)] = con.execute("select current_setting('memory_limit')").fetchall()
    _lower(con, f"{_mib(limit) * 0.6:.0f}MiB")
    with _followed_by(lambda: con.execute(f"set memory_limit = '{limit}'")):
        yield


def _mib(limit: str) -> float:
    """Return a limit as DuckDB writes it, such as `18.8 GiB`, in MiB."""
    number, unit = limit.split()
    return float(number) * 1024.0 ** (_UNITS.index(unit) - 2)


def _lower(con: duckdb.DuckDBPyConnection, limit: str) -> None:
    """Set a lower limit; where what is held can neither be let go of nor put on disk, the old one stays."""
    with suppress(duckdb.OutOfMemoryException):
        con.execute(f"set memory_limit = '{limit}'")


@contextmanager
def _followed_by(put_back: Callable[[], object]) -> Iterator[None]:
    """Put back after the block what was. Of a database that the block did for, only what did for it is raised."""
    try:
        yield
    except BaseException:
        with suppress(duckdb.Error):
            put_back()
        raise
    put_back()


@contextmanager
def transaction(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Commit what the block does, all or nothing."""
    con.execute("begin")
    try:
        yield
    except BaseException:
        con.execute("rollback")
        raise
    con.execute("commit")
