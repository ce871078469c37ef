"""Each channel is sent what its upload takes, what falls first; what no file can name is said, not counted."""

import csv
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tasks.ledger import Ledger, ledger_of
from tasks.outbox import stock_files
from tasks.outbox.stock_files import sendings, write_stock_files
from tasks.rules.stock import Mode, Published
from tasks.run.night import Night
from tests.exports.door import AS_OF, Door

LATER = AS_OF.replace(day=22)


def published(channel: str, mode: Mode = Mode.SHARED, **units: int) -> Published:
    """What is published to a channel of some listings; the layers before the number do not matter here."""
    return Published.of_rows(
        {
            "channel": channel, "channel_sku": sku, "sku": sku, "pool": "merchant", "pool_units": number,
            "eligible_units": number, "reserved_units": 0, "bundle_limit": None, "buffer_fixed_units": 0,
            "buffer_percent_units": 0, "buffer_days_units": 0, "buffer_count_units": 0,
            "buffer_risk_units": 0, "buffer_promotion_units": 0, "buffer_units": 0, "buffer_rule": "",
            "mode": mode, "floor_units": 0, "cap_units": None, "published_units": number,
            "previous_units": None, "shown_units": None, "delta": number, "oversell_risk": None, "reason": "",
        }
        for sku, number in units.items()
    )  # fmt: skip


def push(door: Door, rows: Published, at: Night | None = None) -> tuple[list[Path], list[str]]:
    """Push the rows; return the files, and what was not sent."""
    night = at or Night(door.shop, AS_OF, "run")
    with door.warehouse() as con, ledger_of(door.shop) as ledger:
        sent, unsent = sendings(con, night, rows)
        files = write_stock_files(con, night, ledger, sent)
    return [file.path for file in files], [f"{e.channel}: {e.listings}, {e.why}" for e in unsent]


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_woocommerce_imports_stock_by_sku(door: Door) -> None:
    (path,), unsent = push(door, published("woocommerce", POT=3, CUP=0))
    assert table(path) == [
        {"SKU": "CUP", "In stock?": "0", "Stock": "0"},
        {"SKU": "POT", "In stock?": "1", "Stock": "3"},
    ]
    assert unsent == []


def test_ebay_revises_items_whose_number_its_orders_state(door: Door) -> None:
    door.drop("orders.csv", Path(__file__).parents[1] / "exports" / "ebay" / "orders.csv")
    door.night()
    (number, sku), *_ = door.rows(
        "select item_number, channel_sku from staged.ebay_orders where channel_sku is not null"
    )
    (path,), unsent = push(door, published("ebay", Mode.SHARED, **{str(sku): 4, "UNSOLD": 2}))
    assert table(path) == [
        {"Action": "Revise", "ItemID": number, "CustomLabel": sku, "Quantity": "4"}
    ]
    assert unsent == ["ebay: 1, no order of it was exported, so its item number is not known"]


def test_tiktok_takes_its_own_template_back_with_new_quantities(door: Door) -> None:
    folder = Path(__file__).parents[1] / "exports" / "tiktok"
    name = "Tiktoksellercenter_batchedit_20261120_all_information_template.xlsx"
    door.drop(name, folder / "bulk_template.xlsx")
    door.night()
    (path,), unsent = push(door, published("tiktok", TRAY=7, NEW=1))
    assert unsent == ["tiktok: 1, no bulk edit template that names it was dropped into the inbox"]
    door.drop(path.name, path)
    door.night()
    assert door.rows(
        f"select report, status, rows_quarantined from landing.files where name = '{path.name}/Template'"
    ) == [("tiktok.bulk_template", "accepted", 0)]
    assert door.rows(
        "select listing_id, product_id, price_amount, channel_units from valid.listing_stock"
        " where channel_sku = 'TRAY' order by channel_units"
    ) == [
        ("1729000001", "1729500000000000001", 19, 7),
        ("1729000001", "1729500000000000001", 19, 12),
    ]


def test_a_channel_without_a_writer_is_said_and_nothing_of_it_is_recorded(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stock_files, "writer_of", lambda _: None)
    files, unsent = push(door, published("woocommerce", POT=3))
    assert files == []
    assert unsent == ["woocommerce: 1, no stock file is known for the platform woocommerce"]
    with ledger_of(door.shop) as ledger:
        assert ledger.rows("stock_pushes") == []


def test_what_the_channel_keeps_itself_is_never_sent(door: Door) -> None:
    assert push(door, published("amazon_us", Mode.READ_ONLY, POT=3)) == ([], [])


def test_what_falls_comes_first_in_a_file_and_among_files(door: Door) -> None:
    before = published("amazon_us", A=5, B=5), published("woocommerce", A=3, B=9)
    push(door, Published.joined(before))
    night = Night(door.shop, LATER, "next")
    now = published("amazon_us", A=7, B=4), published("woocommerce", A=4, B=1)
    shown = np.array([5.0, 5, 1, 9])  # of A two were sold at woocommerce since
    files, _ = push(door, replace(Published.joined(now), shown_units=shown), night)
    assert [path.name.partition("_2")[0] for path in files] == ["woocommerce", "amazon_us"]
    assert [row["SKU"] for row in table(files[0])] == ["B", "A"]


@pytest.mark.parametrize("step", ["record_pushes", "write", "mark_written"])
@pytest.mark.parametrize("is_after", [False, True])
def test_a_push_that_is_killed_anywhere_takes_effect_once(
    door: Door, monkeypatch: pytest.MonkeyPatch, step: str, is_after: bool
) -> None:
    class Killed(BaseException):
        pass

    def killed(call: Callable[..., object]) -> Callable[..., object]:
        def until(*args: object, **named: object) -> object:
            if is_after:
                call(*args, **named)
            raise Killed

        return until

    push(door, published("woocommerce", POT=9))
    night = Night(door.shop, LATER, "next")
    with monkeypatch.context() as patch:
        writer = stock_files.writer_of("woocommerce")
        owner = writer if step == "write" else Ledger
        patch.setattr(owner, step, killed(getattr(owner, step)))
        with pytest.raises(Killed):
            push(door, published("woocommerce", POT=4), night)
    with ledger_of(door.shop) as ledger:
        is_done = (step, is_after) == ("mark_written", True)
        assert ledger.last_pushes()["woocommerce", "POT"] == (4 if is_done else 9)
    files, _ = push(door, published("woocommerce", POT=4), night)
    assert len(files) == (not is_done)
    with ledger_of(door.shop) as ledger:
        sent = [row["units"] for row in ledger.rows("stock_pushes") if row["state"] == "written"]
        assert sent == [9, 4]
        assert [r["state"] for r in ledger.rows("stock_pushes")] == ["written", "written"]
    folder = door.folder.outbox / "stock"
    assert [row["Stock"] for path in sorted(folder.iterdir()) for row in table(path)] == ["9", "4"]
