"""A platform is added by putting files next to the others: not a line of the project is edited.

`etsy/` holds what a person adds: the export, its words, a sample and the sample's expected tables. They are
laid over a copy of the project, in which the project's own tests and commands are run.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from config.strict import ROOT
from tests.mutations import run
from tests.mutations.samples import samples

pytestmark = pytest.mark.whole  # in a copy of the project

ADDED = Path(__file__).parent / "etsy"
PARTS = ("config", "flows", "sql", "tasks", "tests")
NIGHT = """
import os, tempfile
from datetime import datetime, UTC
from pathlib import Path
from tasks.intake.steps import record_sightings
from tasks.warehouse.steps import load_facts
from tests.exports.door import Door
from tests.inprocess import night_of, place, read
from tests.nights.test_newcomer import First

shop = First(Path(tempfile.mkdtemp()), "etsy")
at = datetime(2026, 11, 21, 7, 0, tzinfo=UTC)
path = shop.inbox / "EtsySoldOrderItems2026.csv"
path.write_bytes(Path("tests/exports/etsy/orders.csv").read_bytes())
os.utime(path, (at.timestamp() - 7200,) * 2)
with place(shop.data, shop.shops):
    night = night_of("first", at)
    read(night)
    record_sightings.fn(night)
    load_facts.fn(night)
    door = Door.of(night.shop)
    for sql in (
        "select order_id, total_amount from valid.orders order by all",
        "select order_id, payment, fulfilment from core.order_headers order by all",
    ):
        print(door.rows(sql))
"""


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with the platform's files next to the others."""
    root = tmp_path_factory.mktemp("scratch") / "project"
    for part in PARTS:
        shutil.copytree(ROOT / part, root / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", root)
    for path in added():
        assert not (root / path).exists(), "it is added, not edited"
    shutil.copytree(ADDED, root, dirs_exist_ok=True)
    return root


def added() -> list[Path]:
    return [path.relative_to(ADDED) for path in sorted(ADDED.rglob("*")) if path.is_file()]


def python(scratch: Path, *words: str) -> str:
    """Run Python in the copy; return what it says."""
    environment = {
        k: v for k, v in os.environ.items() if not k.startswith(("BACKROOM_", "PYTEST_"))
    }
    path = os.pathsep.join(filter(None, (str(scratch), environment.get("PYTHONPATH"))))
    done = subprocess.run(
        [sys.executable, *words],
        cwd=scratch,
        env=environment | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return done.stdout


def test_a_platform_is_an_export_its_words_and_a_sample_with_its_tables() -> None:
    assert [str(path) for path in added()] == [
        "config/exports/etsy/orders.yaml",
        "config/words/etsy.yaml",
        "tests/exports/etsy/orders.csv",
        "tests/exports/etsy/orders.md",
    ]


def test_the_tests_of_exports_hold_for_it(scratch: Path) -> None:
    which = ("-k", "etsy or every_export or every_expected", "-p", "no:cacheprovider", "-rA")
    done = python(scratch, "-m", "pytest", "tests/exports/test_exports.py", *which)
    assert "[etsy/orders.csv]" in done
    assert "3 passed" in done


def test_its_tables_are_those_that_the_command_writes(scratch: Path) -> None:
    sample = "tests/exports/etsy/orders.csv"
    done = python(scratch, "-m", "tests.exports.golden", sample)
    assert done == (ADDED / sample).with_suffix(".md").read_text("utf-8")


def test_its_orders_arrive_and_its_words_are_known(scratch: Path) -> None:
    valid, core = (x for x in python(scratch, "-c", NIGHT).splitlines() if x.startswith("[("))
    for number, total in ((1, "65.50"), (2, "14.00"), (3, "57.10"), (4, "57.10")):
        assert f"('330000000{number}', Decimal('{total}'))" in valid
    assert "('3300000001', 'paid', 'open')" in core
    assert "('3300000002', 'paid', 'shipped')" in core
    assert "('3300000003', 'pending', 'open')" in core


def test_no_mutant_of_another_sample_is_another(monkeypatch: pytest.MonkeyPatch) -> None:
    numbers, every = range(300), samples()
    after = drawn(numbers)
    gone = every[len(every) // 2]
    monkeypatch.setattr(run, "samples", lambda: tuple(s for s in every if s is not gone))
    before = drawn(numbers)
    assert gone.name in after
    for name in before:
        assert before[name][: len(after.get(name, []))] == after.get(name, [])


def drawn(numbers: range) -> dict[str, list[bytes]]:
    found: dict[str, list[bytes]] = {}
    for mutant in run.mutants(1, numbers):
        found.setdefault(mutant.sample.name, []).append(mutant.content)
    return found
