"""A stand-in with the form of a real flow, which reports what the form sent."""

from datetime import datetime
from typing import Any, Literal

from prefect import flow
from prefect.artifacts import create_markdown_artifact, create_table_artifact
from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import SkipJsonSchema


def leave_empty(schema: dict[str, Any]) -> None:
    """Show an empty field: a default of null would be refused, or shown as two tabs."""
    schema.pop("default")


class SyncOptions(BaseModel):
    """What to send, and as of when."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    channel: Literal["all", "shopify", "amazon"] = Field(
        default="all", title="Channel", description="One channel, or all of them."
    )
    dry_run: bool = Field(
        default=False, title="Dry run", description="Show the numbers, send nothing."
    )
    as_of: datetime | SkipJsonSchema[None] = Field(
        default=None,
        title="As of",
        description="Compute for this moment; empty means now.",
        json_schema_extra=leave_empty,
    )


@flow
def sync_stock(shop: str, options: SyncOptions = SyncOptions()) -> None:  # noqa: B008 - frozen
    """Offer each channel what it may sell.

    Args:
        shop: The shop's name.
        options: What to send, and as of when.
    """
    create_markdown_artifact(
        key="sent",
        description=f"{shop}, {options.channel}",
        markdown=f"# Stock of {shop}\n\nDry run: **{options.dry_run}**, as of {options.as_of}.\n\n"
        "| SKU | sellable |\n| :-- | --: |\n| A-1 | 1,192 |\n",
    )
    create_table_artifact(
        key="offers",
        description="What each channel may sell",
        table=[{"sku": f"A-{n}", "sellable": n, "why": "held back"} for n in range(3)],
    )
