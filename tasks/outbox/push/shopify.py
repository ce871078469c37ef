"""Shopify's inventory import: `On hand (new)` per variant and location, only rows that change.

Shopify overwrites on hand, not available. So On hand (new) = target available + what Shopify itself
has committed + unavailable. A location where the variant is not stocked, or that the shop file calls
read only, is left out.
"""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import duckdb

from tasks.outbox.push.spreadsheet import write_cells
from tasks.rules.ration import allocate
from tasks.rules.stock import Published
from tasks.run.night import Night

HEADER = (
    "Handle", "Title", "Option1 Name", "Option1 Value", "Option2 Name", "Option2 Value",
    "Option3 Name", "Option3 Value", "SKU", "HS Code", "COO", "Location", "Bin name",
    "Incoming (not editable)", "Unavailable (not editable)", "Committed (not editable)",
    "Available (not editable)", "On hand (current)", "On hand (new)",
)  # fmt: skip
CURRENT = """
    with newest as (
        select location, arg_max(file_id, (exported_at, file_id)) as file_id
        from staged.shopify_inventory inner join settings.locations using (location)
        group by location
    )
    select handle, title, option1_name, option1_value, option2_name, option2_value, option3_name,
        option3_value, export.channel_sku, hs_code, country_of_origin, export.location, bin_name,
        export.incoming_units, export.unavailable_units, export.committed_units, export.available_units,
        export.on_hand_units, greatest(coalesce(stock_position.available_units, 0), 0) as free_units,
        locations.is_read_only
    from staged.shopify_inventory as export
    inner join newest using (location, file_id)
    inner join settings.channel_locations as places using (location)
    inner join settings.locations using (location)
    left join core.sku_map on sku_map.channel = places.channel and sku_map.channel_sku = export.channel_sku
    left join ops.stock_position on
        stock_position.sku = coalesce(sku_map.sku, export.channel_sku)
        and stock_position.location = export.location
    where export.on_hand_units is not null and places.channel = ?
    order by export.channel_sku, preference, line_no
"""


def write(
    con: duckdb.DuckDBPyConnection,
    night: Night,
    channel: str,
    rows: Sequence[Published],
    folder: Path,
) -> Path:
    """Write the rows of one channel whose on hand changes; return the import file."""
    target = {row.channel_sku: row.published_units for row in rows}
    variants: dict[str, list[tuple[object, ...]]] = defaultdict(list)
    for current in con.execute(CURRENT, [channel]).fetchall():
        if current[8] in target:
            variants[current[8]].append(current)
    changed = []
    for sku, every in variants.items():
        # A location that we may not write shows its own available there: the others make up the rest.
        fixed = sum(max(int(str(place[16] or 0)), 0) for place in every if place[19])
        places = [place for place in every if not place[19]]
        free = [int(str(place[18])) for place in places]
        wanted = max(target[sku] - fixed, 0)
        for place, share in zip(places, allocate(wanted, free), strict=True):
            unavailable, committed, on_hand = place[14] or 0, place[15] or 0, place[17]
            new = share + int(str(committed)) + int(str(unavailable))
            if new != on_hand:
                changed.append((*place[:18], new))
    name = f"{channel}_{night.moment:%Y-%m-%d_%H%M}_inventory_import.csv"
    return write_cells(folder / name, HEADER, changed)
