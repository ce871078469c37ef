-- A small shop in the evening of 22 November 2026, 18:00 UTC.
insert into marts.shops (shop, title, as_of, timezone, currency) values
    ('corner', 'Corner', '2026-11-22', 'Europe/London', 'GBP');
insert into marts.landed_files (
    shop, file_id, report, channel, name, received_at, rows_read, rows_accepted,
    rows_quarantined, rows_non_data, status, reason
) values
    ('corner', 'f1', 'shopify.orders', 'web', 'orders.csv', '2026-11-22 06:00', 1200, 1187, 12, 1,
     'accepted', null),
    ('corner', 'f2', 'shopify.orders', 'web', 'orders (1).csv', '2026-11-22 06:00', 0, 0, 0, 0,
     'duplicate', null),
    ('corner', 'f3', null, null, 'payouts.csv', '2026-11-22 06:00', 0, 0, 0, 0, 'rejected',
     'payouts.csv is a web page, not an export: the session had ended when it was downloaded. Log in and download the export again.');
insert into marts.quarantined_rows (
    shop, file_id, line_no, report, reason, column_name, first_seen_at, resolved_at
)
    select 'corner', 'f1', i, 'shopify.orders', 'quantity_not_whole', 'Quantity', '2026-11-22 06:00',
        case when i = 12 then timestamptz '2026-11-22 08:00' end
    from range(1, 13) t(i);
insert into marts.data_freshness (
    shop, report, title, location, last_file_at, newest_event_at, age_hours, limit_hours,
    status
) values
    ('corner', 'shopify.orders', 'Orders', '', '2026-11-22 06:00', '2026-11-22 05:58', 12, 26, 'ok'),
    ('corner', 'bank.statement', 'Bank statement', '', '2026-11-17 18:00', '2026-11-17 18:00', 120, 72, 'stale'),
    ('corner', 'zendesk.tickets', 'Tickets', '', '2026-11-17 18:00', null, 120, null, 'not_used');
insert into marts.data_freshness (shop, report, title, location, limit_hours, status) values
    ('corner', 'shopify.inventory', 'Inventory', 'Loft', 26, 'never');
insert into marts.requirements_coverage (
    shop, as_of, report, title, bring_from, needed_by, needed_for, missing_for, bring_rank, is_asked, status, reason
) values
    ('corner', '2026-11-22', 'shopify.orders', 'Orders', 'Orders > Export', 'sales_daily', 'web', '', 1, true, 'ok', null),
    ('corner', '2026-11-22', 'shopify.inventory', 'Inventory', 'Products > Inventory > Export',
     'stock_position, channel_stock, reorder_plan, stockout_rate, oversold_skus', 'Loft, Shelf', 'Loft', 2, true, 'ok',
     'no file ever came of shopify.inventory with Loft'),
    ('corner', '2026-11-22', 'suppliers.supplier_items', 'Supplier items', 'Your own list', 'reorder_plan', '', '', 3,
     false, 'never', 'no file ever came of suppliers.supplier_items');
insert into marts.stock_position (
    shop, as_of, sku, location, on_hand, unavailable, reserved, available, source_as_of,
    stale
) values
    ('corner', '2026-11-22', 'MUG-1', 'Shelf', 5, 0, 7, -2, '2026-11-22 12:00', false),
    ('corner', '2026-11-22', 'TEE-2', 'Shelf', 90, 0, 0, 90, '2026-11-22 12:00', false),
    ('corner', '2026-11-22', 'TEE-2', '3PL', 10, 0, 0, 10, '2026-11-20 12:00', true);
insert into marts.channel_stock (
    shop, as_of, channel, channel_sku, sku, buffer_units, mode, published_units,
    previous_units, delta, oversell_risk, reason
) values
    ('corner', '2026-11-22', 'web', 'MUG-1', 'MUG-1', 2, 'rationed', 0, 4, -4, 0.02, 'Tight.'),
    ('corner', '2026-11-22', 'web', 'TEE-2', 'TEE-2', 2, 'shared', 1088, 1088, 0, 0, 'Ample.'),
    ('corner', '2026-11-22', 'amazon_uk', 'AMZ-TEE', 'TEE-2', 9, 'held', 81, null, null, null, 'Old.'),
    ('corner', '2026-11-22', 'amazon_uk', 'FBA-TEE', 'TEE-2', 0, 'read_only', 40, null, null, null, 'FBA.');
