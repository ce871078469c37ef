-- How texts are compared where people and channels write them differently.

create or replace macro folded(value) as
replace(replace(replace(lower(value), ' ', ''), '-', ''), '_', '');

-- Lists that are written as `a, b`, as one list without repeats.
create or replace macro united(lists) as
array_to_string(list_sort(list_distinct(flatten(list_transform(lists, lambda each: string_split(each, ', '))))), ', ');
