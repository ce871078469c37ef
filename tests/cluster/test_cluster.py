"""Nights on workers: one's failure is one's, a killed worker's night is another's, and no shop is in another's."""

import asyncio
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import asyncpg
import pytest

from config.errors import Exit
from config.strict import ROOT
from tasks.run.postgres import private_postgres, programs
from tests import first_shop
from tests.nights.night import environment

# A word of each shop's own, in its title, its SKUs and its orders' numbers; and its people's.
CANARIES = {"apple": "CANARYAPPLE", "birch": "CANARYBIRCH", "cedar": "CANARYCEDAR"}
PEOPLE = {name: f"olive@{name}-people.example" for name in CANARIES}
pytestmark = [
    pytest.mark.whole,
    pytest.mark.timeout(1200),
    pytest.mark.xdist_group("cluster"),
    pytest.mark.skipif(programs() is None, reason="PostgreSQL is not installed here"),
]


class Cluster(NamedTuple):
    """What one command over all shops left, of whose workers one was killed with its night."""

    data: Path
    code: int
    printed: str
    unauthorized: int
    killed: str


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    # Not pytest's folder: PostgreSQL, lent to another user where we are root, has to reach it.
    with tempfile.TemporaryDirectory(prefix="bkc") as folder:
        Path(folder).chmod(0o755)
        shops, data = Path(folder, "shops"), Path(folder, "data")
        make_shops(shops, data)
        with (Path(folder) / "printed").open("w+") as printed:
            command = subprocess.Popen(
                [sys.executable, "-m", "flows.desk.cli", "nightly-all", "--workers", "2"],
                cwd=ROOT, env=environment(data, shops), stdout=printed, stderr=printed,
            )  # fmt: skip
            running = until(lambda: shop_that_runs(data), command)
            unauthorized = status(data)
            killed = kill_worker_of(running, data, command.pid)
            code = command.wait(1000)
            printed.seek(0)
            yield Cluster(data, code, printed.read(), unauthorized, killed)


def make_shops(shops: Path, data: Path) -> None:
    shops.mkdir()
    now = first_shop.lately()
    for name, canary in CANARIES.items():
        text = first_shop.SHOP.replace("PLATFORM", "shopify").replace("First steps", canary)
        text = text.replace("me@first.example", PEOPLE[name])
        (shops / f"{name}.yaml").write_text(text, "utf-8")
        rows = [
            {**row, "Lineitem sku": canary, "Name": f"#{canary}{number}", "Billing Name": canary}
            for number, row in enumerate(first_shop.orders(now))
        ]
        first_shop.write(data / name / "inbox" / "orders.csv", rows, now)
    (shops / "broken.yaml").write_text("title: broken\n", "utf-8")


def until(found: Any, command: "subprocess.Popen[bytes]", seconds: float = 300) -> Any:
    deadline = time.monotonic() + seconds
    while not (value := found()):
        assert command.poll() is None, "it ended before anything could be seen"
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return value


def shop_that_runs(data: Path) -> str:
    """Return a shop whose night is in the middle: it has read its files, and published nothing."""
    for name in CANARIES:
        folder = data / name
        if (folder / "warehouse.duckdb").exists() and not (folder / "published").exists():
            return name
    return ""


def status(data: Path) -> int:
    """Return what the server answers to who has no secret."""
    url = (data / ".cluster" / "server.lock").read_text("utf-8")
    try:
        with urllib.request.urlopen(f"{url}/admin/version", timeout=60) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def kill_worker_of(shop: str, data: Path, command: int) -> str:
    """Kill the worker whose night holds the shop's lock, as the kernel would; its night ends with it."""
    lock = data / shop / ".lock"
    for process in Path("/proc").glob("[0-9]*"):
        line = arguments(process)
        if "worker" not in line or "--while-read" not in line or parent(process) != command:
            continue
        nights = descendants(int(process.name))
        if any(holds(night, lock) for night in nights):
            os.kill(int(process.name), signal.SIGKILL)
            return line[line.index("--name") + 1]
    raise AssertionError(f"no worker has the night of {shop}")


def arguments(process: Path) -> list[str]:
    try:
        return (process / "cmdline").read_text().split("\0")
    except OSError:
        return []


def parent(process: Path) -> int:
    return int((process / "stat").read_text().rpartition(")")[2].split()[1])


