"""Talking to an API: one call, the waiting it asks for, and errors that say what to fix."""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import httpx

from config.errors import FatalError, RetryableError

# Both log addresses, and the address of a download is signed: whoever reads it may download.
for _chatty in ("httpx", "httpcore"):
    logging.getLogger(_chatty).setLevel(logging.WARNING)

TRIES = 6
LONGEST_WAIT = 300.0  # seconds; a server that asks for more is asked by the next run
BUSY = (429, 503)
BLOCK = 1 << 16


@dataclass
class Api:
    """The calls to one service; `what` names it in messages, `fix` says what to check."""

    what: str
    fix: str
    pause: Callable[[float], None] = time.sleep
    client: httpx.Client = field(
        default_factory=lambda: httpx.Client(timeout=httpx.Timeout(60, connect=15))
    )

    def call(
        self,
        method: str,
        url: str,
        doing: str,
        *,
        headers: Mapping[str, str] | None = None,
        refused: tuple[int, ...] = (401, 403),
        **content: Any,
    ) -> dict[str, Any]:
        """Return the JSON object that a call answers; one that asks to wait is waited for.

        Raises:
            RetryableError: the service is away, or still busy after `TRIES` calls.
            FatalError: it denies access, or does not understand the call.
        """
        for tried in range(TRIES):
            try:
                answer = self.client.request(method, url, headers=headers, **content)
            except httpx.HTTPError as error:
                raise self._away(doing, type(error).__name__) from None
            if answer.status_code not in BUSY:
                break
            self._wait(answer, tried, doing)
        else:
            raise self._away(doing, f"it is still busy after {TRIES} calls")
        self._check(answer, doing, refused)
        try:
            document = answer.json()
        except ValueError:
            document = None
        if not isinstance(document, dict):
            raise self._away(doing, "its answer is no JSON object")
        return document

    def download(self, url: str, target: Path, doing: str) -> None:
        """Stream a document into `target`; its address is signed and is never shown.

        Raises:
            RetryableError: it did not arrive whole.
        """
        for tried in range(TRIES):
            try:
                with self.client.stream("GET", url) as answer, target.open("wb") as file:
                    if answer.status_code not in BUSY:
                        if not answer.is_success:
                            raise self._away(doing, f"the download answers {answer.status_code}")
                        for block in answer.iter_raw(BLOCK):
                            file.write(block)
                        return
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                raise self._away(doing, f"the download broke off: {type(error).__name__}") from None
            self._wait(answer, tried, doing)
        raise self._away(doing, f"the download is still busy after {TRIES} calls")

    def _wait(self, answer: httpx.Response, tried: int, doing: str) -> None:
        seconds = _seconds(answer.headers.get("Retry-After"), default=2.0**tried)
        if seconds > LONGEST_WAIT:
            raise self._away(doing, f"it asks to wait for {seconds:.0f} seconds")
        self.pause(seconds)

    def _check(self, answer: httpx.Response, doing: str, refused: tuple[int, ...]) -> None:
        code = answer.status_code
        if code in refused:
            raise FatalError(
                f"{self.what}: {doing}: access denied ({code}{_code_of(answer)}). {self.fix}"
            )
        if code >= 500 or code in (408, 425):
            raise self._away(doing, f"it answers {code}")
        if not answer.is_success:
            raise FatalError(
                f"{self.what}: {doing}: it answers {code}{_code_of(answer)}. Fix what the shop file"
                " asks for."
            )

    def _away(self, doing: str, why: str) -> RetryableError:
        return RetryableError(
            f"{self.what}: {doing}: {why}. Check the network and the service's status page; it is"
            " tried again."
        )


def _seconds(retry_after: str | None, default: float) -> float:
    """Return the seconds that a Retry-After asks for: a number, or a moment."""
    if not retry_after:
        return default
    try:
        return max(0.0, float(retry_after))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(retry_after).timestamp() - time.time())
    except ValueError:
        return default


def _code_of(answer: httpx.Response) -> str:
    """Return the short code of an error, where an answer has one; never its free text."""
    try:
        content = answer.json()
    except ValueError:
        return ""
    if not isinstance(content, dict):
        return ""
    errors = content.get("errors")
    first = errors[0] if isinstance(errors, list) and errors else content
    code = first.get("code") or first.get("error") if isinstance(first, dict) else None
    return f" {code}" if isinstance(code, str) and len(code) < 60 and " " not in code else ""
