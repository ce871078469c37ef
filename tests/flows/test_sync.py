"""A sync between two nights: it takes what came, decides as a night would, and else does nothing."""

import csv
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from config.errors import Exit
from flows.desk.cli import main
from tasks.run.server import local_server
from tests.first_shop import SHOP, SKUS, Row, inventory, orders, products, write

NOW = datetime.now(UTC).replace(microsecond=0)
NUMBERS = "select * exclude (as_of) from marts.channel_stock order by all"


class Shop:
    """A shop whose commands run in this process, on the server of the test."""

    def __init__(self, root: Path) -> None:
        self.folder = root / "data" / "first"
        self.outbox = self.folder / "outbox" / "stock"

    def bring(self, name: str, rows: list[Row], hours: float) -> None:
        write(self.folder / "inbox" / name, rows, NOW - timedelta(hours=hours))

    def run(self, flow: str, *more: str) -> None:
        assert main([flow, "--shop", "first", *more]) == Exit.DONE

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        with duckdb.connect(str(self.folder / "warehouse.duckdb"), read_only=True) as con:
            con.execute("set timezone = 'UTC'")
            return con.execute(sql).fetchall()

    def sent(self) -> dict[str, int]:
        """What the newest stock file says of each SKU."""
        newest = max(self.outbox.iterdir(), key=lambda path: path.stat().st_mtime_ns)
        with newest.open(encoding="utf-8", newline="") as file:
            return {row["SKU"]: int(row["On hand (new)"]) for row in csv.DictReader(file)}


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    (tmp_path / "shops").mkdir()
    settings = SHOP.replace("PLATFORM", "shopify").replace("{units: 1}", "{units: 1, risk: 0.01}")
    (tmp_path / "shops" / "first.yaml").write_text(settings)
    monkeypatch.setenv("BACKROOM_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("BACKROOM_SHOPS", str(tmp_path / "shops"))
    with local_server(tmp_path / "prefect"):
        yield Shop(tmp_path)


def test_a_sync_takes_what_came_and_else_does_nothing(
    shop: Shop, capfd: pytest.CaptureFixture[str]
) -> None:
    shop.bring("orders_export.csv", orders(NOW), 5)
    shop.bring("inventory_export.csv", inventory(), 4)
    shop.bring("products_export.csv", products(), 4)
    shop.run("sync_stock")
    first = shop.rows(NUMBERS)
    assert len(first) == len(SKUS)
    assert len(list(shop.outbox.iterdir())) == 1
    shop.run("sync_stock")
    assert "nothing came that changes the stock of 3 listings, decided at" in capfd.readouterr().err
    assert len(list(shop.outbox.iterdir())) == 1

    shop.bring("inventory_export_2.csv", inventory(less=4), 3)
    shop.run("sync_stock", "--dry-run")
    assert len(list(shop.outbox.iterdir())) == 1
    assert "nothing came" not in capfd.readouterr().err
    shop.run("sync_stock")  # what a dry run saw is not sent yet
    # One held back of each, and the last day's orders are promised.
    assert shop.sent() == {"MUG-BLUE": 34, "MUG-RED": 6, "VASE-TALL": 1}

    shop.bring("points.csv", [{"customer": "a", "points": 3}], 2)
    shop.bring("inventory_export_2.csv", inventory(less=4), 1)  # the same counts again
    shop.run("sync_stock")
    assert "nothing came" not in capfd.readouterr().err
    decided = shop.rows(NUMBERS)
    shop.run("nightly", "--as-of", datetime.now(UTC).isoformat())
    assert shop.rows(NUMBERS) == decided
    shop.run("sync_stock")
    assert "nothing came" in capfd.readouterr().err


def test_a_night_before_what_a_sync_took_is_a_replay(
    shop: Shop, capfd: pytest.CaptureFixture[str]
) -> None:
    then = (NOW - timedelta(hours=2)).isoformat()
    shop.bring("orders_export.csv", orders(NOW), 5)
    shop.bring("inventory_export.csv", inventory(), 4)
    shop.bring("products_export.csv", products(), 4)
    shop.run("nightly", "--as-of", then)
    before = shop.rows("select on_hand from marts.stock_position order by all")
    shop.bring("inventory_export_2.csv", inventory(less=4), 1)
    shop.run("sync_stock")
    capfd.readouterr()
    shop.run("nightly", "--as-of", then)
    assert "a replay as of" in capfd.readouterr().err
    [replayed] = (shop.folder / "replays").glob("*/warehouse.duckdb")
    with duckdb.connect(str(replayed), read_only=True) as con:
        assert (
            con.execute("select on_hand from marts.stock_position order by all").fetchall()
            == before
        )
    shop.run("nightly")  # the last night is never before what is known
    now = shop.rows("select on_hand from marts.stock_position order by all")
    assert now == [(int(str(units)) - 4,) for (units,) in before]
