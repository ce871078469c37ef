"""Who answers for a role."""

from datetime import date

from pydantic import Field

from config.strict import Strict


class Person(Strict):
    """Who answers for a role, and who when they are away."""

    owner: str = Field(pattern=r"^[^@\s]+@[^@\s]+$", description="Their address.")
    deputy: str | None = Field(None, description="Address of who answers while they are away.")
    away_until: date | None = Field(None, description="Alerts go to the deputy up to this day.")
    webhook_env: str | None = Field(
        None, description="Environment variable with the owner's Slack-compatible webhook."
    )

    def answers_on(self, day: date) -> str:
        """Return who answers that day: the deputy while the owner is away."""
        away = self.away_until is not None and day <= self.away_until
        return self.deputy if away and self.deputy else self.owner
