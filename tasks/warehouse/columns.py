"""Many rows at once as columns: read from a query, and written as a table of the warehouse."""

from decimal import Decimal
from inspect import getdoc
from typing import Any, TypeVar, get_args, get_type_hints

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tasks.rules.columns import Columns
from tasks.warehouse.tables import create, sql_type

Kind = TypeVar("Kind", bound=Columns)
MILLIONTHS = 6  # places of a decimal that is stored


def fetch_columns(con: duckdb.DuckDBPyConnection, kind: type[Kind], sql: str) -> Kind:
    """Return the rows of a query as columns of `kind`, whose fields are the query's by name."""
    found = con.sql(sql).to_arrow_table()
    return kind(
        **{
            name: found.column(name).to_numpy().astype(of, copy=False)
            for name, of in kind.kinds().items()
        }
    )


def create_columns(
    con: duckdb.DuckDBPyConnection, table: str, kind: type[Columns]
) -> dict[str, type]:
    """Create `table` for columns of `kind`, without rows, commented; return what is stored of each."""
    hints = get_type_hints(kind, include_extras=True)
    stored = {name: get_args(hint)[1] for name, hint in hints.items()}
    columns = {name: sql_type(name, of) for name, of in stored.items()}
    create(con, table, (getdoc(kind) or "").partition("\n")[0], columns)
    return stored


def write_columns(con: duckdb.DuckDBPyConnection, table: str, rows: Columns) -> None:
    """Create `table` from columns, in one insert; the second of each field's type is what is stored."""
    stored = create_columns(con, table, type(rows))
    arrays = {name: _stored(getattr(rows, name), kind) for name, kind in stored.items()}
    con.register("columns_to_insert", pa.table(arrays))
    con.execute(f"insert into {table} by name from columns_to_insert")
    con.unregister("columns_to_insert")


def _stored(values: NDArray[Any], kind: type) -> pa.Array:
    """Return a column as it is stored: NaN and NaT as null."""
    if values.dtype == object:
        if kind is Decimal:  # of many scales: they travel as text
            return pa.array([None if value is None else str(value) for value in values])
        return pa.array(values, type=pa.string())
    if values.dtype != np.float64:
        return pa.array(values)
    unknown = np.isnan(values)
    if kind is int:
        return pa.array(np.where(unknown, 0, values).astype(np.int64), mask=unknown)
    millionths = np.rint(np.where(unknown, 0, values) * 10**MILLIONTHS).astype(np.int64)
    both = np.stack([millionths, millionths >> 63], axis=1)  # as whole numbers of 128 bits
    known = pa.array(~unknown).buffers()[1]
    return pa.Array.from_buffers(
        pa.decimal128(18, MILLIONTHS), len(values), [known, pa.py_buffer(both)]
    )
