"""What is kept for good: the files as they came, their readings, the vault, and erasure.

In:   bytes and names of files (from the intake); a customer's key; a moment of the past.
Out:  arrivals, a file's rows as often as they are asked for, a replay's folder.

Only this room touches `raw/`, `vault/` and `replays/`. A file is sealed unless its export declares
every column; nothing plain survives a rerun. What the log of arrivals does not know never came.
"""
