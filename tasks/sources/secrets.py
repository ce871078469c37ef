"""Credentials: taken from where a shop file says, and struck out of every message."""

import json
import os
import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote, quote_plus

from config.errors import FatalError

# Options that a message may repeat: they help, and open nothing.
HARMLESS = {"host", "hostname", "port", "user", "username", "endpoint_url", "region_name", "project",
            "protocol", "addressing_style", "anon", "timeout", "look_for_keys", "allow_agent"}  # fmt: skip
SHORTEST = 3  # striking out shorter values would leave no message


def from_environment(name: str, what: str) -> str:
    """Return the value of an environment variable.

    Raises:
        FatalError: it is not set.
    """
    if value := os.environ.get(name, "").strip():
        return value
    raise FatalError(f"{what}: the environment variable {name} is not set. Set it for the process.")


def options(options_env: str | None, block: str | None, what: str) -> dict[str, Any]:
    """Return fsspec's storage options from where they are kept.

    Raises:
        FatalError: there are none, or they are no JSON object.
    """
    if block:
        kept = _block(block, what)
    elif options_env:
        kept = from_environment(options_env, what)
    else:
        return {}
    try:
        values = json.loads(kept) if isinstance(kept, str) else kept
    except ValueError:
        values = None
    if not isinstance(values, dict):
        place = f"Prefect block {block!r}" if block else f"environment variable {options_env}"
        raise FatalError(
            f"{what}: the {place} must hold a JSON object of storage options, such as"
            ' {"username": "…", "password": "…"}.'
        )
    return values


def _block(name: str, what: str) -> Any:
    from prefect.blocks.system import Secret

    try:
        block = Secret.load(name, _sync=True)  # type: ignore[call-arg]
    except ValueError:
        raise FatalError(
            f"{what}: Prefect has no Secret block {name!r}. Make it in the UI under Blocks, with the"
            " storage options as JSON."
        ) from None
    return block.get()  # type: ignore[union-attr]


def secrets_of(values: Any, key: str = "") -> Iterator[str]:
    """Yield the values in storage options that nobody may read."""
    if isinstance(values, dict):
        for name, value in values.items():
            yield from secrets_of(value, str(name))
    elif isinstance(values, list):
        for value in values:
            yield from secrets_of(value, key)
    elif isinstance(values, str) and key not in HARMLESS:
        yield values


def masked(message: object, secrets: Iterable[str] = ()) -> str:
    """Return a message without the secrets, and without the password of any address in it."""
    text = str(message)
    for secret in sorted({*secrets}, key=len, reverse=True):
        if len(secret) >= SHORTEST:
            for form in (secret, quote(secret, safe=""), quote_plus(secret), repr(secret)[1:-1]):
                text = text.replace(form, "***")
    text = re.sub(r"(://[^/@\s:]*):[^/\s]*@", r"\1:***@", text)
    # What signs an address for a few minutes, and what gives a caller access.
    text = re.sub(
        r"(?i)\b((?:x-amz-)?(?:signature|security-token|credential)|sig|token)=[^&\s'\"]+",
        r"\1=***", text,
    )  # fmt: skip
    return re.sub(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9+/=._~-]{8,}", r"\1 ***", text)
