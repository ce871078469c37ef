"""From a drop folder to staged rows: pull, read one file, judge, place, account.

In:   sources of the shop file; files as the archive keeps them.
Out:  `staged.*` tables and the account of every row in `landing.*`.

Only this room writes `staged.*` and `landing.*`. A bad row is quarantined with file, line and
reason; a file that fails stops only itself; every row that came is accounted for.
"""
