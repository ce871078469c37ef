"""What each platform asks of a listing: config/listing_rules.yaml, dated, each with its source."""

from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field

from config.strict import CONFIG, Strict, named, read_yaml

Part = Literal["title", "price", "barcode", "vendor", "type", "image"]


class ListingRule(Strict):
    """What a platform asks of a listing, from a day on."""

    valid_from: date
    source: str
    most_title_characters: int = Field(ge=1, description="Spaces count.")
    forbidden_characters: str = Field("", description="Each of them alone breaks the rule.")
    forbidden_words: tuple[str, ...] = Field(
        (), description="Phrases that a title must not hold, whatever their case."
    )
    fewest_images: int = Field(0, ge=0)
    required: tuple[Part, ...] = Field((), description="What a complete listing says.")


@cache
def load_listing_rules(
    path: Path = CONFIG / "listing_rules.yaml",
) -> Mapping[str, tuple[ListingRule, ...]]:
    """Return the rules by platform, the newest last."""
    return {
        platform: tuple(
            sorted(
                (
                    ListingRule.parse(each, f"{named(path)}: {platform}[{number}]")
                    for number, each in enumerate(entries)
                ),
                key=lambda rule: rule.valid_from,
            )
        )
        for platform, entries in read_yaml(path).items()
    }
