"""What each column means: one entry of config/columns.yaml for every table that has the column."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import model_validator

from config.names import unit_of
from config.strict import CONFIG, Strict, named, read_yaml


class Column(Strict):
    """What a column means in every table that says nothing else of it."""

    meaning: str
    unit: str | None = None
    source: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return {"meaning": value} if isinstance(value, str) else value


class Columns(Strict):
    """Every column by its name."""

    columns: dict[str, Column]


@cache
def load_columns(path: Path = CONFIG / "columns.yaml") -> Mapping[str, Column]:
    """Return what each column means, by its name."""
    return Columns.parse({"columns": read_yaml(path)}, named(path)).columns


@cache
def column_comments(path: Path = CONFIG / "columns.yaml") -> Mapping[str, str]:
    """Return the comment of each column: its meaning, then its unit and source where it has them."""
    return {name: _comment(name, column) for name, column in load_columns(path).items()}


def _comment(name: str, column: Column) -> str:
    source = column.source and f"from {column.source}"
    parts = (column.meaning, column.unit or unit_of(name), source)
    return "; ".join(part for part in parts if part)
