"""What leaves the house: stock files, purchase orders, workbook, lists to count or recall by, snapshot, journal.

In:   decisions (of the ledger and ops.*), built marts.
Out:  files in `outbox/` and `published/`, each written whole.

Only this room writes there. To add a platform's stock file is to add `push/<platform>.py`.
"""
