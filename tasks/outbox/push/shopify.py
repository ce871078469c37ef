"""Shopify's inventory import: `On hand (new)` per variant and location, only rows that change.

Shopify overwrites on hand, not available. So On hand (new) = target available + what Shopify itself
has committed + unavailable. What left since the export is committed no more. A location where the
variant is not stocked, or that the shop file calls read only, is left out.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import duckdb
import numpy as np

from tasks.outbox.push.spreadsheet import write_cells
from tasks.rules.ration import allocate
from tasks.rules.sending import Number
from tasks.run.night import Night
from tasks.warehouse.catalog import tables_of
from tasks.warehouse.tables import fetch

UNKNOWN = "no inventory export lists it as stocked at a location that may be written"
HEADER = (
    "Handle", "Title", "Option1 Name", "Option1 Value", "Option2 Name", "Option2 Value",
    "Option3 Name", "Option3 Value", "SKU", "HS Code", "COO", "Location", "Bin name",
    "Incoming (not editable)", "Unavailable (not editable)", "Committed (not editable)",
    "Available (not editable)", "On hand (current)", "On hand (new)",
)  # fmt: skip
CURRENT = """
    with newest as (
        select location, arg_max(file_id, (coalesce(seen_at, exported_at), file_id)) as file_id
        from staged.shopify_inventory
        inner join settings.locations using (location)
        left join landing.sightings using (file_id)
        group by location
    )
    select handle, title, option1_name, option1_value, option2_name, option2_value, option3_name,
        option3_value, stated.channel_sku, hs_code, country_of_origin, stated.location, bin_name,
        stated.incoming_units, stated.unavailable_units, stated.committed_units, stated.available_units,
        stated.on_hand_units, greatest(coalesce(stock_position.available_units, 0), 0) as free_units,
        cast(greatest(
            stated.committed_units - coalesce(left_since.left_units + left_since.copied_units, 0), 0
        ) as bigint) as still_committed_units,
        locations.is_read_only
    from staged.shopify_inventory as stated
    inner join newest using (location, file_id)
    inner join settings.channel_locations as places using (location)
    inner join settings.locations using (location)
    left join core.sku_map on sku_map.channel = places.channel and sku_map.channel_sku = stated.channel_sku
    left join ops.stock_position on
        stock_position.sku = coalesce(sku_map.sku, stated.channel_sku)
        and stock_position.location = stated.location
    left join ops.left_since_count as left_since on
        left_since.sku = stock_position.sku and left_since.location = stock_position.location
        and left_since.platform = 'shopify'
    where stated.on_hand_units is not null and places.channel = ?
    order by stated.channel_sku, preference, line_no
"""


@dataclass(frozen=True)
class _Stated:
    """What Shopify's newest export states of a variant at a location, in the order of its columns."""

    handle: str | None
    title: str | None
    option1_name: str | None
    option1_value: str | None
    option2_name: str | None
    option2_value: str | None
    option3_name: str | None
    option3_value: str | None
    channel_sku: str
    hs_code: str | None
    country_of_origin: str | None
    location: str
    bin_name: str | None
    incoming_units: int | None
    unavailable_units: int | None
    committed_units: int | None
    available_units: int | None
    on_hand_units: int


@dataclass(frozen=True)
class _Place(_Stated):
    """A variant at a location, with the units that we hold free there, and what it has committed by now."""

    free_units: int
    still_committed_units: int | None
    is_read_only: bool


def takes(con: duckdb.DuckDBPyConnection, channel: str, rows: Sequence[Number]) -> list[Number]:
    """Return the rows that the import can name: stocked somewhere that is not read only."""
    writable = {
        sku
        for sku, every in _variants(con, channel).items()
        if any(not place.is_read_only for place in every)
    }
    return [row for row in rows if row.channel_sku in writable]


def write(
    con: duckdb.DuckDBPyConnection,
    night: Night,
    channel: str,
    rows: Sequence[Number],
    folder: Path,
) -> Path:
    """Write the rows of one channel whose on hand changes; return the import file."""
    target = {row.channel_sku: row.published_units for row in rows}
    changed: list[tuple[object, ...]] = []
    for sku, every in _variants(con, channel).items():
        if sku not in target:
            continue
        # A location that we may not write shows its own available there: the others make up the rest.
        fixed = sum(max(place.available_units or 0, 0) for place in every if place.is_read_only)
        places = [place for place in every if not place.is_read_only]
        wanted = max(target[sku] - fixed, 0)
        free = np.array([place.free_units for place in places], dtype=np.int64)
        shares = allocate(np.array(wanted), free)
        for place, share in zip(places, shares.tolist(), strict=True):
            new = share + (place.still_committed_units or 0) + (place.unavailable_units or 0)
            if new != place.on_hand_units:
                changed.append((*(getattr(place, each.name) for each in fields(_Stated)), new))
    name = f"{channel}_{night.moment:%Y-%m-%d_%H%M}_inventory_import.csv"
    return write_cells(folder / name, HEADER, changed)


def _variants(con: duckdb.DuckDBPyConnection, channel: str) -> dict[str, list[_Place]]:
    """Return the places of each variant, by SKU, as the newest exports of a channel's locations state them."""
    found: dict[str, list[_Place]] = defaultdict(list)
    if "staged.shopify_inventory" in tables_of(con):
        for place in fetch(con, _Place, CURRENT, [channel]):
            found[place.channel_sku].append(place)
    return found
