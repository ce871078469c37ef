-- Where an amount of a payout, a parcel or an advertisement is in the contribution margin.

-- The month that a day is in, as `2026-11`.
create or replace macro month_of(day) as
strftime(day, '%Y-%m');

-- What kind of cost it is; null where it is none of the shop's: goods and taxes of the order itself, reserves, transfers,
-- what was carried over, and what no rule classifies. A promotion is a cost only where it is no order's: on an order it
-- is the discount that the order states.
create or replace macro cost_part(kind, is_of_order) as
case
    when
        kind in (
            'commission', 'storage', 'subscription', 'other_fee', 'adjustment', 'chargeback', 'reimbursement'
        ) or (kind = 'promotion' and not is_of_order)
        then 'channel_fees'
    when kind in ('fulfilment_fee', 'label') then 'shipping'
    when kind in ('advertising', 'ad_spend') then 'ads'
end;
