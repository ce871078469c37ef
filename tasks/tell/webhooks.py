"""Messages to webhooks: Slack's kind, and one's own receiver, which checks a signature."""

import base64
import binascii
import hashlib
import hmac
import json
import os
import re
import time
import urllib.request
from dataclasses import dataclass
from http.client import HTTPException
from urllib.error import HTTPError

from config.errors import FatalError, RetryableError
from tasks.tell.message import Message

TIMEOUT_SECONDS = 10
WAITING_MAY_HELP = {408, 425, 429}  # and every 5xx
SLACK_LIMIT = 30_000  # characters; Slack cuts at 40,000, and escapes add some
SECRET_PREFIX = "whsec_"  # noqa: S105 - how a secret begins
PAGES_EVERYBODY = re.compile(r"(?<![\w.])@(?=(?:here|channel|all|everyone)\b)", re.IGNORECASE)


@dataclass(frozen=True)
class SlackWebhook:
    """A webhook that takes Slack's JSON: Slack, Mattermost, Rocket.Chat, Discord under `/slack`."""

    variable: str

    @property
    def name(self) -> str:
        """The route, as the ledger keeps it."""
        return self.variable

    def send(self, message: Message) -> None:
        """Post the message.

        Raises:
            RetryableError: the receiver is away or busy.
            FatalError: the receiver refused, or the variable holds no address.
        """
        text = slack_text(message.subject, message.body)
        # A link in a row of data is not fetched by the chat.
        body = {"text": text, "unfurl_links": False, "unfurl_media": False}
        post(self.variable, json.dumps(body).encode())


@dataclass(frozen=True)
class OwnWebhook:
    """A receiver of the shop's own: JSON, signed as https://www.standardwebhooks.com describes it.

    At least once: a receiver drops the second message of one `webhook-id`.
    """

    url_env: str
    secret_env: str

    @property
    def name(self) -> str:
        """The route, as the ledger keeps it."""
        return f"signed {self.url_env}"

    def send(self, message: Message) -> None:
        """Post the message and its signature.

        Raises:
            RetryableError: the receiver is away or busy.
            FatalError: the receiver refused, or a variable holds no address or no secret.
        """
        fields = ("alert_key", "kind", "about", "station", "severity", "owner", "subject", "body")
        body = json.dumps(
            {
                "type": "backroom.alerts",
                "shop": message.shop,
                "to": message.to,
                "subject": message.subject,
                "alerts": [
                    {"business_date": str(alarm["business_date"])}
                    | {field: alarm[field] for field in fields}
                    for alarm in message.alarms
                ],
            }
        ).encode()
        identity, stamp = str(message.message_id), int(time.time())
        headers = {
            "webhook-id": identity,
            "webhook-timestamp": str(stamp),
            "webhook-signature": signature(_secret(self.secret_env), identity, stamp, body),
        }
        post(self.url_env, body, headers)


def signature(secret: bytes, identity: str, stamp: int, body: bytes) -> str:
    """Return the signature of a message: HMAC-SHA256 over its id, the time in seconds and its body."""
    signed = f"{identity}.{stamp}.".encode() + body
    return f"v1,{base64.b64encode(hmac.digest(secret, signed, hashlib.sha256)).decode()}"


def _secret(variable: str) -> bytes:
    text = os.environ.get(variable, "").strip().removeprefix(SECRET_PREFIX)
    try:
        secret = base64.b64decode(text, validate=True)
    except binascii.Error:
        secret = b""
    if len(secret) < 16:
        raise FatalError(
            f"{variable}: the environment holds no secret of that name: whsec_ and at least 16 bytes"
            " in base64, the same as the receiver has."
        )
    return secret


def slack_text(subject: str, body: str) -> str:
    """Return the message, its `&`, `<` and `>` escaped: no row of data may page a channel."""
    text = f"*{subject}*\n{body}"
    if len(text) > SLACK_LIMIT:
        text = f"{text[:SLACK_LIMIT]}\n… cut: the rest is in outbox/alerts and on the dashboard."
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return PAGES_EVERYBODY.sub("@\N{ZERO WIDTH SPACE}", escaped)


def post(variable: str, body: bytes, headers: dict[str, str] | None = None) -> None:
    """Post JSON to the address that an environment variable holds.

    Raises:
        RetryableError: it answered 5xx, 408, 425 or 429, or not within ten seconds, or not at all.
        FatalError: the variable holds no address, or the webhook refused. No error shows the
            address: it is a secret.
    """
    address = os.environ.get(variable, "").strip()
    if not re.fullmatch(r"https?://[^\s\x00-\x1f\x7f]+", address):
        raise FatalError(
            f"{variable}: the environment holds no http(s) address of that name. Set it where the "
            "worker runs, or take the name out of the shop's file."
        )
    usual = {"Content-Type": "application/json", "User-Agent": "backroom"}
    request = urllib.request.Request(  # noqa: S310 - the scheme was checked above
        address, body, usual | (headers or {})
    )
    try:
        with _opener.open(request, timeout=TIMEOUT_SECONDS) as answer:
            answer.read()
    except HTTPError as error:
        with error:
            code = error.code
        if code >= 500 or code in WAITING_MAY_HELP:
            raise RetryableError(f"{variable}: the webhook answered {code}; try again.") from None
        raise FatalError(
            f"{variable}: the webhook answered {code}, and trying again would not help. Make"
            " a new webhook and set its address in that environment variable."
        ) from None
    except (OSError, HTTPException) as error:
        raise RetryableError(
            f"{variable}: the webhook did not answer ({type(error).__name__}); try again."
        ) from None


class _Staying(urllib.request.HTTPRedirectHandler):
    """Refuses redirects: following one would turn the POST into a GET and call it delivered."""

    def redirect_request(self, *_: object) -> None:
        """Follow nothing: the answer stays the 3xx that it is."""


_opener = urllib.request.build_opener(_Staying)
