-- Where an amount of a payout, a parcel or an advertisement is in the contribution margin.

-- The month that a day is in, as `2026-11`.
create or replace macro month_of(day) as
strftime(day, '%Y-%m');

-- What the seller gives back with a refund to the buyer: with it goes what the channel paid of the price, in proportion.
create or replace macro refund_with_funded(refunded, funded, total) as
refunded + coalesce(cast(cast(refunded as decimal(18, 6)) * funded / nullif(total, 0) as decimal(18, 2)), 0);

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
