"""Which payouts need nobody."""

from config.strict import ROOT
from tasks.rules.payouts import SETTLED


def test_every_settled_status_is_one_that_the_marts_give() -> None:
    sql = "".join(path.read_text("utf-8") for path in (ROOT / "sql").rglob("*.sql"))
    assert {status for status in SETTLED if f"then '{status}'" not in sql} <= {"reconciled"}
    assert "'reconciled'" in sql
