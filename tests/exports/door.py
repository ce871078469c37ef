"""A shop in a temporary folder: files are dropped at its door, nights are run, tables are read."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
import yaml

from config.export import load_exports
from config.shop import Shop, load_shop
from tasks.archive.raw import Raw
from tasks.intake.landing import Landed
from tasks.intake.normalize import normalize, record_refused
from tasks.intake.pull import Pulled, pull
from tasks.run.night import Night
from tasks.warehouse.connection import generously, open_to_read_files, open_warehouse
from tasks.warehouse.load import load

SHOP_FILE = Path(__file__).parent / "shop.yaml"
EVENING = datetime(2026, 11, 20, 23, 0, tzinfo=UTC)
AS_OF = datetime(2026, 11, 21, 7, 0, tzinfo=UTC)


def shop_text() -> str:
    """Return the file of the sample shop: `shop.yaml`, and a plain channel for every other platform that needs one."""
    text = SHOP_FILE.read_text("utf-8")
    channels = yaml.safe_load(text)["channels"]
    known = {
        platform
        for channel in channels.values()
        for platform in (channel["platform"], *channel.get("paid_through", ()))
    }
    others = sorted({e.platform for e in load_exports().values() if e.needs_channel} - known)
    plain = "".join(
        f"  {platform}: {{platform: {platform}, timezone: America/New_York, currency: USD,"
        f" priority: {priority}, locations: [Main Warehouse]}}\n"
        for priority, platform in enumerate(others, start=len(channels) + 1)
    )
    return text.replace("\nlocations:\n", f"\n{plain}locations:\n", 1)


class Door:
    """The sample shop; what happens to a file here is what happens to it at night."""

    def __init__(self, root: Path, patch: pytest.MonkeyPatch) -> None:
        shops = root / "shops"
        shops.mkdir(parents=True)
        (shops / "sample.yaml").write_text(shop_text(), "utf-8")
        patch.setenv("BACKROOM_SHOPS", str(shops))
        patch.setenv("BACKROOM_DATA", str(root / "data"))
        self.shop: Shop = load_shop("sample")
        self.folder = self.shop.folder
        self.folder.inbox.mkdir(parents=True)

    @classmethod
    def of(cls, shop: Shop) -> "Door":
        """Return the door of a shop that is there already."""
        door = cls.__new__(cls)
        door.shop, door.folder = shop, shop.folder
        return door

    def drop(self, name: str, content: bytes | str | Path, at: datetime = EVENING) -> Path:
        """Lay a file into the inbox, last changed `at`."""
        path = self.folder.inbox / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, Path):
            content = content.read_bytes()
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        os.utime(path, (at.timestamp(), at.timestamp()))
        return path

    def night(self) -> list[Landed]:
        """Pull, normalize and load; return what became of the files that were read."""
        self.pull()
        return self.ingest()

    def pull(self) -> Pulled:
        """Keep what is new in raw."""
        return pull(self.shop, AS_OF)

    def ingest(self) -> list[Landed]:
        """Bring everything in raw into the warehouse."""
        night = Night(self.shop, AS_OF, "test")
        arrivals = Raw(self.folder.raw).arrivals()
        with open_to_read_files(self.folder) as con:
            landed = record_refused(con, night, [a for a in arrivals if not a.report])
            for export in load_exports().values():
                if ours := [a for a in arrivals if a.report == export.name]:
                    landed += normalize(con, night, export, ours)
            with generously(con):
                load(con, self.shop)
        return landed

    @contextmanager
    def warehouse(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Give the open warehouse."""
        with open_to_read_files(self.folder) as con, generously(con):
            yield con

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        """Return the rows of a query over the warehouse."""
        with open_warehouse(self.folder) as con:
            return con.execute(sql).fetchall()
