"""From a drop folder to staged rows: pull, read one file, judge, place, account.

In:   sources of the shop file; files as the archive keeps them.
Out:  `staged.*` tables and the account of every row in `landing.*`.

Only this room writes `staged.*` and `landing.*`. A file becomes rows by four functions that hand a
value on, in one transaction a report (`normalize.py`): `read.py`, `judge.py`, `place.py`,
`account.py`. What the columns of a staged row mean is said in `typing_sql.py`, which makes them. A
bad row is quarantined with file, line and reason; a file that fails stops only itself.
"""
