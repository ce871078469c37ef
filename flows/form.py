"""What a person fills in before a flow starts: one model per form, for Prefect shows its titles and help."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WithJsonSchema,
    WrapValidator,
)
from pydantic.json_schema import SkipJsonSchema
from pydantic_core import core_schema

from tasks.reading.masking import masked
from tasks.rules.backtest import Policy
from tasks.run.refusals import REFUSAL


@dataclass(frozen=True)
class Text:
    """What a field of text is held to, by the server before it keeps a form and by a command.

    `refusal` says what is wrong and how to fix it. A form sends what is typed, so only there the least counts.
    """

    pattern: str
    refusal: str
    most: int
    least: int = 0

    def held(self, text: str) -> str:
        """Return the text unless it is not one of these; the error quotes none of it."""
        if len(text) > self.most or not re.search(self.pattern, text):
            raise ValueError(self.refusal)
        return text

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        """Let pydantic hold a value to it."""
        return core_schema.no_info_after_validator_function(self.held, handler(source))

    def __get_pydantic_json_schema__(
        self, _: core_schema.CoreSchema, __: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Return what the server holds a form to."""
        least = {"minLength": self.least} if self.least else {}
        return {
            "type": "string",
            **least,
            "maxLength": self.most,
            "pattern": self.pattern,
            REFUSAL: self.refusal,
        }


def _names_nobody(text: str) -> str:
    """Return the text of a form unless it holds what is kept of nobody; the error quotes none of it."""
    if masked(text) != text:
        raise ValueError(_REASON)
    return text


def _is_day(text: Any, held: ValidatorFunctionWrapHandler) -> date:
    """Return the day that the text writes."""
    try:
        day: date = held(text)
    except ValidationError:
        raise ValueError(_DAY) from None
    return day


# What a form asks for is kept with its run, so the server itself refuses, before it stores a form, one with an
# e-mail address or an international phone number, and in a sentence also with other phone and card numbers.
_NO_ADDRESS = r"^(?![\s\S]*\S@\S)(?![\s\S]*\+\d[\d ().-]{6,}\d)"
_NOBODY = (
    _NO_ADDRESS + r"(?![\s\S]*\b\d{3}\)?[ .-]\d{3}[ .-]\d{4}\b)(?![\s\S]*\b(\d{4}[ -]){3}\d{4}\b)"
)
_REASON = "Say why, and leave out e-mail addresses, phone and card numbers: a form is kept."
Reason = Annotated[str, Text(_NOBODY, _REASON, most=10_000, least=1), AfterValidator(_names_nobody)]
# A SKU, a supplier, an alert's key: one line. Digits of a code may look like a phone number and are none.
_ONE_LINE = _NO_ADDRESS + r"[^\n\r]*$"
_ONE_THING = "Write the id of one thing here, on one line, and no e-mail address or phone number."
Name = Annotated[str, Text(_ONE_LINE, _ONE_THING, most=300)]
# Keys of purchase order lines, separated by semicolons; `key = 48` approves another number.
_LINES = (
    "Write the keys of purchase order lines here, as the table of purchase orders has them, with semicolons between"
    " them, and no e-mail address or phone number."
)
PurchaseLines = Annotated[str, Text(_ONE_LINE, _LINES, most=20_000)]
# One of the shop's people; a deployment offers them, and the decision holds the flow to them.
Who = Annotated[str, Field(min_length=1, max_length=254)]
_CASE = (
    "It has 20 digits and letters from a to f: copy it from the worklist or from marts.exceptions."
)
CaseId = Annotated[str, Text(r"^[0-9a-f]{20}$", f"This is not the id of a case. {_CASE}", most=20)]
CaseIds = Annotated[
    str,
    Text(
        r"^[0-9a-f]{0,20}([;, ]+[0-9a-f]{20})*[;, ]*$",
        f"These are not ids of cases, with semicolons between them. {_CASE.replace('It', 'Each', 1)}",
        most=100_000,
    ),
]
_POLICY = "|".join(Policy)
Policies = Annotated[
    str,
    Text(
        rf"^({_POLICY})(,({_POLICY}))*$",
        f"Write policies here, with commas between them and no blanks. There are: {', '.join(Policy)}.",
        most=300,
    ),
]
# Digits and what parts them: the server itself does not look whether a date is one.
_MOMENT = r"^[\dTZ:.+ -]{10,35}$"
_DAY = "This is not a date. Write it as 2026-11-24."
_DATE_AND_TIME = "This is not a date and time. Write it as 2026-11-24T02:00-05:00."
# The form shows a calendar, a command takes 2026-11-24.
Day = Annotated[
    date,
    WrapValidator(_is_day),
    WithJsonSchema({"type": "string", "format": "date", "pattern": _MOMENT, REFUSAL: _DAY}),
]
Days = Annotated[int, Field(ge=1, le=365)]
# A decimal number as text: a form's own numbers are binary.
StatedValue = Annotated[
    str,
    Text(
        r"^(\d{1,9}(\.\d{1,6})?)?$",
        "Write a number here, such as 12 or 0.5, of up to nine digits and six decimals; nothing for none.",
        most=16,
    ),
]
CustomerKey = Annotated[
    str,
    Text(
        r"^[0-9a-f]{64}$",
        "This is not the key of a customer. `backroom customer-key` asks for the address and prints it: 64 digits and"
        " letters from a to f.",
        most=64,
    ),
]


def leave_empty(schema: dict[str, Any]) -> None:
    """Show an empty field: a default of null would be refused, or shown as two tabs."""
    schema.pop("default")
    schema |= {"pattern": _MOMENT, REFUSAL: _DATE_AND_TIME}


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
