"""How people write headers in sheets of their own: config/headers.yaml."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from config.strict import CONFIG, Strict


class Headers(Strict):
    """Words that headers abbreviate, and what else a column of ours is called."""

    abbreviations: Mapping[str, str]
    also_called: Mapping[str, tuple[str, ...]]


@cache
def load_headers(path: Path = CONFIG / "headers.yaml") -> Headers:
    """Return how headers are written."""
    return Headers.read(path)
