"""Who answers for a role, how far they decide, and how they hear."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Literal

from pydantic import Field, model_validator

from config.strict import Strict

# 1 trained assistant, 2 lead of a field, 3 owner: the tier of a kind of case is the least that closes it.
Tier = Literal[1, 2, 3]
OWNER_TIER: Tier = 3
TIERS: Mapping[str, Tier] = {"owner": OWNER_TIER, "operations": 2, "finance": 2, "buying": 2}
NAME = r"^[A-Za-z_][A-Za-z0-9_]*$"  # of an environment variable


class SignedWebhook(Strict):
    """A receiver of one's own: what it gets is signed as Standard Webhooks describes it."""

    url_env: str = Field(pattern=NAME, description="Environment variable with its address.")
    secret_env: str = Field(
        pattern=NAME, description="Environment variable with the secret both sides know: whsec_…"
    )


class QuietHours(Strict):
    """Hours on the shop's clock in which only what is urgent is sent; the rest waits for their end."""

    from_hour: int = Field(ge=0, le=23, description="The first quiet hour.")
    to_hour: int = Field(ge=0, le=23, description="The first hour that is not quiet any more.")

    @model_validator(mode="after")
    def _end_some_time(self) -> "QuietHours":
        if self.from_hour == self.to_hour:
            raise ValueError("quiet_hours begin and end at the same hour: nothing would be sent")
        return self

    def hold_at(self, moment: datetime) -> bool:
        """Return whether `moment`, on the shop's clock, is in these hours; they may span midnight."""
        if self.from_hour < self.to_hour:
            return self.from_hour <= moment.hour < self.to_hour
        return moment.hour >= self.from_hour or moment.hour < self.to_hour


class Person(Strict):
    """Who answers for a role, and who when they are away."""

    owner: str = Field(pattern=r"^[^@\s]+@[^@\s]+$", description="Their address.")
    deputy: str | None = Field(
        None,
        description="Address of who answers while they are away; who is away of a role of their own is"
        " passed over, and the shop's owner answers.",
    )
    away_until: date | None = Field(None, description="Alerts go to the deputy up to this day.")
    tier: Tier | None = Field(
        None,
        description="The highest tier of case that they may close: 1 trained assistant, 2 lead, 3 owner. By"
        " default 3 for the shop's owner, 2 for operations, finance and buying, 1 for every other role.",
    )
    webhook_env: str | None = Field(
        None, description="Environment variable with the owner's Slack-compatible webhook."
    )
    email: bool = Field(
        False, description="They hear by e-mail, at their address; `mail` says by which server."
    )
    signed_webhook: SignedWebhook | None = Field(
        None,
        description="A receiver of their own, which checks a signature: Standard Webhooks. A message comes at least"
        " once: a second one has the same webhook-id, by which the receiver drops it.",
    )
    quiet_hours: QuietHours | None = Field(
        None, description="Hours on the shop's clock in which they hear only of what is urgent."
    )

    @model_validator(mode="after")
    def _deputy_can_be_written_to(self) -> "Person":
        if self.email and self.deputy is not None and "@" not in self.deputy:
            raise ValueError(f"email is true, and the deputy {self.deputy!r} is no e-mail address")
        return self

    def is_away(self, day: date) -> bool:
        """Return whether the owner is away that day."""
        return self.away_until is not None and day <= self.away_until


def answering(person: Person, top: Person, people: Iterable[Person], day: date) -> str:
    """Return who answers for a role of `person` that day: the deputy while the owner is away.

    A deputy who is away of a role of their own is passed over for `top`, the shop's owner, and then
    for the deputy of that one; where everybody is away, the first deputy keeps it.
    """
    if not person.is_away(day) or person.deputy is None:
        return person.owner
    away = {one.owner for one in people if one.is_away(day)}
    following = (person.deputy, top.owner, top.deputy)
    return next((each for each in following if each and each not in away), person.deputy)
