"""One expectation: what must hold, why, and how to fix it when it does not."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field, model_validator

from config.strict import Strict

Severity = Literal["critical", "warning"]


class Expectation(Strict):
    """A rule about rows, stated once: Great Expectations checks it, and splits by it.

    Either `expect` names one of Great Expectations' row expectations without its `expect_`
    (`column_values_to_match_regex`) with its arguments in `with`, or `fails_where` is a SQL
    condition that is true of a bad row (checked as Great Expectations' UnexpectedRowsExpectation).
    """

    renamed: ClassVar[Mapping[str, str]] = {"spares": "still_feeds", "mend": "fix"}

    reason: str = Field(pattern=r"^[a-z][a-z0-9_]*$", description="The code of the fault.")
    expect: str | None = None
    with_: dict[str, Any] = Field(default_factory=dict, alias="with")
    fails_where: str | None = None
    column: str | None = Field(None, description="The failing column, for the quarantine.")
    severity: Severity = "critical"
    still_feeds: frozenset[str] = Field(
        frozenset(), description="Tables that a bad row still feeds: a bad line keeps its order."
    )
    why: str
    fix: str

    @model_validator(mode="after")
    def _one_of_two(self) -> "Expectation":
        if (self.expect is None) == (self.fails_where is None):
            raise ValueError("say either `expect` (with its `with`) or `fails_where`")
        return self

    @property
    def at_fault(self) -> str:
        """The column to show with the reason; empty where the fault is the row's."""
        return self.column or str(self.with_.get("column", ""))
