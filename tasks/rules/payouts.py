"""Which payouts need nobody."""

# Statuses of marts.payout_reconciliation: it ties, or its money is not due yet, or it moves none.
SETTLED = frozenset({"reconciled", "scheduled", "in_transit", "carried_over"})
