-- What each channel, or the payment provider behind it, charges for a sale: the published rates in config/terms with
-- their source, or what the shop file says was agreed.
-- grain:  one row per channel × payer × fee × category × first day
-- keys:   shop, channel, payer, fee, category, valid_from_date
-- inputs: settings.fees, settings.payers, settings.run

create or replace table marts.fee_schedule as
select
    run.shop,
    fees.channel,
    fees.payer,
    fees.fee,
    fees.category,
    fees.valid_from_date,
    fees.valid_to_date,
    fees.bucket,
    fees.basis,
    fees.fee_rate,
    fees.fixed_amount,
    fees.minimum_amount,
    fees.cap_amount,
    fees.is_per_item,
    payers.is_tax_remitted,
    fees.currency,
    fees.is_contract,
    fees.source,
    getvariable('rule_version') as rule_version
from settings.fees
inner join settings.payers using (channel, payer)
cross join settings.run;

comment on column marts.fee_schedule.source is 'Page of the channel that publishes it, or the contract';
