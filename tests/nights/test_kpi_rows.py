"""What a figure says and what its rows count are the same, where the rows are what it counts."""

from datetime import datetime

from config.kpi import load_kpis
from tasks.rules.kpi_rows import filled, first_judged
from tests.nights.night import Night

# Each row is one case of the figure. The others list what explains it: days, kinds, items, cases over several days.
COUNTED = (
    "backlog_24h", "broken_links", "cancel_rate", "chargeback_rate", "deputy_rate", "disputes_answered_rate",
    "late_skus", "listing_agreement_rate", "listing_complete_rate", "lost_parcel_rate", "mapped_line_rate",
    "on_time_ship_rate", "order_volume", "orphan_metric_rate", "overdue_exceptions", "oversold_skus",
    "payout_lines_matched_rate", "payouts_reconciled_rate", "pickable_order_rate", "record_accuracy_rate",
    "sop_current_rate", "source_coverage_rate", "stale_reports", "station_coverage_rate", "stockout_rate",
    "supplier_otif_rate", "training_rate",
)  # fmt: skip


def test_a_figure_counts_the_rows_that_are_listed_for_it(night: Night) -> None:
    [(as_of,)] = night.rows(
        "select max(last_file_at + to_seconds(cast(age_hours * 3600 as double))) from data_freshness"
    )
    assert isinstance(as_of, datetime)
    figures = {
        name: rest
        for name, *rest in night.rows(
            "select kpi, business_date, judged_days, judged_value, judged_n, kpi_daily.unit, timezone"
            " from kpi_daily inner join kpi_dictionary using (kpi)"
            " where channel = 'all' and judged_value is not null"
            " qualify row_number() over (partition by kpi order by business_date desc) = 1"
        )
    }
    differing = {}
    for name in COUNTED:
        if name not in figures:
            continue
        day, days, value, cases, unit, timezone = figures[name]
        kpi = load_kpis()[name]
        select = filled(
            kpi.rows, from_date=first_judged(day, days), to_date=day, timezone=timezone, as_of=as_of
        )
        against = (
            (value if kpi.direction == "lower" else 1 - value) * cases if unit == "rate" else value
        )
        listed = len(night.rows(select))
        if listed != round(against):
            differing[name] = (listed, float(against), cases)
    assert len(figures) > len(COUNTED) / 2
    assert not differing
