"""What a person fills in before a flow starts: one model per form, for Prefect shows its titles and help."""

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema
from pydantic.json_schema import SkipJsonSchema

from tasks.reading.masking import masked
from tasks.rules.backtest import Policy


def _names_nobody(text: str) -> str:
    """Return the text of a form unless it holds what is kept of nobody; the error quotes none of it."""
    if masked(text) != text:
        raise ValueError("leave out e-mail addresses, phone and card numbers: a form is kept")
    return text


# What a form asks for is kept with its run, so the server itself refuses a form with an address.
Reason = Annotated[
    str,
    AfterValidator(_names_nobody),
    WithJsonSchema({"type": "string", "pattern": r"^(?!.*\S@\S)(?!.*\+\d[\d ().-]{6,}\d).*$"}),
]
_POLICY = "|".join(Policy)
Policies = Annotated[str, Field(pattern=rf"^({_POLICY})(,({_POLICY}))*$")]
Day = date  # the form shows a calendar, a command takes 2026-11-24
Days = Annotated[int, Field(ge=1, le=365)]
# Keys of purchase order lines, separated by semicolons; `key = 48` approves another number.
PurchaseLines = Annotated[str, Field(max_length=20_000, pattern=r"^[^\n\r]*$")]
# A decimal number as text: a form's own numbers are binary.
StatedValue = Annotated[str, Field(pattern=r"^(\d{1,9}(\.\d{1,6})?)?$")]
CustomerKey = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


def leave_empty(schema: dict[str, Any]) -> None:
    """Show an empty field: a default of null would be refused, or shown as two tabs."""
    schema.pop("default")


class NightOptions(BaseModel):
    """The moment that the figures are as of."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    as_of: datetime | SkipJsonSchema[None] = Field(
        default=None,
        title="As of",
        description="Moment that the figures are as of. Leave empty for the shop's last night.",
        json_schema_extra=leave_empty,
    )


class SyncOptions(BaseModel):
    """Whether the stock files are written, and the moment the stock is judged at."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dry_run: bool = Field(
        default=False, title="Dry run", description="Show the numbers and write no file."
    )
    as_of: datetime | SkipJsonSchema[None] = Field(
        default=None,
        title="As of",
        description="Moment the age of the stock is judged at. Leave empty for now.",
        json_schema_extra=leave_empty,
    )
