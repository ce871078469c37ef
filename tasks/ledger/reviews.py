"""The SOP reviews: which page fell due and why, who looked at it and what came of it."""

from datetime import date, datetime

from tasks.ledger.book import Book, stated
from tasks.ledger.tables import sop_reviews


class Reviews(Book):
    """The SOP reviews of one shop, one for each cause of each SOP."""

    def open_review(
        self, sop: str, cause: str, *, reason: str, evidence: str, due_at: datetime, at: datetime
    ) -> bool:
        """Ask for a review of `sop`; whether it was asked for now, not before.

        `cause` says what the review is for (`expectation/on_time_ship_rate/2026-11-24`,
        `cadence/2026-11-24`): one cause is asked about once, also after it was answered.
        """
        asked = {"reason": reason, "evidence": evidence, "due_at": due_at, "state": "open"}
        with self.change(at) as change:
            if change.find(sop_reviews, sop_reviews.c.sop == sop, sop_reviews.c.cause == cause):
                return False
            change.add(sop_reviews, [{"sop": sop, "cause": cause, "opened_at": at, **asked}])
            change.note("review opened", f"sop/{sop}", before=None, after=asked, why=reason)
        return True

    def open_review_of_failure(
        self,
        sop: str,
        about: str,
        *,
        failed_on: date,
        reason: str,
        evidence: str,
        due_at: datetime,
        at: datetime,
    ) -> bool:
        """Ask for a review because `about` failed; whether it was asked for now.

        One review at a time: while one is open, or where one was made on or after the day that
        failed, none is asked for. A failure of a later day is a new cause.
        """
        with self.change(at) as change:
            for row in change.find(sop_reviews, sop_reviews.c.sop == sop):
                ours = row["cause"] == about or row["cause"].startswith(f"{about}/")
                seen = row["review_date"] is not None and row["review_date"] >= failed_on
                if ours and (row["state"] == "open" or seen):
                    return False
        return self.open_review(
            sop, f"{about}/{failed_on}", reason=reason, evidence=evidence, due_at=due_at, at=at
        )

    def record_review(
        self, sop: str, *, who: str, outcome: str, notes: str, review_date: date, at: datetime
    ) -> int:
        """Close every open review of `sop` with what a person found; return how many.

        A review that nobody asked for is kept too, under that day, and counts as the last one.
        The same review of the same day sent twice changes nothing.

        Raises:
            FatalError: `who` or `outcome` is empty.
        """
        found = {
            "state": "closed",
            "reviewed_by": stated(who, "A review needs the name of the person who made it"),
            "review_date": review_date,
            "outcome": stated(outcome, "A review needs its outcome"),
            "notes": notes,
        }
        with self.change(at, who) as change:
            mine = change.find(sop_reviews, sop_reviews.c.sop == sop)
            waiting = [row for row in mine if row["state"] == "open"]
            if waiting:
                is_open = sop_reviews.c.state == "open"
                change.set(sop_reviews, sop_reviews.c.sop == sop, is_open, **found, reviewed_at=at)
            elif any(all(row[name] == found[name] for name in found) for row in mine):
                return 0
            else:
                cause = (
                    f"by hand/{review_date}/{sum(r['review_date'] == review_date for r in mine)}"
                )
                asked = {"reason": "by hand", "evidence": "", "opened_at": at, "due_at": at}
                row = {"sop": sop, "cause": cause, "reviewed_at": at, **asked, **found}
                change.add(sop_reviews, [row])
            before = {"waiting": [row["cause"] for row in waiting]}
            change.note("review recorded", f"sop/{sop}", before=before, after=found, why=outcome)
        return len(waiting)
