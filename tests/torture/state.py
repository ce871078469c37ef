"""What a night leaves, so that two nights can be compared: marts, ledger, and the files that are kept or sent."""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine, create_engine, inspect, text

from tests.torture import shop
from tests.torture.reader import CLOCK, published


@dataclass(frozen=True)
class State:
    """What a night leaves: clocks apart, and the log of what was tried."""

    marts: Mapping[str, str]
    ledger: Mapping[str, str]
    files: Mapping[str, str]

    def differences(self, other: "State") -> list[str]:
        """Return what is not the same."""
        found: list[str] = []
        for name in ("marts", "ledger", "files"):
            mine, theirs = getattr(self, name), getattr(other, name)
            found += sorted(
                f"{name}: {k}" for k in {*mine, *theirs} if mine.get(k) != theirs.get(k)
            )
        return found


def state_of(data: Path) -> State:
    """Return what a night left in the shop's folder, and in its ledger wherever that is."""
    root = data / shop.NAME
    engine = _ledger(data)
    names = set(inspect(engine).get_table_names()) - {"audit_log", "ledger_version"}
    ledger = {name: _rows(engine, name) for name in sorted(names)}
    engine.dispose()
    files = {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for folder in ("outbox", "raw")
        for path in (root / folder).rglob("*")
        if path.is_file() and "readings" not in path.parts and path.name != "arrivals.jsonl"
    }
    files |= {f"vault/{path.name}": "" for path in (root / "vault" / "keys").iterdir()}
    return State(published(root / "published" / "current" / "marts.duckdb"), ledger, files)


def let_time_pass(data: Path) -> None:
    """Let the claims of a run that died lapse, as they do an hour later."""
    engine = _ledger(data)
    with engine.begin() as connection:
        connection.execute(
            text(
                "update alert_deliveries set claimed_at = '2020-01-01T00:00:00.000000+00:00'"
                " where claimed_at is not null"
            )
        )
    engine.dispose()


def _ledger(data: Path) -> Engine:
    url = os.environ.get(shop.LEDGER) or f"sqlite:///{data / shop.NAME / 'ledger.db'}"
    return create_engine(url.replace("postgresql:", "postgresql+psycopg:"))


def _rows(engine: Engine, table: str) -> str:
    names = [each["name"] for each in inspect(engine).get_columns(table)]
    columns = ", ".join(name for name in names if name not in CLOCK)
    with engine.connect() as connection:
        rows = connection.execute(text(f"select {columns} from {table}")).fetchall()
    return "\n".join(sorted(map(repr, rows)))
