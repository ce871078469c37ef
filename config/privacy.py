"""How long personal data may be kept."""

from pydantic import Field

from config.strict import Strict


class Privacy(Strict):
    """How long personal data may be kept."""

    vault_days: int = Field(
        30,
        ge=0,
        description="Files with personal data can be opened for so long; then never again.",
    )
