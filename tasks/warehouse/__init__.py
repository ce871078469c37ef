"""The DuckDB file: connection, canonical views, the builder of sql/, tables of settings and ledger.

In:   staged rows, the shop's settings, the ledger's rows, the SQL files with their headers.
Out:  `valid.*`, `settings.*`, `ledger.*`, and every table of sql/core, ops and marts.

Only this room opens the warehouse. A table is built again only where an input changed.
"""
