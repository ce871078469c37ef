"""What the shop asks of a buyer who sends goods back."""

from pydantic import Field

from config.strict import Strict


class Returns(Strict):
    """What a buyer has to do for a refund."""

    goods_back_days: int | None = Field(
        None,
        ge=0,
        description="Days after a refund by which the goods must be back; default no goods are asked for.",
    )
