"""The naming law: a column's name decides its type. A test holds every built table to it."""

from collections.abc import Mapping

MOMENT = "TIMESTAMP WITH TIME ZONE"

ENDINGS = {
    "_units": "BIGINT",
    "_count": "BIGINT",
    "_amount": "DECIMAL(18,2)",
    "_rate": "DECIMAL(9,6)",  # a share, 0 to 1
    "_days": "BIGINT",  # or any other number: a mean has fractions
    "_date": "DATE",  # a business day
    "_at": MOMENT,
    "_id": "VARCHAR",  # the source's own identifier, zeros in front and all
}
UNITS = {"_at": "UTC"}  # where the ending itself does not say it
BEGINNINGS = {"is_": "BOOLEAN", "has_": "BOOLEAN", "rows_": "BIGINT"}

# What a number of that name counts.
MEASURES = {
    "_units": "units",
    "_count": "count",
    "_amount": "money, in `currency`",
    "_rate": "share, 0 to 1",
    "_days": "days",
    "_hours": "hours",
    "_at": "moment, UTC",
    "_date": "business day",
}

# Words of the trade that need no ending: the marts had them before the law.
WORDS = {
    "available": "BIGINT",
    "currency": "VARCHAR",
    "incoming": "BIGINT",
    "line_no": "BIGINT",
    "lines": "BIGINT",
    "on_hand": "BIGINT",
    "quantity": "BIGINT",
    "reserved": "BIGINT",
    "sku": "VARCHAR",
    "tickets": "BIGINT",
    "unavailable": "BIGINT",
    "units": "BIGINT",
}

NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "DECIMAL", "FLOAT", "DOUBLE")


def type_of(column: str) -> str | None:
    """Return the DuckDB type that the law gives `column`; None where the law is silent."""
    if column in WORDS:
        return WORDS[column]
    for ending, kind in ENDINGS.items():
        if column.endswith(ending):
            return kind
    return next((kind for start, kind in BEGINNINGS.items() if column.startswith(start)), None)


def unit_of(column: str) -> str | None:
    """Return the unit that the law gives `column`; None where the name says it, or it has none."""
    return next((unit for ending, unit in UNITS.items() if column.endswith(ending)), None)


def measure_of(column: str) -> str | None:
    """Return what the law says that `column` counts; None where its name does not say it."""
    if WORDS.get(column) == "BIGINT" and column not in ("line_no", "lines", "tickets"):
        return "units"
    return next((unit for ending, unit in MEASURES.items() if column.endswith(ending)), None)


def faults(columns: Mapping[str, str]) -> list[str]:
    """Return what breaks the law in a table's `columns`: name to DuckDB type, as DuckDB spells it.

    Money needs its currency: an `_amount` needs a column `currency` in the same table.
    """
    found = [
        f"{name} is {kind}, but its name promises {type_of(name)}"
        for name, kind in columns.items()
        if not _lawful(name, kind)
    ]
    amounts = [name for name in columns if name.endswith("_amount")]
    if amounts and "currency" not in columns:
        found.append(f"{', '.join(amounts)}: money without a column `currency` in the table")
    return found


def _lawful(name: str, kind: str) -> bool:
    if name.endswith("_days"):
        return kind.startswith(NUMBERS)
    if name.startswith("unit_") and name.endswith("_amount"):  # prices below a cent are real
        return kind in ("DECIMAL(18,2)", "DECIMAL(18,4)")
    if name == "lost_units":  # what was not there nobody counted: an estimate has fractions
        return kind in ("BIGINT", "DECIMAL(18,4)")
    if name == "spend_amount":  # advertising platforms compute it to the millionth
        return kind in ("DECIMAL(18,2)", "DECIMAL(18,8)")
    return type_of(name) in (None, kind)