insert into marts.oversell_events (
    shop, sku, pool, started_at, open_units, available_units, short_units, amount_at_stake,
    currency
) values
    ('corner', 'MUG-1', 'Shelf', '2026-11-22 12:00', 7, 5, 2, 25.98, 'GBP');
insert into marts.reorder_plan (
    shop, as_of, sku, pool, supplier, velocity, on_order, days_of_cover, action, rule_id,
    suggested_units, suggested_amount, currency, order_by_date, stockout_date, owner, reason
) values
    ('corner', '2026-11-22', 'MUG-1', 'merchant', 'Clay & Sons', 1.6, 0, 0, 'reorder', 'at-reorder-point', 144, 1234.5, 'GBP', '2026-11-20',
     '2026-11-22', 'Ben', 'Position −2 is at or below 31.'),
    ('corner', '2026-11-22', 'TEE-2', 'merchant', 'Texxtil', 8, 0, 12.5, 'reorder', 'at-reorder-point', 1000, 4100, 'EUR', '2026-11-25',
     '2026-12-04', 'Ben', 'Position 100 is at or below 120.'),
    ('corner', '2026-11-22', 'CAP-3', 'merchant', null, 0.4, 0, 12.5, 'reorder', 'at-reorder-point', 6, null, null, '2026-11-27',
     '2026-12-04', 'Ben', 'No cost is known.'),
    ('corner', '2026-11-22', 'PEN-4', 'merchant', 'Clay & Sons', 1, 0, 80, 'hold', 'enough', 0, 0, 'GBP', null, null, 'Ben', ''),
    ('corner', '2026-11-22', 'INK-5', 'merchant', null, 1, 0, 90, 'escalate', 'no-lead-time', 0, null, null, null,
     '2027-02-20', 'Ben', 'It sells, but neither receipts nor the supplier give a lead time: enter one.'),
    ('corner', '2026-11-22', 'PAD-6', 'merchant', null, 1, 0, null, 'hold', 'no-stock-count', 0, null, null, null, null,
     'Ben', 'It sells, but no file counts its stock, so nothing is ordered: bring a stock count.');
insert into marts.demand_daily (shop, sku, business_date, units, in_stock, lost_units, lost_amount, currency) values
    ('corner', 'MUG-1', '2026-11-09', 3, true, 0, 0, 'GBP'),
    ('corner', 'MUG-1', '2026-11-10', 0, false, 10.25, 100, 'GBP'),
    ('corner', 'PAD-6', '2026-11-11', 0, false, 2.25, null, 'GBP');
insert into marts.backtest (
    shop, policy, abc, first_date, last_date, sku_count, left_out_sku_count, demand_units, lost_units, fill_rate,
    stockout_count, average_units, average_stock_amount, currency, uncosted_sku_count
) values
    ('corner', 'seed90', 'A', '2026-09-24', '2026-11-21', 2, 0, 200, 30, 0.85, 3, 90, 400, 'GBP', 0),
    ('corner', 'protected', 'A', '2026-09-24', '2026-11-21', 2, 0, 200, 8, 0.96, 1, 120, 520, 'GBP', 0),
    ('corner', 'seed90', 'all', '2026-09-24', '2026-11-21', 3, 1, 210, 31, 0.852381, 3, 95, 400, 'GBP', 1),
    ('corner', 'protected', 'all', '2026-09-24', '2026-11-21', 3, 1, 210, 10, 0.952381, 2, 128, 520, 'GBP', 1);
