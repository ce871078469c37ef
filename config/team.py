"""Settings of the team: who has learned which page, and which apps the shop runs on."""

from datetime import date
from decimal import Decimal

from pydantic import Field

from config.strict import Strict

ADDRESS = r"^[^@\s]+@[^@\s]+$"


class SignOff(Strict):
    """A person who has run stations by their pages, watched by another, and what of."""

    person: str = Field(pattern=ADDRESS, description="Address of who learned it.")
    sops: tuple[str, ...] = Field(min_length=1, description="Pages, by the names of their files.")
    version: int = Field(ge=1, description="Version of the pages that they learned.")
    signed_date: date = Field(description="Day on which they signed off.")
    signed_by: str = Field(pattern=ADDRESS, description="Address of who watched them do it.")


class App(Strict):
    """An app that the shop pays for or lets into its data."""

    owner: str = Field(pattern=ADDRESS, description="Address of who answers for it.")
    purpose: str = Field(min_length=1, description="What it is for, in a line.")
    cost_amount: Decimal = Field(
        ge=0, decimal_places=2, description="What it costs a month, in the shop's currency."
    )
    renewal_date: date | None = Field(
        None, description="Day on which it renews; without one it runs from month to month."
    )
