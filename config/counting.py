"""Settings of cycle counts: how often each class is counted, by whom, and what still agrees."""

from decimal import Decimal

from pydantic import Field, model_validator

from config.strict import Strict

CLASSES = ("A", "B", "C")


class Counting(Strict):
    """How stock is counted at the locations with `counts: true`, and how a count is judged."""

    every_days: dict[str, int] = Field(
        default_factory=lambda: {"A": 30, "B": 90, "C": 180},
        description="Days between two counts of a SKU of each ABC class.",
    )
    tolerance_percent: dict[str, Decimal] = Field(
        default_factory=lambda: {"A": Decimal("0.2"), "B": Decimal(1), "C": Decimal(5)},
        description="Difference from the book, percent of it, up to which a record of each ABC"
        " class agrees.",
    )
    recount_days: int = Field(
        7, ge=1, description="A record beyond its tolerance is counted again within so many days."
    )
    window_days: int = Field(
        180, ge=1, description="Days whose counts are judged together as record accuracy."
    )
    minimum_records: int = Field(
        10, ge=1, description="Fewer counted records of a class at a location are not judged."
    )
    sheet_lines: int = Field(
        40, ge=1, description="Lines of a location's count sheet, a night's work."
    )
    role: str = Field("operations", description="Role of `people` that counts.")

    @model_validator(mode="after")
    def _every_class(self) -> "Counting":
        for key in ("every_days", "tolerance_percent"):
            given = getattr(self, key)
            if set(given) != set(CLASSES):
                raise ValueError(f"{key} needs the classes A, B and C, and no other")
        if min(self.every_days.values()) < 1:
            raise ValueError("every_days: a class is counted every 1 day or less often")
        if not all(0 <= percent <= 100 for percent in self.tolerance_percent.values()):
            raise ValueError("tolerance_percent: a tolerance is 0 to 100 percent")
        return self
