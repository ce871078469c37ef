-- Locations that missed a clause of what they have signed in the last month that is over.
-- grain:  one row per location
-- keys:   type, subject_kind, subject_id
-- inputs: marts.location_scorecard, settings.run

create or replace table checks.finding_locations as
select
    'sla_clause_missed' as type,
    'location' as subject_kind,
    scorecard.location as subject_id,
    cast(null as varchar) as channel,
    cast(null as varchar) as order_id,
    scorecard.month || ': ' || string_agg(
        replace(scorecard.clause, '_', ' ') || ' '
        || if(
            scorecard.clause like '%_rate',
            round(scorecard.value * 100, 1) || ' % where ' || round(scorecard.standard * 100, 1) || ' %',
            round(scorecard.value, 1) || ' h where ' || round(scorecard.standard, 1) || ' h'
        )
        || ' is agreed (' || scorecard.n || ')',
        ', ' order by scorecard.clause
    ) as evidence,
    cast(null as decimal(18, 2)) as amount_at_stake,
    cast(null as varchar) as currency
from marts.location_scorecard as scorecard
cross join settings.run
where
    not scorecard.is_met
    and scorecard.month = strftime(date_trunc('month', run.business_date) - interval 1 month, '%Y-%m')
group by scorecard.location, scorecard.month;
