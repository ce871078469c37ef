"""Messages by e-mail: plain text by the shop's own SMTP server.

The standard library, not a notifier library such as Apprise, which Prefect brings along: that one
answers only true or false, so a busy server and a refused address look alike, and it lets nobody set
the Message-ID, by which a mailbox knows a message that is sent again.
"""

import os
import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime, localtime
from urllib.parse import unquote, urlsplit

from config.errors import FatalError, RetryableError
from tasks.tell.message import Message

TIMEOUT_SECONDS = 10
PORTS = {"smtps": 465, "smtp": 587}


@dataclass(frozen=True)
class Server:
    """An SMTP server as its address names it; `smtps` is encrypted from the first byte."""

    scheme: str
    host: str
    port: int
    user: str
    password: str

    @classmethod
    def of(cls, variable: str) -> "Server":
        """Return the server whose address an environment variable holds.

        Raises:
            FatalError: it holds none; the error does not show it, for a password may be in it.
        """
        try:
            parts = urlsplit(os.environ.get(variable, "").strip())
            port = parts.port or PORTS[parts.scheme]
        except (KeyError, ValueError):
            parts, port = urlsplit(""), 0
        if not parts.hostname or not port:
            raise FatalError(
                f"{variable}: the environment holds no SMTP server of that name. Set it where the"
                " worker runs, as smtps://user:password@mail.example.com:465, with % codes for"
                " special characters of the password."
            )
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        return cls(parts.scheme, parts.hostname, port, user, password)

    @property
    def is_here(self) -> bool:
        """Whether it is on this machine, so that nothing travels a network in the open."""
        return self.host in ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Mailbox:
    """A person's own address, reached by the shop's server."""

    server_env: str
    sender: str

    @property
    def name(self) -> str:
        """The route, as the ledger keeps it."""
        return "e-mail"

    def send(self, message: Message) -> None:
        """Send the message.

        Raises:
            RetryableError: the server is away or busy, or refused for now (4xx).
            FatalError: the server refused for good, cannot encrypt, or is not set.
        """
        server = Server.of(self.server_env)
        try:
            with _connected(server) as connection:
                if server.user:
                    connection.login(server.user, server.password)
                connection.send_message(email_of(message, self.sender))
        except smtplib.SMTPRecipientsRefused as error:
            code = max(answer[0] for answer in error.recipients.values())
            raise _refused(self.server_env, code) from None
        except smtplib.SMTPResponseException as error:
            raise _refused(self.server_env, error.smtp_code) from None
        except (smtplib.SMTPNotSupportedError, ssl.SSLError) as error:
            raise FatalError(
                f"{self.server_env}: the mail server cannot be spoken to safely"
                f" ({type(error).__name__}). Check its name, its port and its certificate."
            ) from None
        except (OSError, smtplib.SMTPException) as error:
            raise RetryableError(
                f"{self.server_env}: the mail server did not answer ({type(error).__name__});"
                " try again."
            ) from None


def email_of(message: Message, sender: str) -> EmailMessage:
    """Return the message as an e-mail: plain text, and the same Message-ID when sent again."""
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = message.to
    # An encoded word in a row of data would be decoded, newline and all, into a header of its own.
    mail["Subject"] = message.subject.replace("=?", "= ?")
    mail["Date"] = format_datetime(localtime())
    mail["Message-ID"] = f"<{message.message_id}@{sender.partition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"  # no out-of-office answer comes back
    mail.set_content(message.body)
    return mail


def _connected(server: Server) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if server.scheme == "smtps":
        return smtplib.SMTP_SSL(server.host, server.port, timeout=TIMEOUT_SECONDS, context=context)
    connection = smtplib.SMTP(server.host, server.port, timeout=TIMEOUT_SECONDS)
    try:
        connection.ehlo()
        if connection.has_extn("starttls") or not server.is_here:
            connection.starttls(context=context)
            connection.ehlo()
    except BaseException:
        connection.close()
        raise
    return connection


def _refused(variable: str, code: int) -> FatalError | RetryableError:
    if code < 500:
        return RetryableError(f"{variable}: the mail server answered {code}; try again.")
    return FatalError(
        f"{variable}: the mail server answered {code}, and trying again would not help. Check the"
        " sender, the person's address, and user and password in that environment variable."
    )
