"""What a person fills in before a flow starts: one model per form, for Prefect shows its titles and help."""

import re
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


def _is_no_address(text: str) -> str:
    """Return the name of a thing unless an e-mail address or a phone number is in it, or it has two lines."""
    if not re.search(_NO_ADDRESS + r"[^\n\r]*$", text):
        raise ValueError("write the id of one thing here, and no e-mail address or phone number")
    return text


# What a form asks for is kept with its run, so the server itself refuses, before it stores a form, one with an
# e-mail address or an international phone number, and in a sentence also with other phone and card numbers.
_NO_ADDRESS = r"^(?![\s\S]*\S@\S)(?![\s\S]*\+\d[\d ().-]{6,}\d)"
_NOBODY = (
    _NO_ADDRESS + r"(?![\s\S]*\b\d{3}\)?[ .-]\d{3}[ .-]\d{4}\b)(?![\s\S]*\b(\d{4}[ -]){3}\d{4}\b)"
)
Reason = Annotated[
    str,
    AfterValidator(_names_nobody),
    WithJsonSchema({"type": "string", "minLength": 1, "pattern": _NOBODY}),
]
# A SKU, a supplier, an alert's key: one line. Digits of a code may look like a phone number and are none.
Name = Annotated[
    str,
    AfterValidator(_is_no_address),
    Field(max_length=300),
    WithJsonSchema({"type": "string", "maxLength": 300, "pattern": _NO_ADDRESS + r"[^\n\r]*$"}),
]
# Keys of purchase order lines, separated by semicolons; `key = 48` approves another number.
PurchaseLines = Annotated[
    str,
    AfterValidator(_is_no_address),
    Field(max_length=20_000),
    WithJsonSchema({"type": "string", "maxLength": 20_000, "pattern": _NO_ADDRESS + r"[^\n\r]*$"}),
]
# One of the shop's people; a deployment offers them, and the decision holds the flow to them.
Who = Annotated[str, Field(min_length=1, max_length=254)]
CaseId = Annotated[str, Field(pattern=r"^[0-9a-f]{20}$")]
CaseIds = Annotated[
    str, Field(max_length=100_000, pattern=r"^[0-9a-f]{0,20}([;, ]+[0-9a-f]{20})*[;, ]*$")
]
_POLICY = "|".join(Policy)
Policies = Annotated[str, Field(pattern=rf"^({_POLICY})(,({_POLICY}))*$")]
# Digits and what parts them: the server itself does not look whether a date is one.
_MOMENT = r"^[\dTZ:.+ -]{10,35}$"
# The form shows a calendar, a command takes 2026-11-24.
Day = Annotated[date, WithJsonSchema({"type": "string", "format": "date", "pattern": _MOMENT})]
Days = Annotated[int, Field(ge=1, le=365)]
# A decimal number as text: a form's own numbers are binary.
StatedValue = Annotated[str, Field(pattern=r"^(\d{1,9}(\.\d{1,6})?)?$")]
CustomerKey = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


def leave_empty(schema: dict[str, Any]) -> None:
    """Show an empty field: a default of null would be refused, or shown as two tabs."""
    schema.pop("default")
    schema["pattern"] = _MOMENT


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
