"""The numbers that SQL decides by: config/limits.yaml."""

from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path

from config.strict import CONFIG, Strict, named, read_yaml


class Limit(Strict):
    """One number, or several in their order, that a rule of every shop decides by."""

    value: int | Decimal | tuple[int, ...]
    unit: str
    why: str

    @property
    def sql(self) -> str:
        """The value as SQL writes it."""
        return str(list(self.value)) if isinstance(self.value, tuple) else str(self.value)


@cache
def load_limits(path: Path = CONFIG / "limits.yaml") -> Mapping[str, Limit]:
    """Return every limit by its name."""
    return {name: Limit.parse(v, f"{named(path)}: {name}") for name, v in read_yaml(path).items()}
