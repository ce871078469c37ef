"""By which server e-mail leaves."""

from pydantic import Field

from config.strict import Strict


class Mail(Strict):
    """The SMTP server and the sender; the server's password is in the environment alone."""

    server_env: str = Field(
        pattern=r"^[A-Za-z_][A-Za-z0-9_]*$",
        description="Environment variable with smtps://user:password@host:465, or smtp:// and 587,"
        " which is encrypted by STARTTLS.",
    )
    sender: str = Field(
        pattern=r"^[^@\s<>]+@[^@\s<>]+$", description="Address that the messages are from."
    )
