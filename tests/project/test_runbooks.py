"""Every command of every runbook runs, in its order, in a shop that has just that trouble.

Whole nights are run by tests/nights; here `backroom nightly` and `ingest` only have to be commands as written.
"""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from config.strict import CONFIG, ROOT
from tasks.archive.backup import back_up
from tasks.ledger import ledger_of
from tests.exports.door import AS_OF, Door

RUNBOOKS = sorted((CONFIG / "runbooks").glob("*.md"))
BLOCK = re.compile(r"^( *)```sh\n(.*?)^\1```", re.DOTALL | re.MULTILINE)
PRELUDE = """
set -euo pipefail
backroom() {
    case "$1" in
        nightly | nightly-all | ingest) "$PYTHON" -m flows.desk.cli "$1" --help > /dev/null; echo "ran $*" ;;
        *) "$PYTHON" -m flows.desk.cli "$@" ;;
    esac
}
"""


def commands(path: Path) -> str:
    found = [
        block.replace(f"\n{indent}", "\n") for indent, block in BLOCK.findall(path.read_text())
    ]
    assert found, "a runbook has commands"
    return "\n".join(found)


def a_full_disk(door: Door) -> None:
    (door.folder.replays / "x" / "published").mkdir(parents=True)
    (door.folder.replays / "x" / "published").chmod(0o555)


def a_damaged_ledger(door: Door) -> None:
    door.folder.ledger.write_bytes(b"no database" * 1000)


def a_lost_key(door: Door) -> None:
    (door.folder.root / "hash.key").unlink()


def an_old_postgres(door: Door) -> None:
    (door.folder.root.parent / ".postgres").mkdir()


def nothing(_: Door) -> None:
    pass


TROUBLE: dict[str, Callable[[Door], None]] = {
    "disk_full": a_full_disk,
    "ledger_damaged": a_damaged_ledger,
    "key_lost": a_lost_key,
    "file_refused": nothing,
    "night_did_not_run": nothing,
    "restore_from_backup": nothing,
    "workers_down": an_old_postgres,
}


def test_every_trouble_has_its_runbook_of_one_page() -> None:
    assert {path.stem for path in RUNBOOKS} == set(TROUBLE)
    for path in RUNBOOKS:
        assert len(path.read_text().splitlines()) <= 60, f"{path.name} is more than a page"


@pytest.mark.whole
@pytest.mark.timeout(600)
@pytest.mark.parametrize("runbook", RUNBOOKS, ids=lambda path: path.stem)
def test_the_commands_of_a_runbook_run_as_written(
    runbook: Path, door: Door, tmp_path: Path
) -> None:
    door.drop("items.csv", ROOT / "tests" / "exports" / "suppliers" / "supplier_items.csv")
    door.night()
    with ledger_of(door.shop) as ledger:
        ledger.begin_night(AS_OF, AS_OF.date(), flow="nightly")
    publish_files(door)
    key = (door.folder.root / "hash.key").read_bytes()
    backups = tmp_path / "backups"
    back_up(door.shop, backups, datetime(2026, 11, 21, 8, tzinfo=UTC))
    TROUBLE[runbook.stem](door)
    done = subprocess.run(
        ["bash", "-c", PRELUDE + commands(runbook)],
        cwd=ROOT, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHON": sys.executable, "SHOP": door.shop.name, "BACKUPS": str(backups)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert re.search(r"ran (nightly|ingest) --shop sample", done.stdout), done.stdout
    assert (door.folder.root / "hash.key").read_bytes() == key
    with ledger_of(door.shop) as ledger:
        assert ledger.last_night() == AS_OF
    door.night()  # and a night finds what it needs
    assert door.rows("select count(*) from valid.supplier_items") == [(3,)]


def publish_files(door: Door) -> None:
    import duckdb

    door.folder.marts.parent.mkdir(parents=True)
    with duckdb.connect(str(door.folder.marts)) as con:
        con.execute("create table landed_files (name varchar, report varchar, status varchar, code varchar,"
                    " reason varchar)")  # fmt: skip
