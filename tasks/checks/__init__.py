"""Great Expectations and its dialect, nowhere else.

In:   a DuckDB connection, a table, expectations (config/expectation.py).
Out:  an outcome for each: held or not, how many rows failed.

Only this room imports Great Expectations. It reads tables and writes none.
"""