def descendants(root: int) -> set[int]:
    parents = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(process.name)] = parent(process)
        except OSError:
            continue
    found = {root}
    while more := {child for child, above in parents.items() if above in found} - found:
        found |= more
    return found - {root}


def holds(pid: int, file: Path) -> bool:
    try:
        return any(each.resolve() == file for each in Path(f"/proc/{pid}/fd").iterdir())
    except OSError:
        return False


def records(data: Path, query: str) -> list[tuple[Any, ...]]:
    """Ask what the server kept, once it is gone."""

    async def ask(address: str) -> list[tuple[Any, ...]]:
        con = await asyncpg.connect(address)
        try:
            return [tuple(row) for row in await con.fetch(query)]
        finally:
            await con.close()

    with private_postgres(data / ".postgres") as address:
        asked = ask(address.replace("+asyncpg", ""))
        with ThreadPoolExecutor(
            1
        ) as apart:  # a browser of another test may keep this thread's loop running
            return apart.submit(asyncio.run, asked).result()


def test_a_broken_shop_is_one_shops_failure_and_all_others_have_their_night(
    cluster: Cluster,
) -> None:
    assert cluster.code == Exit.PERSON, cluster.printed
    shown = cluster.printed.partition("worst first\n")[2]
    words = dict(line.split()[:2] for line in shown.splitlines() if "last whole night" in line)
    assert words.keys() == {"broken", "apple", "birch", "cedar"}, shown
    assert [name for name, word in words.items() if word == "failed"] == ["broken"], shown
    assert "broken.yaml" in shown


def test_the_night_of_a_killed_worker_is_begun_again_by_another(cluster: Cluster) -> None:
    runs = records(
        cluster.data,
        "select r.parameters ->> 'shop', r.state_type, r.labels ->> 'prefect.worker.name' from flow_run r"
        " join flow f on f.id = r.flow_id where f.name = 'nightly' order by r.created",
    )
    [lost] = [run for run in runs if str(run[1]) == "CRASHED"]
    assert lost[2] == cluster.killed
    again = [run for run in runs if run[0] == lost[0] and run != lost]
    assert [str(state) for _, state, _ in again] == ["COMPLETED"]
    assert again[0][2] != cluster.killed
    assert len(runs) == len(CANARIES) + 2, "one each, one broken, one again"


def test_the_server_answers_nobody_without_the_secret(cluster: Cluster) -> None:
    assert cluster.unauthorized == 401
    assert (cluster.data / ".postgres").stat().st_mode & 0o077 == 0
    assert (cluster.data / ".cluster").stat().st_mode & 0o077 == 0


def test_nothing_of_one_shop_is_in_anothers_folder_or_in_what_is_everybodys(
    cluster: Cluster,
) -> None:
    for name, canary in CANARIES.items():
        for path in cluster.data.rglob("*"):
            inside = path.relative_to(cluster.data).parts[0]
            if not path.is_file() or inside in (name, ".postgres"):
                continue
            content = path.read_bytes()
            assert (canary.encode() in content) == (inside == "overview.html"), path
            # The page names whose it is, where something is red.
            assert inside == "overview.html" or PEOPLE[name].encode() not in content, path
    assert list((cluster.data / "apple" / "outbox" / "alerts").iterdir())


def test_the_agency_page_shows_of_a_shop_its_title_and_no_row(cluster: Cluster) -> None:
    page = (cluster.data / "overview.html").read_text("utf-8")
    for name, canary in CANARIES.items():
        assert page.count(canary) == 1
        part = re.search(rf'<section id="{name}".*?</section>', page, re.DOTALL)
        assert part
        assert f"{canary} ({name})" in part[0]
        assert not [other for other in CANARIES if other != name and other in part[0].lower()]


def test_no_artifact_or_log_line_has_another_shops_word(cluster: Cluster) -> None:
    kept = records(
        cluster.data,
        "select r.parameters ->> 'shop', a.data::text || coalesce(a.description, '') from artifact a"
        " join flow_run r on r.id = a.flow_run_id union all"
        " select r.parameters ->> 'shop', l.message from log l join flow_run r on r.id = l.flow_run_id",
    )
    seen = {name: "\n".join(text for shop, text in kept if shop == name) for name in CANARIES}
    for name, text in seen.items():
        for other, canary in CANARIES.items():
            assert (PEOPLE[other] in text) == (other == name), "its own are on its own pages"
            assert other == name or canary not in text
