-- An amount of one currency in another, to the millionth. A quotient is a binary float, and floats add up to something
-- else in another order; decimals do not.
create or replace macro at_rate(amount, rate) as
cast(cast(amount as decimal(38, 6)) / rate as decimal(38, 6));
