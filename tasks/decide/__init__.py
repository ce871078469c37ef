"""What to do: stock for each channel, reorders, exceptions, KPI verdicts, reviews, approvals.

In:   facts and marts (by SQL), the ledger, the shop's settings.
Out:  tables in ops.* and rows in the ledger.

It asks tasks/rules for every formula and writes no file: what leaves the house is the outbox's.
"""
