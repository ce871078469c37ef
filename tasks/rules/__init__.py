"""Pure rules: values in, values out.

Every formula that a number rests on is here, with its source; so is how values are written in SQL.
No engine, no database, no frames, no clock, nothing else of ours: the same values give the same
values.
"""
