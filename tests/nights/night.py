"""A whole night, run as its users run it: the command line, a private server, files on disk."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Night:
    """What a night left behind, and the truth about it."""

    shop: str
    data: Path
    shops: Path
    printed: str
    truth: Mapping[str, Any]

    @property
    def folder(self) -> Path:
        return self.data / self.shop

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Ask the published marts, as an analyst would."""
        path = self.folder / "published" / "current" / "marts.duckdb"
        with duckdb.connect(str(path), read_only=True) as con:
            con.execute("set timezone = 'UTC'")
            return con.execute(sql).fetchall()


def backroom(
    *arguments: str, data: Path, shops: Path, check: bool = True, **more: str
) -> subprocess.CompletedProcess[str]:
    """Run one command; with `check` it must end well."""
    done = subprocess.run(
        [sys.executable, "-m", "flows.desk.cli", *arguments],
        cwd=ROOT, env=environment(data, shops, **more), capture_output=True, text=True, timeout=600,
        check=False,
    )  # fmt: skip
    assert not check or done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done


def environment(data: Path, shops: Path, **more: str) -> dict[str, str]:
    """Return the environment of a command on these shops, with a private server."""
    env = {**os.environ, "BACKROOM_DATA": str(data), "BACKROOM_SHOPS": str(shops), **more}
    env.pop("PREFECT_API_URL", None)
    return env


def run_night(shop: str, data: Path, shops: Path, as_of: str, truth: Path) -> Night:
    """Run the night of `shop` and return it with its truth."""
    done = backroom("nightly", "--shop", shop, "--as-of", as_of, data=data, shops=shops)
    return Night(shop, data, shops, done.stdout, json.loads(truth.read_text(encoding="utf-8")))
