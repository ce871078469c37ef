"""A stock file says all that is published to its channel at one moment, whatever was changed meanwhile."""

import csv
from pathlib import Path

from tasks.ledger import ledger_of
from tasks.outbox.stock_files import sendings, write_stock_files
from tasks.rules.stock import Mode, Published
from tasks.run.night import Night
from tests.exports.door import AS_OF, Door

NIGHT_AFTER = AS_OF.replace(day=22)


def published(**units: int) -> Published:
    """What is published to Amazon of some listings; the layers before the number do not matter here."""
    return Published.of_rows(
        {
            "channel": "amazon_us", "channel_sku": sku, "sku": sku, "pool": "merchant", "pool_units": number,
            "eligible_units": number, "reserved_units": 0, "bundle_limit": None, "buffer_fixed_units": 0,
            "buffer_percent_units": 0, "buffer_days_units": 0, "buffer_count_units": 0,
            "buffer_risk_units": 0, "buffer_promotion_units": 0, "buffer_units": 0, "buffer_rule": "",
            "mode": Mode.SHARED, "floor_units": 0, "cap_units": None, "published_units": number,
            "previous_units": None, "shown_units": None, "delta": number, "oversell_risk": None, "reason": "",
        }
        for sku, number in units.items()
    )  # fmt: skip


def push(door: Door, units: dict[str, int], night: Night | None = None) -> list[dict[str, int]]:
    """Push the units; return what each file that was written says."""
    night = night or Night(door.shop, AS_OF, "run")
    with door.warehouse() as con, ledger_of(door.shop) as ledger:
        sent, _ = sendings(con, night, published(**units))
        return [content(file.path) for file in write_stock_files(con, night, ledger, sent)]


def content(path: Path) -> dict[str, int]:
    with path.open(encoding="utf-8", newline="") as file:
        return {row["sku"]: int(row["quantity"]) for row in csv.DictReader(file, delimiter="\t")}


def files(door: Door) -> set[str]:
    return {path.name for path in (door.folder.outbox / "stock").iterdir()}


def log(door: Door) -> list[tuple[str, str, int]]:
    with ledger_of(door.shop) as ledger:
        rows = ledger.rows("stock_pushes")
    return [(row["push_batch"][15:], row["channel_sku"], row["units"]) for row in rows]


def test_the_same_night_after_a_changed_setting_writes_the_corrected_file(door: Door) -> None:
    assert push(door, {"A": 5, "B": 2, "C": 1}) == [{"A": 5, "B": 2, "C": 1}]
    written = files(door)
    assert push(door, {"A": 4, "B": 2, "C": 1}) == [{"A": 4, "B": 2, "C": 1}]
    assert files(door) == written
    assert log(door) == [("", "A", 5), ("", "B", 2), ("", "C", 1), ("-02", "A", 4)]
    assert push(door, {"A": 4, "B": 2, "C": 1}) == []
    assert push(door, {"A": 5, "B": 0, "C": 1}) == [{"A": 5, "B": 0, "C": 1}]
    assert log(door)[-2:] == [("-03", "A", 5), ("-03", "B", 0)]


def test_another_night_says_only_what_changed_since(door: Door) -> None:
    push(door, {"A": 5, "B": 2})
    push(door, {"A": 4, "B": 2})
    assert push(door, {"A": 4, "B": 3}, Night(door.shop, NIGHT_AFTER, "next")) == [{"B": 3}]
