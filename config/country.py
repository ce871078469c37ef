"""What an address needs by its country: config/countries.yaml."""

from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import Field

from config.strict import CONFIG, Strict

CountryCode = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]


class Countries(Strict):
    """Countries whose addresses lack a part that others need, by ISO 3166-1."""

    without_postcode: frozenset[CountryCode] = Field(description="They have no postcodes.")
    without_city: frozenset[CountryCode] = Field(description="The country is the city.")

    def unused_fields(self) -> dict[str, tuple[str, ...]]:
        """Return the parts that an address of each country does not have."""
        parts = {"city": self.without_city, "postcode": self.without_postcode}
        return {
            country: tuple(part for part, countries in parts.items() if country in countries)
            for country in sorted(self.without_postcode | self.without_city)
        }


@cache
def load_countries(path: Path = CONFIG / "countries.yaml") -> Countries:
    """Return what addresses of each country lack."""
    return Countries.read(path)
