-- Quarters of the calendar, as `2026-Q3`.

create or replace macro quarter_of(day) as
year(day) || '-Q' || quarter(day);
