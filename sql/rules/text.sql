-- How texts are compared where people and channels write them differently.

create or replace macro folded(value) as
replace(replace(replace(lower(value), ' ', ''), '-', ''), '_', '');
