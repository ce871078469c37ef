-- The marts that the summary and the dashboard read, with the columns they read.
create schema marts;
create table marts.landed_files (shop varchar, file_id varchar, report varchar, channel varchar, name varchar,
    received_at timestamptz, rows_read bigint, rows_accepted bigint, rows_quarantined bigint,
    rows_non_data bigint, status varchar, reason varchar);
create table marts.quarantined_rows (shop varchar, file_id varchar, line_no bigint, report varchar,
    reason varchar, column_name varchar, first_seen_at timestamptz, resolved_at timestamptz);
create table marts.data_freshness (shop varchar, report varchar, title varchar, location varchar, last_file_at timestamptz,
    newest_event_at timestamptz, age_hours decimal(18,2), limit_hours decimal(18,2), status varchar);
create table marts.stock_position (shop varchar, as_of date, sku varchar, location varchar, on_hand bigint,
    unavailable bigint, reserved bigint, available bigint, source_as_of timestamptz, stale boolean);
create table marts.channel_stock (shop varchar, as_of date, channel varchar, channel_sku varchar, sku varchar,
    buffer_units bigint, mode varchar, published_units bigint, previous_units bigint, delta bigint,
    oversell_risk decimal(9,6), reason varchar);
create table marts.oversell_events (shop varchar, sku varchar, pool varchar, started_at timestamptz,
    open_units bigint, available_units bigint, short_units bigint, amount_at_stake decimal(18,2),
    currency varchar);
create table marts.reorder_plan (shop varchar, as_of date, sku varchar, pool varchar, supplier varchar,
    velocity decimal(18,6), on_order bigint, days_of_cover decimal(18,6), action varchar, suggested_units bigint, suggested_amount decimal(18,6),
    currency varchar, order_by_date date, stockout_date date, owner varchar, reason varchar);
create table marts.purchase_suggestions (shop varchar, po_key varchar, supplier varchar, sku varchar,
    units bigint, unit_cost_amount decimal(18,2), line_amount decimal(18,2), currency varchar, state varchar,
    approver varchar, due_date date, opened_date date, reason varchar);
create table marts.payout_reconciliation (shop varchar, channel varchar, payout_id varchar,
    period_start_at timestamptz, period_end_at timestamptz, currency varchar, lines bigint,
    lines_total_amount decimal(18,2), payout_amount decimal(18,2), bank_amount decimal(18,2),
    difference_amount decimal(18,2), unclassified_amount decimal(18,2), unmatched_amount decimal(18,2),
    status varchar, oldest_open_days bigint);
create table marts.kpi_daily (shop varchar, kpi varchar, business_date date, channel varchar, station varchar,
    title varchar, value decimal(18,6), unit varchar, n bigint, target decimal(18,6), status varchar,
    owner varchar);
create table marts.kpi_dictionary (shop varchar, kpi varchar, station varchar, title varchar, owner varchar,
    deputy varchar, sop varchar, timezone varchar, unit varchar, direction varchar, target decimal(18,6));
create table marts.fulfilment_daily (shop varchar, business_date date, channel varchar, location varchar,
    due bigint, on_time bigint, late bigint, open_past_due bigint);
create table marts.backlog (shop varchar, as_of date, channel varchar, order_id varchar,
    age_hours decimal(18,2), bucket varchar, ship_by_at timestamptz, past_due boolean);
create table marts.revenue_vs_plan (shop varchar, iso_week varchar, channel varchar, is_closed boolean,
    revenue_amount decimal(18,2), plan_amount decimal(18,2), currency varchar, variance_rate decimal(18,6));
create table marts.exceptions (shop varchar, exception_id varchar, type varchar, station varchar,
    severity varchar, opened_at timestamptz, due_at timestamptz, owner varchar, next_step varchar,
    evidence varchar, amount_at_stake decimal(18,2), currency varchar, state varchar);
create table marts.alerts (shop varchar, alert_id varchar, kind varchar, opened_at timestamptz,
    sent_to varchar, subject varchar, state varchar, acknowledged_by varchar, recovered_at timestamptz);
create table marts.sop_register (shop varchar, sop varchar, station varchar, title varchar, owner varchar,
    deputy varchar, metric varchar, last_review_date date, next_review_date date, status varchar,
    reason varchar, link varchar);
create table marts.expectation_results (shop varchar, suite varchar, expectation varchar, subject varchar,
    station varchar, owner varchar, severity varchar, success boolean, observed varchar, threshold varchar,
    unexpected_count bigint, unexpected_rate decimal(9,6), run_id varchar, run_at timestamptz);
