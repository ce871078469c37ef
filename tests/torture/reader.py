"""An analyst who opens the published marts over and over while a night runs: `python -m tests.torture.reader FILE`.

It ends when its input does, and prints as JSON how often it opened the file and the distinct contents it found.
"""

import json
import select
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import duckdb

from config.strict import ROOT
from tasks.warehouse.catalog import content_hash, digest

CLOCK = ("received_at", "sent_at", "claimed_at", "tries", "error", "started_at", "ended_at", "note")
PAUSE = 0.5  # seconds: a machine of two cores has more to do


def published(file: Path) -> dict[str, str]:
    """Return a hash of each mart in a snapshot, clocks and the log of what was tried apart."""
    with duckdb.connect(str(file.resolve()), read_only=True) as con:
        names = con.execute(
            "select table_name from duckdb_tables()"
            " where table_name not in ('published', 'audit_log') order by 1"
        ).fetchall()
        return {name: content_hash(con, f"main.{name}", CLOCK) for (name,) in names}


def content(marts: Mapping[str, str]) -> str:
    """Return one text for the marts of a snapshot."""
    return digest(*(f"{name} {hash_}" for name, hash_ in sorted(marts.items())))


def read(file: Path) -> None:
    """Open the file until the input ends; a snapshot that was looked at is only opened and counted."""
    opens, seen = Counter[str](), {}
    while not select.select([sys.stdin], [], [], PAUSE)[0]:
        place = file.resolve()
        try:
            with duckdb.connect(str(place), read_only=True) as con:
                [(version,)] = con.execute("select version from published").fetchall()
            if place not in seen:
                seen[place] = content(published(place))
            opens[seen[place]] += 1
        except (duckdb.Error, OSError) as error:
            if place == file.resolve():  # else it was pruned between the name and the opening
                opens[f"{type(error).__name__}: {error}"] += 1
            continue
        assert version == place.parent.name
    print(json.dumps(opens))


@contextmanager
def reading(file: Path) -> Iterator[Counter[str]]:
    """Let a reader open the file in a process of its own; what it found is there after the block."""
    found = Counter[str]()
    command = [sys.executable, "-m", "tests.torture.reader", str(file)]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as reader:
        try:
            yield found
        finally:
            answer, _ = reader.communicate("")
            assert reader.returncode == 0, answer
            found.update(json.loads(answer))


if __name__ == "__main__":
    read(Path(sys.argv[1]))