insert into marts.purchase_suggestions (
    shop, po_key, supplier, sku, units, unit_cost_amount, line_amount, currency, state,
    approver, due_date, opened_date, reason
) values
    ('corner', 'po1', 'Texxtil', 'TEE-2', 1000, 4.10, 4100, 'EUR', 'pending_approval', null, '2026-11-25',
     '2026-11-21', 'Above the limit.'),
    ('corner', 'po2', 'Clay & Sons', 'MUG-1', 144, 8.57, 1234.08, 'GBP', 'suggested', null, '2026-11-20',
     '2026-11-22', null),
    ('corner', 'po3', 'Clay & Sons', 'PEN-4', 10, 1, 10, 'GBP', 'ordered', 'Ann', '2026-10-20',
     '2026-10-18', null);
insert into marts.payout_reconciliation (
    shop, channel, payout_id, period_start_at, period_end_at, currency, lines,
    lines_total_amount, payout_amount, bank_amount, difference_amount, unclassified_amount,
    unmatched_amount, status, oldest_open_days
) values
    ('corner', 'web', 'P1', '2026-11-01', '2026-11-08', 'GBP', 210, 12345.67, 12345.67, 12345.67, 0, 0, 0,
     'reconciled', null),
    ('corner', 'amazon_de', 'P2', '2026-11-01', '2026-11-15', 'EUR', 90, 800, 800, 790.5, -9.5, 0, 12,
     'bank_differs', 5),
    ('corner', 'web', 'P3', '2026-11-15', '2026-11-21', 'GBP', 10, 500, 500, null, null, 0, 0,
     'in_transit', 1);
insert into marts.payout_worklist (
    shop, as_of, rank_no, kind, channel, subject_id, payout_id, amount, currency, age_days, owner, next_step,
    likely_match, likely_because
) values
    ('corner', '2026-11-22', 2, 'lines_differ', 'web', 'P1 GBP', 'P1', 0.01, 'GBP', 14, 'Ann', 'Ask the channel.',
     null, null),
    ('corner', '2026-11-22', 1, 'bank_differs', 'amazon_de', 'P2 EUR', 'P2', -9.5, 'EUR', 5, 'Ann', 'Ask the bank.',
     'booking of 2026-11-20 over 9.50 EUR', 'it is exactly what is missing, and no payout explains it');
insert into marts.kpi_dictionary (
    shop, kpi, station, title, owner, deputy, sop, timezone, currency, unit, direction, target
) values
    ('corner', 'on_time_ship_rate', 'fulfilment', 'On-time ship', 'Ben', 'Ann', 'fulfilment',
     'Europe/London', 'GBP', 'rate', 'higher', 0.98),
    ('corner', 'return_rate', 'returns', 'Return rate', 'Ann', null, 'returns', 'Europe/London', 'GBP', 'rate',
     'lower', 0.08),
    ('corner', 'unreconciled', 'finance', 'Unreconciled', 'Ann', null, 'finance', 'Europe/London', 'GBP', 'amount',
     'lower', 0),
    ('corner', 'backlog_24h', 'fulfilment', 'Backlog older than 24 h', 'Ben', 'Ann', 'fulfilment',
     'Europe/London', 'GBP', 'orders', 'lower', 5);
insert into marts.kpi_daily (
    shop, kpi, business_date, channel, station, title, value, unit, n, target, status, owner
)
    select 'corner', 'on_time_ship_rate', date '2026-11-21' - cast(i as integer), 'all', 'fulfilment',
        'On-time ship', 0.94 + (i % 5) * 0.01, 'rate', 40, 0.98, if(i = 0, 'critical', 'warning'), 'Ben'
    from range(40) t(i);
insert into marts.kpi_daily (
    shop, kpi, business_date, channel, station, title, value, unit, n, target, status, owner
) values
    ('corner', 'on_time_ship_rate', '2026-11-22', 'all', 'fulfilment', 'On-time ship', null, 'rate', 0,
     0.98, 'no_data', 'Ben'),
    ('corner', 'on_time_ship_rate', '2026-11-22', 'web', 'fulfilment', 'On-time ship', 1, 'rate', 1,
     0.98, 'ok', 'Ben'),
    ('corner', 'return_rate', '2026-11-22', 'all', 'returns', 'Return rate', null, 'rate', 0, 0.08,
     'no_data', 'Ann'),
    ('corner', 'unreconciled', '2026-11-22', 'all', 'finance', 'Unreconciled', 8.19, 'amount', 3, 0,
     'warning', 'Ann'),
    ('corner', 'backlog_24h', '2026-11-22', 'all', 'fulfilment', 'Backlog older than 24 h', 1, 'orders', 3,
     5, 'ok', 'Ben');
