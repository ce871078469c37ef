"""What countries are called, and what an address needs by its country: config/countries.yaml."""

from collections import Counter
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import Field, model_validator

from config.strict import CONFIG, Strict

CountryCode = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]


class Countries(Strict):
    """Countries by ISO 3166-1: their names, and whose addresses lack a part that others need."""

    without_postcode: frozenset[CountryCode] = Field(description="They have no postcodes.")
    without_city: frozenset[CountryCode] = Field(description="The country is the city.")
    names: dict[CountryCode, tuple[str, ...]] = Field(description="How exports write it in words.")

    @model_validator(mode="after")
    def _names_are_of_one(self) -> "Countries":
        if twice := sorted(
            name for name, times in Counter(name for name, _ in self.codes()).items() if times > 1
        ):
            raise ValueError(f"names has {twice} twice: a name is of one country")
        return self

    def codes(self) -> tuple[tuple[str, str], ...]:
        """Return each name, without case, blanks and hyphens, with the code of its country."""
        return tuple(
            (name.lower().translate({ord(mark): None for mark in " -_"}), code)
            for code, names in self.names.items()
            for name in names
        )

    def unused_fields(self) -> dict[str, tuple[str, ...]]:
        """Return the parts that an address of each country does not have."""
        parts = {"city": self.without_city, "postcode": self.without_postcode}
        return {
            country: tuple(part for part, countries in parts.items() if country in countries)
            for country in sorted(self.without_postcode | self.without_city)
        }


@cache
def load_countries(path: Path = CONFIG / "countries.yaml") -> Countries:
    """Return what is known of each country."""
    return Countries.read(path)
