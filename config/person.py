"""Who answers for a role, and how far they decide."""

from collections.abc import Mapping
from datetime import date
from typing import Literal

from pydantic import Field

from config.strict import Strict

# 1 trained assistant, 2 lead of a field, 3 owner: the tier of a kind of case is the least that closes it.
Tier = Literal[1, 2, 3]
OWNER_TIER: Tier = 3
TIERS: Mapping[str, Tier] = {"owner": OWNER_TIER, "operations": 2, "finance": 2, "buying": 2}


class Person(Strict):
    """Who answers for a role, and who when they are away."""

    owner: str = Field(pattern=r"^[^@\s]+@[^@\s]+$", description="Their address.")
    deputy: str | None = Field(None, description="Address of who answers while they are away.")
    away_until: date | None = Field(None, description="Alerts go to the deputy up to this day.")
    tier: Tier | None = Field(
        None,
        description="The highest tier of case that they may close: 1 trained assistant, 2 lead, 3 owner. By"
        " default 3 for the shop's owner, 2 for operations, finance and buying, 1 for every other role.",
    )
    webhook_env: str | None = Field(
        None, description="Environment variable with the owner's Slack-compatible webhook."
    )

    def answers_on(self, day: date) -> str:
        """Return who answers that day: the deputy while the owner is away."""
        away = self.away_until is not None and day <= self.away_until
        return self.deputy if away and self.deputy else self.owner