insert into marts.kpi_daily (
    shop, kpi, business_date, channel, station, title, value, unit, n, judged_days, judged_value,
    judged_n, target, status, reason, owner
) values
    ('corner', 'cancel_rate', '2026-11-21', 'all', 'orders', 'Cancelled', 0.5, 'rate', 2, 28, 0.023, 60,
     0.02, 'off_target', null, 'Ben'),
    ('corner', 'cycle', '2026-11-21', 'all', 'fulfilment', 'Cycle time', 7, 'hours', 3, null, null, null,
     24, 'too_few', 'fewer than 10 cases', 'Ben'),
    ('corner', 'payouts', '2026-11-22', 'all', 'finance', 'Payouts reconciled', null, 'rate', 0, null, null,
     null, 1, 'no_data', 'no file ever came of bank.statement', 'Ann');
insert into marts.fulfilment_daily (
    shop, business_date, channel, location, due, on_time, late, open_past_due
)
    select 'corner', date '2026-11-21' - cast(i as integer), channel, 'Shelf', 10, 9, 1, 0
    from range(30) t(i), (values ('web'), ('amazon_uk')) c(channel);
insert into marts.backlog (
    shop, as_of, channel, order_id, age_hours, bucket, ship_by_at, past_due
) values
    ('corner', '2026-11-22', 'web', '1001', 3.5, '0-24 h', '2026-11-23 17:00', false),
    ('corner', '2026-11-22', 'web', '1002', 80, '>72 h', '2026-11-20 17:00', true);
insert into marts.revenue_vs_plan (
    shop, iso_week, channel, is_closed, revenue_amount, plan_amount, currency, variance_rate
)
    select 'corner', '2026-W' || (38 + i), channel, i < 9, 1000 + i * 100,
        case when channel = 'web' then 1200 end, 'GBP', case when channel = 'web' then (1000 + i * 100) / 1200 - 1 end
    from range(10) t(i), (values ('web'), ('amazon_uk')) c(channel);
insert into marts.exceptions (
    shop, exception_id, type, station, severity, opened_at, due_at, owner, next_step,
    evidence, amount_at_stake, currency, state
) values
    ('corner', 'e1', 'oversold', 'inventory', 'high', '2026-11-21 02:00', '2026-11-21 06:00', 'Ben',
     'Ship from the 3PL.', 'MUG-1 is short of 2 units', 25.98, 'GBP', 'open'),
    ('corner', 'e2', 'unmapped_sku', 'catalog', 'low', '2026-11-22 02:00', '2026-11-25 02:00', 'Ben',
     'Add it to the map.', 'AMZ-X has no SKU', null, null, 'acknowledged'),
    ('corner', 'e3', 'unmapped_sku', 'catalog', 'low', '2026-11-01 02:00', '2026-11-04 02:00', 'Ben',
     'Add it to the map.', 'AMZ-Y has no SKU', null, null, 'closed');
insert into marts.exceptions (
    shop, exception_id, type, subject_id, station, severity, opened_at, due_at, owner, next_step,
    evidence, state
) values
    ('corner', 'e4', 'ignored_file', 'notes.csv', 'analytics', 'low', '2026-11-22 02:00', '2026-11-25 02:00',
     'Ben', 'Take it out.', 'notes.csv is nearest to shopify.orders, and lacks its columns.', 'open');
insert into marts.alerts (
    shop, alert_id, kind, opened_at, sent_to, subject, state, acknowledged_by, recovered_at
) values
    ('corner', 'a1', 'expectation.failed', '2026-11-22 18:00', 'Ben', 'On-time ship failed at fulfilment',
     'delivered', null, null),
    ('corner', 'a2', 'expectation.failed', '2026-11-20 18:00', 'Ann', 'Unreconciled failed at finance',
     'delivered', null, '2026-11-21 18:00');
