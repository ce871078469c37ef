"""A tiny shop with a bit of everything that a night writes, and the core of its night in this process.

`python -m tests.torture.shop DATA SHOPS NIGHT` runs night 1 or 2; its files must be laid before.
"""

import os
import shutil
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.first_shop import SAMPLES, SHOP, inventory, like, orders, products, write

NAME = "tiny"
NIGHTS = {
    1: datetime(2026, 11, 24, 7, 30, tzinfo=UTC),  # half past two in New York
    2: datetime(2026, 11, 25, 7, 30, tzinfo=UTC),
}
URL, SECRET, LEDGER = "TINY_URL", "TINY_SECRET", "TINY_LEDGER"
BROKEN = "Name,Email\n#9999,jane"  # no known export: refused, and alerted


def lay_shop(data: Path, shops: Path, *, webhook: bool = False, has_postgres: bool = False) -> None:
    """Write the shop file and the exports that never change."""
    text = SHOP.replace("PLATFORM", "shopify")
    if webhook:
        ways = f"signed_webhook: {{url_env: {URL}, secret_env: {SECRET}}}"
        text = text.replace(
            "operations: {owner: me@first.example}",
            f"operations: {{owner: me@first.example, {ways}}}",
        )
    if has_postgres:
        text += f"ledger_url_env: {LEDGER}\n"
    shops.mkdir(parents=True)
    (shops / f"{NAME}.yaml").write_text(text, encoding="utf-8")
    inbox, at = data / NAME / "inbox", NIGHTS[1] - timedelta(hours=2)
    write(inbox / "products.csv", products(), at)
    write(
        inbox / "suppliers.csv",
        [like("suppliers/suppliers.csv") | {"supplier_id": "S01", "moq_units": "12"}],
        at,
    )
    items = [
        like("suppliers/supplier_items.csv") | {"sku": sku, "case_pack": "6"}
        for sku in ("MUG-BLUE", "MUG-RED")
    ]
    write(inbox / "supplier_items.csv", items, at)
    history = [
        {"date": (at - timedelta(days=back)).date(), "location": "Studio", "sku": sku, "on_hand": 9}
        for sku in ("MUG-BLUE", "MUG-RED")
        for back in range(60, 0, -1)
    ]  # days known to be in stock: without them nothing is ordered without a person
    write(inbox / "stock_history.csv", history, at)


def lay_night(data: Path, number: int) -> None:
    """Lay what the owner downloads before a night: later ones hold one day more."""
    inbox, night = data / NAME / "inbox", NIGHTS[number]
    at = night - timedelta(hours=2)
    write(inbox / f"orders_{number}.csv", orders(night, days=11 + number), at)
    write(inbox / f"inventory_{number}.csv", inventory(less=number), at)
    shutil.copy(SAMPLES / "shopify" / "orders.csv", inbox / f"returns_{number}.csv")
    os.utime(inbox / f"returns_{number}.csv", (at.timestamp(), at.timestamp()))
    if number == 2:
        (inbox / "what.csv").write_text(BROKEN, encoding="utf-8")
        os.utime(inbox / "what.csv", (at.timestamp(), at.timestamp()))


def run_night(data: Path, shops: Path, number: int) -> None:
    """Run the core of a night as `flows/nightly.py` does, without a Prefect server."""
    from config.shop import load_shop
    from tasks.archive.steps import begin, end
    from tasks.run.lock import shop_lock
    from tests import inprocess

    with inprocess.place(data, shops):
        shop = load_shop(NAME)
        with shop_lock(shop):
            night = begin(shop, NIGHTS[number], f"night {number}", "nightly")
            inprocess.read(night)
            inprocess.decide(night, dry_run=False)
            inprocess.publish(night)
            end.fn(night, [])


if __name__ == "__main__":
    run_night(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
