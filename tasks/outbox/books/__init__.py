"""The journal in the formats that accounting programs read: Xero, QuickBooks Online, Beancount.

In:   `marts.journal_entries`, and of each payout what `marts.payout_reconciliation` says it leaves open.
Out:  files in `outbox/accounting/`, the same bytes whenever they are written.

A journal is one date, one currency, and balances; a file holds one currency and whole journals only.
"""