insert into marts.sop_register (
    shop, sop, station, title, owner, deputy, metric, last_review_date, next_review_date,
    status, reason, link
) values
    ('corner', 'fulfilment', 'fulfilment', 'Pick, pack, ship', 'Ben', 'Ann', 'on_time_ship_rate',
     '2026-10-01', '2026-11-22', 'failed', 'On-time ship failed on 2026-11-22', 'config/sops/fulfilment.md'),
    ('corner', 'finance', 'finance', 'Reconcile payouts', 'Ann', null, 'unreconciled', '2026-11-01',
     '2027-01-30', 'ok', '', 'config/sops/finance.md');
insert into marts.expectation_results (
    shop, suite, expectation, subject, station, owner, severity, success, observed,
    threshold, unexpected_count, unexpected_rate, run_id, run_at
) values
    ('corner', 'KPIs', 'on_time_ship_rate', 'marts.kpi_daily', 'fulfilment', 'Ben', 'critical', false, '1 row',
     '0', 1, 0.25, 'r1', '2026-11-21 18:00'),
    ('corner', 'KPIs', 'on_time_ship_rate', 'marts.kpi_daily', 'fulfilment', 'Ben', 'critical', true, '0 rows',
     '0', 0, 0, 'r2', '2026-11-22 18:00'),
    ('corner', 'KPIs', 'unreconciled', 'marts.kpi_daily', 'finance', 'Ann', 'critical', false, '1 row', '0', 1,
     0.25, 'r2', '2026-11-22 18:00');
insert into marts.order_inbox (shop, as_of, channel, order_id, business_date, duplicate_of, is_test) values
    ('corner', '2026-11-22', 'web', '1001', '2026-11-22', null, false),
    ('corner', '2026-11-22', 'web', '1002', '2026-11-20', null, false),
    ('corner', '2026-11-22', 'web', '1003', '2026-11-19', 'tiktok', false),
    ('corner', '2026-11-22', 'web', '1004', '2026-11-19', null, true);

insert into marts.profit_bridge (
    shop, month, channel, currency, step_no, step, amount, is_total, share_of_net_rate, coverage_rate, status
) values
    ('corner', '2026-10', 'web', 'GBP', 1, 'gross_sales', 1200, true, 1.2, 1, 'provisional'),
    ('corner', '2026-10', 'web', 'GBP', 2, 'discounts', 0, false, 0, 1, 'provisional'),
    ('corner', '2026-10', 'web', 'GBP', 4, 'refunds', -200, false, -0.2, 1, 'provisional'),
    ('corner', '2026-10', 'web', 'GBP', 6, 'net', 1000, true, 1, 1, 'provisional'),
    ('corner', '2026-10', 'web', 'GBP', 7, 'goods', -400, false, -0.4, 0.9, 'provisional'),
    ('corner', '2026-10', 'web', 'GBP', 12, 'contribution', 600, true, 0.6, 0.9, 'provisional'),
    ('corner', '2026-11', 'web', 'GBP', 1, 'gross_sales', 77, true, null, 1, 'provisional');

insert into marts.sku_margin (
    shop, month, channel, item, sku, currency, units, net_amount, revenue_amount, cogs_amount, channel_fees_amount,
    shipping_amount, ads_amount, margin_amount, margin_rate, cost_known
) values
    ('corner', '2026-10', 'web', 'INK-5', 'INK-5', 'GBP', 7, 70, 70, 65, 2, 9, 0, -6, -0.085714, true),
    ('corner', '2026-10', 'web', 'PEN-9', 'PEN-9', 'GBP', 3, 30, 30, null, 1, 1, 0, null, null, false);

insert into marts.channel_fees (
    shop, month, channel, currency, kind, line_count, order_count, amount, goods_amount, share_rate,
    previous_share_rate, share_change_rate, schedule_rate, schedule_fixed_amount, change_rate
) values
    ('corner', '2026-11', 'web', 'GBP', 'commission', 40, 40, 34, 1000, 0.034, 0.03, 0.004, 0.029, 0.3, 0.133333);
