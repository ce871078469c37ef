"""What the shop file says of orders and returns, as tables `settings.*`: checks, fraud rules, reasons."""

import duckdb

from config.country import load_countries
from config.return_reason import load_return_reasons
from config.shop import Shop
from tasks.warehouse.registry_tables import pattern
from tasks.warehouse.tables import settings_table


def write_order_rules(con: duckdb.DuckDBPyConnection, shop: Shop) -> None:
    """Write what an order is held to before it leaves, and when a person looks at it."""
    checks = {name: shop.validation_of(name) for name in shop.channels}
    settings_table(con, "validation", "channel varchar, phone_rule varchar, is_address_checked boolean",
           [(name, rules.phone, rules.address) for name, rules in checks.items()])  # fmt: skip
    settings_table(con, "shipping_methods", "channel varchar, method varchar",
           [(name, pattern(method)) for name, rules in checks.items()
            for method in rules.shipping_methods])  # fmt: skip
    settings_table(con, "countries", "country varchar, unused_address_fields varchar",
           [(country, ", ".join(fields)) for country, fields in load_countries().unused_fields().items()])  # fmt: skip
    settings_table(
        con, "country_names", "name varchar, country varchar", list(load_countries().codes())
    )
    fraud = shop.fraud
    settings_table(
        con,
        "fraud",
        "review_points bigint, risk_level varchar, is_other_country_judged boolean, is_other_postcode_judged boolean,"
        " first_order_amount decimal(18, 2), history_days bigint, incomplete_amount decimal(18, 2),"
        " cancellation_count bigint, cancellation_days bigint,"
        " buyer_count bigint, address_days bigint, large_order_amount decimal(18, 2), vip_amount decimal(18, 2),"
        " currency varchar",
        [(fraud.review_points, fraud.risk_level, fraud.other_country, fraud.other_postcode,
          fraud.first_order_amount, fraud.history_days, fraud.incomplete_amount, fraud.cancellations,
          fraud.cancellation_days, fraud.address_buyers, fraud.address_days, fraud.large_order_amount,
          fraud.vip_amount, shop.currency)],
    )  # fmt: skip
    returns = shop.returns
    settings_table(
        con,
        "returns",
        "goods_back_days bigint, window_days bigint, grade_days bigint, damage_claim_days bigint, serial_count bigint,"
        " serial_rate decimal(9, 6), serial_days bigint",
        [(returns.goods_back_days, returns.window_days, returns.grade_days, returns.damage_claim_days,
          returns.serial_returns, returns.serial_rate, returns.serial_days)],
    )  # fmt: skip
    settings_table(con, "return_reasons", "word varchar, return_reason varchar, is_our_fault boolean",
           [(pattern(word), name, reason.is_our_fault) for name, reason in load_return_reasons().items()
            for word in reason.words])  # fmt: skip
