"""The erasures: that a customer was forgotten, by whom and why; not who they were."""

from datetime import datetime

from tasks.ledger.book import Book, stated

SHOWN = 12  # characters of the customer's key: enough to distinguish two erasures


class Erasures(Book):
    """The erasures of one shop: lines of the audit log, nothing else."""

    def record_erasure(
        self, key: str, *, readings: int, files: int, who: str, why: str, at: datetime
    ) -> None:
        """Note that the customer `key` was erased from `readings`, and `files` were destroyed.

        Raises:
            FatalError: `who` or `why` is empty.
        """
        reason = stated(why, "An erasure needs its reason")
        with self.change(at, who) as change:
            change.note(
                "customer forgotten",
                f"customer/{key[:SHOWN]}",
                before=None,
                after={"readings": readings, "files": files},
                why=reason,
            )
