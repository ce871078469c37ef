"""What a server answers to a form that it does not take: the field's own sentence, not its pattern."""

from collections.abc import Iterator
from typing import Any

REFUSAL = "refusal"  # the key of a field's schema whose text says what to write there
_OF_TEXT = ("pattern", "minLength", "maxLength")


def say_refusals() -> None:
    """Have Prefect's check of forms, in this process, say a field's `refusal` and quote nothing of what was typed.

    By itself it answers with what was typed and the regular expression that it does not match.
    """
    from jsonschema.exceptions import ValidationError
    from prefect.utilities.schema_tools import validation

    checks = validation._VALIDATOR.VALIDATORS

    def in_words(check: Any) -> Any:
        def say(validator: Any, limit: Any, typed: Any, schema: Any) -> Iterator[Any]:
            faults = check(validator, limit, typed, schema) or ()
            if REFUSAL not in schema:
                yield from faults
            elif next(iter(faults), None) is not None:
                yield ValidationError(schema[REFUSAL])

        return say

    checks.update({name: in_words(checks[name]) for name in _OF_TEXT})
