"""How values and names are written in SQL, where a statement takes no parameter."""

from collections.abc import Iterable


def literal(value: str) -> str:
    """Return `value` as a string of SQL."""
    return "'" + value.replace("'", "''") + "'"


def literals(values: Iterable[str]) -> str:
    """Return `values` as the inside of a list of SQL."""
    return ", ".join(literal(value) for value in values)


def quoted(name: str) -> str:
    """Return `name` as an identifier of SQL."""
    return '"' + name.replace('"', '""') + '"'
