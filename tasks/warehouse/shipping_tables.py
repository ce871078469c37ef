"""What the shop file says of picking, routing, packing and carriers, as tables `settings.*`."""

from collections.abc import Sequence

import duckdb

from config.shop import Shop
from tasks.warehouse.tables import settings_table


def write_shipping(con: duckdb.DuckDBPyConnection, shop: Shop) -> None:
    """Write the tables that say how an order leaves; a rule without a condition fits everything."""
    settings_table(con, "picking", "batch_by varchar, wave_orders bigint",
           [(shop.picking.batch_by, shop.picking.wave_orders)])  # fmt: skip
    settings_table(
        con,
        "routing_rules",
        "rule_no bigint, skus varchar[], categories varchar[], countries varchar[]",
        [
            (number, list(rule.skus), list(rule.categories), _folded(rule.countries))
            for number, rule in enumerate(shop.routing, 1)
        ],
    )
    settings_table(
        con,
        "routing_places",
        "rule_no bigint, location varchar, preference bigint",
        [
            (number, name, preference)
            for number, rule in enumerate(shop.routing, 1)
            for preference, (name, place) in enumerate(shop.locations.items(), 1)
            if name == rule.location or place.kind == rule.kind
        ],
    )
    settings_table(
        con,
        "sla_clauses",
        "location varchar, clause varchar, standard decimal(18, 6)",
        [
            (name, clause, standard)
            for name, place in shop.locations.items()
            for clause, standard in place.sla
            if standard is not None
        ],
    )
    settings_table(con, "carriers",
           "carrier varchar, service varchar, transit_days bigint, lost_days bigint, claim_days bigint",
           [(c.carrier, c.service, c.transit_days, c.lost_days, c.claim_days) for c in shop.carriers])  # fmt: skip
    settings_table(con, "boxes", "box varchar, up_to_grams bigint, tare_grams bigint",
           [(box.box, box.up_to_grams, box.tare_grams) for box in shop.packing.boxes])  # fmt: skip
    check = shop.packing.weight_check
    settings_table(con, "weight_check", "from_amount decimal(18, 2), tolerance_percent decimal(9, 4), currency varchar",
           [(check.from_amount, check.tolerance_percent, shop.currency)] if check else [])  # fmt: skip
    settings_table(
        con,
        "service_rules",
        "rule_no bigint, channels varchar[], countries varchar[], up_to_grams bigint, carrier varchar,"
        " service varchar, price_amount decimal(18, 2), currency varchar",
        [
            (number, list(r.channels), _folded(r.countries), r.up_to_grams, r.carrier, r.service,
             r.price_amount, shop.currency)
            for number, r in enumerate(shop.packing.services, 1)
        ],
    )  # fmt: skip


def _folded(names: Sequence[str]) -> list[str]:
    return [name.casefold() for name in names]
