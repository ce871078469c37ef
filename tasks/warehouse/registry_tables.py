"""What the registries of config/ say, as tables `settings.*`: exports, KPIs, exception types, pages, words."""

from collections.abc import Iterable
from datetime import date

import duckdb

from config.bucket import load_buckets
from config.export import load_exports
from config.kpi import load_exceptions, load_kpis, load_sops
from config.listing_rule import load_listing_rules
from config.report import load_reports
from config.requirement import load_needs, required_reports, states_shipping
from config.shop import Shop
from config.standard import load_standards
from config.station import load_stations
from config.strict import ROOT
from config.words import load_words
from tasks.warehouse.figure_tables import figure_tables
from tasks.warehouse.models import Model, read_models
from tasks.warehouse.tables import settings_table


def write_registries(con: duckdb.DuckDBPyConnection, shop: Shop, day: date) -> None:
    """Write exports, needs, standards, words, KPIs, exception types and pages; `day` is the night's."""
    models = read_models(ROOT / "sql")
    used = tables_read(models)
    settings_table(
        con,
        "exports",
        "report varchar, platform varchar, title varchar, station varchar, limit_hours bigint, family varchar,"
        " is_used boolean, states_ship_day boolean, states_shipping boolean, bring_from varchar",
        [
            (e.name, e.platform, e.title, e.station, shop.freshness_hours.get(e.name, e.fresh_hours),
             # Reports of one platform that load the same tables stand in for each other.
             f"{e.platform}: {', '.join(sorted(e.loads_into)) or e.report}",
             not used.isdisjoint(e.loads_into), *states_shipping(e), e.where)
            for e in load_exports().values()
            if not e.refuse
        ],
    )  # fmt: skip
    settings_table(
        con,
        "export_tables",
        "report varchar, loaded_table varchar",
        [
            (e.name, table)
            for e in load_exports().values()
            if not e.refuse
            for table in e.loads_into
        ],
    )
    settings_table(
        con,
        "figure_tables",
        "kind varchar, figure varchar, loaded_table varchar",
        figure_tables(models),
    )
    settings_table(
        con,
        "stations",
        "station varchar, priority bigint, title varchar, area varchar, fundamentals varchar, business_flows varchar",
        [
            (station, number, parts.title, parts.area, ", ".join(parts.fundamentals), ", ".join(parts.flows))
            for number, (station, parts) in enumerate(load_stations().items(), 1)
        ],
    )  # fmt: skip
    needs = load_needs()
    figures = {
        name: ", ".join(
            [
                *(m.name for m in models if name in m.all_needs),
                *(k for k, kpi in load_kpis().items() if name in kpi.needs),
            ]
        )
        for name in needs
    }
    settings_table(
        con,
        "required_reports",
        "need varchar, channel varchar, location varchar, report varchar, any_report varchar, station varchar,"
        " is_asked boolean, only_if varchar, needed_by varchar, need_no bigint",
        [
            (r.need, r.channel, r.location, r.report, each, r.station, r.asks, r.only_if,
             figures.get(r.need, "what the shop file says"), need_no)
            for need_no, r in enumerate(required_reports(shop), 1)
            for each in r.reports
        ],
    )  # fmt: skip
    settings_table(con, "kpi_needs", "kpi varchar, need varchar, is_blocking boolean, is_dated boolean",
           [(name, need, needs[need].blocks, needs[need].dated)
            for name, kpi in load_kpis().items() for need in kpi.needs])  # fmt: skip
    settings_table(
        con,
        "buckets",
        "platform varchar, rule_no bigint, transaction_type varchar, amount_type varchar, description varchar,"
        " bucket varchar",
        [
            (platform, number, *(pattern(part) for part in rule[:3]), rule[3])
            for platform, rules in load_buckets().items()
            for number, rule in enumerate(rules)
        ],
    )
    # The newest standard of each metric that holds on the night's day.
    settings_table(
        con,
        "standards",
        "platform varchar, metric varchar, threshold_rate decimal(9, 6), better varchar, window_days bigint",
        [
            (platform, metric, each.threshold_rate, each.better, each.window_days)
            for (platform, metric), entries in load_standards().items()
            for each in [entry for entry in entries if entry.valid_from <= day][-1:]
        ],
    )
    # What each platform asks of a listing on the night's day; lists are joined by |.
    settings_table(
        con,
        "listing_rules",
        "platform varchar, most_character_count bigint, forbidden_characters varchar, forbidden_words varchar,"
        " least_image_count bigint, required varchar",
        [
            (platform, each.most_title_characters, each.forbidden_characters, "|".join(each.forbidden_words),
             each.fewest_images, "|".join(each.required))
            for platform, rules in load_listing_rules().items()
            for each in [rule for rule in rules if rule.valid_from <= day][-1:]
        ],
    )  # fmt: skip
    settings_table(
        con,
        "order_words",
        "platform varchar, axis varchar, word varchar, meaning varchar",
        [
            (platform, axis, pattern(word), meaning)
            for platform, words in load_words().items()
            for axis, word, meaning in words.rows()
        ],
    )
    # What the shop holds its cases to, it holds their KPI to.
    standards = {
        "record_accuracy_rate": shop.count_accuracy_rate,
        "supplier_otif_rate": shop.supplier_on_time_rate,
        **shop.kpi_targets,
    }
    settings_table(
        con,
        "kpis",
        "kpi varchar, station varchar, title varchar, outcome varchar, role varchar, sop varchar, numerator varchar,"
        " denominator varchar, exclusions varchar, clock varchar, unit varchar, direction varchar,"
        " target decimal(18, 6), warning decimal(18, 6), critical decimal(18, 6), minimum_n bigint, version varchar,"
        " source varchar, judged varchar, weekly_rank bigint, query varchar",
        [
            (name, k.station, k.title, k.outcome, k.role, k.sop, k.numerator, k.denominator, k.exclusions, k.clock,
             k.unit, k.direction, standards.get(name, k.target), k.warning, k.critical, k.minimum_n,
             k.version, k.source, k.judged, k.weekly_rank, k.rows)
            for name, k in load_kpis().items()
        ],
    )  # fmt: skip
    settings_table(
        con,
        "channel_targets",
        "kpi varchar, channel varchar, target decimal(18, 6)",
        [
            (kpi, channel, target)
            for channel, settings in shop.channels.items()
            for kpi, target in settings.kpi_targets.items()
        ],
    )
    settings_table(
        con,
        "reports",
        "report varchar, title varchar, cadence varchar, made_by varchar, role varchar, due_hour bigint, place varchar",
        [
            (name, r.title, r.cadence, r.made_by, r.role, r.due_hour, r.place)
            for name, r in load_reports().items()
        ],
    )
    settings_table(
        con,
        "exception_types",
        "type varchar, station varchar, severity varchar, role varchar, tier bigint, window_hours bigint,"
        " next_step varchar, message varchar, is_blocking boolean",
        [
            (
                n,
                t.station,
                t.severity,
                t.role,
                t.tier,
                t.window_hours,
                t.next_step,
                t.message,
                t.blocking,
            )
            for n, t in load_exceptions().items()
        ],
    )
    settings_table(
        con,
        "sops",
        "sop varchar, station varchar, title varchar, role varchar, tier bigint, metric varchar, cadence_days bigint,"
        " last_review_date date, version bigint, last_drill_date date, drill_days bigint, link varchar, words bigint,"
        " video varchar, is_complete boolean",
        [
            (n, s.station, s.title, s.role, s.tier, s.metric, s.cadence_days, s.last_review_date, s.version,
             s.last_drill_date, s.drill_days, s.link, s.words, s.video, s.complete)
            for n, s in load_sops().items()
        ],
    )  # fmt: skip


def tables_read(models: Iterable[Model]) -> frozenset[str]:
    """Return the canonical tables that SQL reads: a report that loads no other is not used yet."""
    inputs = (name.split(".") for model in models for name in model.inputs)
    return frozenset(table for schema, table in inputs if schema in ("valid", "loaded"))


def pattern(part: str) -> str:
    """Return a taxonomy's cell as a LIKE pattern over folded text."""
    folded = "".join(character for character in part.casefold() if character not in " -_")
    return folded.replace("*", "%")
