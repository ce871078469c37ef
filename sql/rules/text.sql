-- How texts are compared where people and channels write them differently.

create or replace macro folded(value) as
replace(replace(replace(lower(value), ' ', ''), '-', ''), '_', '');

-- Lists that are written as `a, b`, as one list without repeats.
create or replace macro united(lists) as
array_to_string(list_sort(list_distinct(flatten(list_transform(lists, lambda each: string_split(each, ', '))))), ', ');

create or replace macro digits(value) as
regexp_replace(value, '[^0-9]', '', 'g');

-- Numbers that are long enough to be the name of a payout.
create or replace macro long_numbers(value) as
regexp_extract_all(value, '[0-9]{' || payout_name_digits() || ',}');

-- A number with what it counts: 1 line, 2 lines.
create or replace macro counted(number, name) as
number || ' ' || name || if(number = 1, '', 's');

-- A list as one alert names it: the first of it, and that there are more.
create or replace macro named_list(names) as
array_to_string(list_slice(names, 1, evidence_list_size()), ', ')
|| case when len(names) > evidence_list_size() then ', …' else '' end;
