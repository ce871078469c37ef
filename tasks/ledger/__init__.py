"""The ledger: what we decided and sent, and what people did; only it and `raw` are for good."""

from tasks.ledger.alerts import Alert
from tasks.ledger.exceptions import Finding, Synced, exception_id
from tasks.ledger.opening import Ledger, ledger_of, open_ledger
from tasks.ledger.overrides import Subject
from tasks.ledger.oversells import Oversell
from tasks.ledger.purchases import SuggestedLine
from tasks.ledger.pushes import Push
from tasks.ledger.weeks import WeekFigure

__all__ = [
    "Alert",
    "Finding",
    "Ledger",
    "Oversell",
    "Push",
    "Subject",
    "SuggestedLine",
    "Synced",
    "WeekFigure",
    "exception_id",
    "ledger_of",
    "open_ledger",
]
