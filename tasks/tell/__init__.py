"""People read it: the summary, artifacts, the dashboard, alerts on their way.

In:   marts and the ledger.
Out:  pages and messages.

It computes nothing that is not in a mart. Templates are in a folder of it; the wording is the run's.
"""
