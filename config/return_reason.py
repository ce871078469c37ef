"""Why goods come back: config/return_reasons.yaml, one list for the words of every report."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from pydantic import Field

from config.strict import CONFIG, SettingsError, Strict, named, read_yaml


class ReturnReason(Strict):
    """One reason, and the words and codes that mean it."""

    is_our_fault: bool = Field(
        description="The order was not sent as it was ordered: it counts against order accuracy."
    )
    words: tuple[str, ...] = Field(min_length=1, description="Words and codes; * stands for any.")


@cache
def load_return_reasons(
    path: Path = CONFIG / "return_reasons.yaml",
) -> Mapping[str, ReturnReason]:
    """Return every reason by its name.

    Raises:
        SettingsError: a word is in two lists.
    """
    reasons = {k: ReturnReason.parse(v, f"{named(path)}: {k}") for k, v in read_yaml(path).items()}
    seen: dict[str, str] = {}
    for name, reason in reasons.items():
        for word in reason.words:
            if other := seen.get(word):
                raise SettingsError(f"{named(path)}: {word!r} is a word of {other} and of {name}")
            seen[word] = name
    return reasons
