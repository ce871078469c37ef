-- Where a unit that came back is now: restocked (sold again), quarantined (not for sale), scrapped (gone), else pending.
-- Warehouses and Amazon's `detailed-disposition` have words of their own; a unit that Amazon paid for is no more ours.
-- A word in none of the lists leaves the unit pending: nobody has said where it is.
create or replace macro disposition_of(word, state) as
case
    when folded(word) in ('restock', 'restocked', 'sellable', 'resell', 'resold', 'new', 'returnedtostock')
        then 'restocked'
    when folded(word) in ('scrap', 'scrapped', 'destroyed', 'disposed', 'writtenoff', 'donated') then 'scrapped'
    when word is not null and folded(state) = 'reimbursed' then 'scrapped'
    when
        folded(word) in (
            'quarantine', 'quarantined', 'hold', 'inspect', 'repair', 'refurbish', 'customerdamaged', 'carrierdamaged',
            'distributordamaged', 'warehousedamaged', 'defective', 'damaged', 'expired'
        )
        then 'quarantined'
    else 'pending'
end;
