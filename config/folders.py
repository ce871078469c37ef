"""Where the files of a shop are, and those of all shops."""

import os
from pathlib import Path

from config.strict import ROOT


class ShopFolder:
    """The folder of one shop under data/: what is where.

    Of a replay, what came is the shop's, and what is computed is under `replays/`.
    """

    def __init__(self, root: Path, replay: str = "") -> None:
        self.root = root
        self.inbox = root / "inbox"
        self.raw = root / "raw"
        self.vault = root / "vault"
        self.prefect = root / "prefect"
        self.lock = root / ".lock"
        self.replays = root / "replays"
        self.place = self.replays / replay if replay else root
        self.work = self.place / "work"
        self.warehouse = self.place / "warehouse.duckdb"
        self.ledger = self.place / "ledger.db"
        self.outbox = self.place / "outbox"
        self.published = self.place / "published"
        self.marts = self.published / "current" / "marts.duckdb"
        self.dashboard = self.place / "dashboard.html"
        self.worklist_page = self.place / "worklist.html"


def data_root() -> Path:
    """Return the folder of all shops: BACKROOM_DATA, or data/ of the project."""
    return Path(os.environ.get("BACKROOM_DATA", ROOT / "data"))


def handbook_page() -> Path:
    """Return the first page of the handbook, which is one for all shops: `backroom docs` writes it."""
    return data_root() / "handbook" / "index.html"
