"""A second run changes nothing; one bad platform stops only itself; a kill costs nothing."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import duckdb

from config.errors import Exit
from tasks.warehouse.build import build
from tasks.warehouse.catalog import content_hash
from tasks.warehouse.models import read_models, read_rules
from tests.nights.conftest import DEMO_AS_OF
from tests.nights.night import ROOT, Night, backroom

# What a run writes about itself: its own id and moments of the clock.
OWN_RECORDS = {
    "expectation_results": ("run_id",),
    "figure_sources": ("received_at",),
    "landed_files": ("received_at",),
    "quarantined_rows": ("first_seen_at", "resolved_at"),
    "stock_push_log": ("run_id",),
    "alerts": ("sent_at", "tries"),
    "published": ("version", "published_at"),
}


def hashes(folder: Path) -> dict[str, str]:
    """The content of every published mart, the run's own records apart."""
    with duckdb.connect(
        str(folder / "published" / "current" / "marts.duckdb"), read_only=True
    ) as con:
        names = [
            name for (name,) in con.execute("select table_name from duckdb_tables()").fetchall()
        ]
        return {
            name: content_hash(con, f"main.{name}", OWN_RECORDS.get(name, ()))
            for name in sorted(names)
            if name not in ("expectation_results", "published")
        }


def outbox(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted((folder / "outbox").rglob("*"))
        if path.is_file()
    }


def again(data: Path, check: bool = True) -> subprocess.CompletedProcess[str]:
    return backroom(
        "nightly", "--shop", "demo", "--as-of", DEMO_AS_OF,
        data=data, shops=ROOT / "config" / "shops", check=check,
    )  # fmt: skip


def test_a_second_run_changes_nothing(demo_night: Night, copied: Path) -> None:
    again(copied)
    assert hashes(copied / "demo") == hashes(demo_night.folder)
    assert outbox(copied / "demo") == outbox(demo_night.folder)


def test_a_night_leaves_no_table_older_than_what_it_is_built_from(copied: Path) -> None:
    with duckdb.connect(str(copied / "demo" / "warehouse.duckdb")) as con:
        con.execute("set timezone = 'UTC'")
        stale = [each.table for each in build(con, read_models(), read_rules()) if each.rebuilt]
    assert stale == []


def test_a_kept_file_that_is_gone_stops_only_itself_and_is_named(
    demo_night: Night, copied: Path
) -> None:
    for path in (copied / "demo").glob("warehouse.duckdb*"):
        path.unlink()
    log = (copied / "demo" / "raw" / "arrivals.jsonl").read_text().splitlines()
    plan = next(line for line in log if '"plan.revenue_plan"' in line)
    sha256 = plan.split('"sha256": "')[1].split('"')[0]
    (copied / "demo" / "raw" / sha256[:2] / sha256).unlink()
    done = backroom(
        "ingest", "--shop", "demo", "--as-of", DEMO_AS_OF,
        data=copied, shops=ROOT / "config" / "shops", check=False,
    )  # fmt: skip
    assert done.returncode == Exit.PERSON  # every night says so until it is back
    assert "plan failed; the other platforms are loaded" in done.stderr
    assert "is gone from there, unread. Bring raw and vault back from a backup" in done.stderr
    with duckdb.connect(str(copied / "demo" / "warehouse.duckdb"), read_only=True) as con:
        orders = con.execute("select count(*) from core.orders").fetchall()
    assert orders == demo_night.rows("select count(*) from order_inbox")


def test_a_killed_night_is_made_good_from_raw_alone(demo_night: Night, tmp_path: Path) -> None:
    shutil.copytree(demo_night.folder / "inbox", tmp_path / "demo" / "inbox")
    shutil.copy(demo_night.folder / "hash.key", tmp_path / "demo" / "hash.key")
    shops = ROOT / "config" / "shops"
    env = {**os.environ, "BACKROOM_DATA": str(tmp_path), "BACKROOM_SHOPS": str(shops)}
    command = [
        sys.executable,
        "-m",
        "flows.desk.cli",
        "nightly",
        "--shop",
        "demo",
        "--as-of",
        DEMO_AS_OF,
    ]
    with subprocess.Popen(
        command, cwd=ROOT, env=env, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as killed:
        assert killed.stderr is not None
        for line in killed.stderr:
            if "listings decided" in line:  # stock files are written, reorders not yet
                os.killpg(killed.pid, signal.SIGKILL)
                break
    (tmp_path / "demo" / "warehouse.duckdb").unlink()
    shutil.rmtree(tmp_path / "demo" / "inbox")
    (tmp_path / "demo" / "inbox").mkdir()
    # A file of unknown kind is not kept: only the inbox has it.
    for path in (demo_night.folder / "inbox").rglob("points_*.csv"):
        shutil.copy2(path, tmp_path / "demo" / "inbox" / path.name)
    again(tmp_path)
    mine, theirs = hashes(tmp_path / "demo"), hashes(demo_night.folder)
    # The audit log rightly has the runs that were killed, too.
    assert {name for name in mine if mine[name] != theirs[name]} <= {"audit_log"}
