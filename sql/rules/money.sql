-- An amount of one currency in another, to the millionth. A quotient is a binary float, and floats add up to something
-- else in another order; decimals do not.
create or replace macro at_rate(amount, rate) as
cast(cast(amount as decimal(38, 6)) / rate as decimal(38, 6));

-- Two currencies are never added: the sum of amounts that are all of one, and that currency; else null.
create or replace macro sum_of_one(amount, currency) as
case when count(distinct currency) = 1 then sum(amount) end;

create or replace macro one_currency(currency) as
case when count(distinct currency) = 1 then min(currency) end;
